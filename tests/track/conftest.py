"""A server, a log, and its lines."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from llmcost.track import failures, flush
from tests.track.server import Server

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server().running() as running:
        yield running


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "usage.jsonl"


@pytest.fixture
def lines(log: Path) -> Lines:
    """What is in the log once all calls that are over are written."""

    def read() -> list[dict[str, Any]]:
        assert flush(60)
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    return read


@pytest.fixture
def failed() -> Callable[[], int]:
    """How often recording has failed in this test. Whoever asks expects it to."""
    before = failures()

    def since() -> int:
        assert flush(60)
        return failures() - before

    return since


@pytest.fixture(autouse=True)
def _nothing_fails(request: pytest.FixtureRequest) -> Iterator[None]:
    """Recording never raises; but for the tests of failures, it must not fail either."""
    before = failures()
    yield
    assert flush(60)
    assert failures() == before or "failed" in request.fixturenames
