"""OpenRouter's daily aggregate."""

from pathlib import Path

import pytest

from tests.formats.reading import read
from tests.logs import Row

ACTIVITY = {
    "date": "2026-08-24", "model": "openai/gpt-4.1", "model_permaslug": "openai/gpt-4.1-2025-04-14",
    "endpoint_id": "e1", "provider_name": "OpenAI", "usage": 0.015, "byok_usage_inference": 0.012, "requests": 5,
    "prompt_tokens": 50, "completion_tokens": 125, "reasoning_tokens": 25,
}  # fmt: skip


@pytest.mark.parametrize("log", [[ACTIVITY], [{"data": [ACTIVITY]}]], ids=["row", "page"])
def test_a_days_activity(tmp_path: Path, log: list[Row]) -> None:
    request = read(tmp_path, log).only()
    expected = {
        "provider": "openrouter", "model": "openai/gpt-4.1", "calls": 5, "input_tokens": 50, "output_tokens": 125,
        "reasoning_tokens": 25, "tags": {"upstream": "OpenAI", "aggregate": "day"},
    }  # fmt: skip
    assert {name: request[name] for name in expected} == expected
    assert request["cost_logged_usd"] == pytest.approx(0.027)
    assert str(request["ts"]) == "2026-08-24 00:00:00"


def test_a_later_answer_of_the_day_replaces_an_earlier_one(tmp_path: Path) -> None:
    noon = ACTIVITY | {"requests": 2, "prompt_tokens": 20, "completion_tokens": 60}
    for logs in ([[noon], [ACTIVITY]], [[ACTIVITY], [noon]]):
        found = read(tmp_path, *logs)
        assert (found.only()["calls"], found.counts["duplicates"]) == (5, 1)


def test_broken(tmp_path: Path) -> None:
    rows = [{"data": [ACTIVITY, ACTIVITY | {"model": "x", "prompt_tokens": "?"},
                      ACTIVITY | {"model": "y", "requests": -1}]}, {"data": []}]  # fmt: skip
    found = read(tmp_path, rows)
    assert found.reasons == ["a count that is not a whole number", "a negative count"]
    assert found.counts == {"lines": 4, "requests": 1, "duplicates": 0, "no_call": 1, "rejects": 2}
