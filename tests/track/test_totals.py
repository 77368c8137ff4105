"""The tracker reads counts as the formats do: the stated total decides what holds what."""

from typing import Any

import pytest

from llmcost.track.openai_answers import ChatAnswer

USAGE: dict[str, Any] = {
    "prompt_tokens": 1000, "completion_tokens": 90, "prompt_tokens_details": {"cached_tokens": 600},
    "completion_tokens_details": {"reasoning_tokens": 40},
}  # fmt: skip


@pytest.mark.parametrize(
    ("usage", "input_tokens", "output_tokens"),
    [
        (USAGE, 400, 90),
        (USAGE | {"total_tokens": 1090}, 400, 90),
        (USAGE | {"total_tokens": 1130}, 400, 130),
        (USAGE | {"total_tokens": 1690}, 1000, 90),
        (USAGE | {"total_tokens": 1730}, 1000, 130),
        (USAGE | {"total_tokens": 5}, 400, 90),
        ({"prompt_tokens": 30, "completion_tokens": 7, "total_tokens": 87}, 30, 57),
    ],
)
def test_the_total_decides(usage: dict[str, Any], input_tokens: int, output_tokens: int) -> None:
    answer = ChatAnswer()
    answer.whole({"id": "c", "model": "gemini-2.5-pro", "usage": usage, "choices": []})
    found = answer.tokens()
    assert (found["input_tokens"], found["output_tokens"]) == (input_tokens, output_tokens)
