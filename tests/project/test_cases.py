"""Whole commands print what they should: `tests/cases/`, rewritten by `python -m tests.cases`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cases import cases, replayed, sampled_store


@pytest.fixture(scope="module")
def samples() -> Iterator[Path]:
    with sampled_store() as path:
        yield path


@pytest.mark.parametrize("case", cases(), ids=lambda path: path.stem)
def test_case(case: Path, samples: Path) -> None:
    assert replayed(case, samples) == case.read_text("utf-8")
