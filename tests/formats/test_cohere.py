"""Cohere: billed units, in bodies that name no model."""

from pathlib import Path
from typing import Any

import pytest

from tests.formats.reading import check_refusals, read
from tests.logs import Row

WRAPPED = {"ts": "2026-11-02T10:00:00Z", "feature": "search", "session_id": "s1", "latency_ms": 900}

COHERE: dict[str, Any] = {
    "id": "c1", "finish_reason": "COMPLETE", "message": {"role": "assistant", "content": [{"text": "hi"}]},
    "usage": {"billed_units": {"input_tokens": 62, "output_tokens": 38},
              "tokens": {"input_tokens": 1531, "output_tokens": 89}, "cached_tokens": 1500},
}  # fmt: skip


@pytest.mark.parametrize(
    ("row", "model"),
    [
        (COHERE, "unknown"),
        (COHERE | {"model": "command-r-08-2024"}, "command-r"),
        (WRAPPED | {"request": {"model": "command-r-08-2024", "messages": [{"content": "hi"}]}, "response": COHERE},
         "command-r"),
        ({"type": "message-end", "id": "c1", "delta": {"finish_reason": "COMPLETE", "usage": COHERE["usage"]}},
         "unknown"),
        ({"generation_id": "c1", "text": "hi", "meta": {"billed_units": {"input_tokens": 62, "output_tokens": 38}}},
         "unknown"),
    ],
)  # fmt: skip
def test_cohere(tmp_path: Path, row: Row, model: str) -> None:
    found = read(tmp_path, [row])
    assert (found.tokens(), found.only()["model"], found.only()["request_id"]) == ([(62, 0, 0, 0, 38)], model, "c1")


def test_coheres_searches_are_no_tokens(tmp_path: Path) -> None:
    ranked = {"id": "c2", "results": [], "meta": {"billed_units": {"search_units": 1}}}
    assert read(tmp_path, [ranked]).counts["no_call"] == 1


def test_broken(tmp_path: Path) -> None:
    check_refusals(tmp_path, COHERE, ("usage", "billed_units", "output_tokens"))
