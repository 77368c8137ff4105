"""The time of an ingest grows with its bytes: not with the square of a conversation, nor with how many names differ."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from llmcost.engine import store
from llmcost.ingest import run
from tests.logs import Row, call, write

AT_MOST = 2.5
"""Times as long. Measured: 0.9 to 1.2; what grows with the square would take ten times as long and more."""
MESSAGES, CALLS = 24_000, 40_000


def cpu_s(log: Path) -> float:
    with store.in_memory() as opened:
        began = time.process_time()
        run.ingest(opened, [str(log)])
        return time.process_time() - began


def conversation(number: int, messages: int) -> Row:
    """An answer of Anthropic's with the conversation that it was given."""
    turns = [{"role": ("user", "assistant")[turn % 2], "content": f"{number} {turn} " + "say what " * 45}
             for turn in range(messages)]  # fmt: skip
    return {
        "ts": "2026-08-01T00:00:00Z",
        "request": {"model": "claude-haiku-4-5", "max_tokens": 100, "messages": turns},
        "response": {
            "id": f"msg_{number:024}", "type": "message", "role": "assistant", "model": "claude-haiku-4-5",
            "content": [{"type": "text", "text": "ok"}], "stop_reason": "end_turn",
            "usage": {"input_tokens": 200_000, "output_tokens": 5},
        },
    }  # fmt: skip


def completion(number: int, messages: int) -> Row:
    """The same of OpenAI's."""
    return {
        "request": conversation(number, messages)["request"],
        "response": {
            "id": f"chatcmpl-{number}", "object": "chat.completion", "model": "gpt-4o-mini", "created": 1793613600,
            "choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "ok"}}],
            "usage": {"prompt_tokens": 200_000, "completion_tokens": 5},
        },
    }  # fmt: skip


def conversations(line: Callable[[int, int], Row], messages: int) -> Iterable[Row]:
    return (line(number, messages) for number in range(MESSAGES // messages))


@pytest.mark.parametrize("line", [conversation, completion])
def test_long_conversations(tmp_path: Path, line: Callable[[int, int], Row]) -> None:
    short = write(tmp_path / "short.jsonl", conversations(line, 50))
    long = write(tmp_path / "long.jsonl", conversations(line, 4000))
    cpu_s(write(tmp_path / "first.jsonl", [line(0, 50)]))  # what is loaded once
    assert cpu_s(long) < AT_MOST * cpu_s(short)


def test_names_that_all_differ(tmp_path: Path) -> None:
    def named(different: int) -> Iterable[Row]:
        for number in range(CALLS):
            name = f"n{number * 7919 % different}"
            yield call(number, feature=name, user_id=name, session_id=name, prompt_id=name, tags={"team": name})

    few = write(tmp_path / "few.jsonl", named(10))
    many = write(tmp_path / "many.jsonl", named(CALLS))
    cpu_s(write(tmp_path / "first.jsonl", [call(1)]))
    assert cpu_s(many) < AT_MOST * cpu_s(few)
