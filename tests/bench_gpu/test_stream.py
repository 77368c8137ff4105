"""From bytes to times and lengths."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.bench_gpu.observation import Observation, Planned
from llmcost.bench_gpu.stream import Answer, BrokenStreamError, Events, error_message, one_line

STREAM = (
    b': a comment\r\ndata: {"choices": [{"text": "caf\xc3\xa9", "finish_reason": null}]}\r\n\r\n'
    b'event: x\ndata:{"choices": [{"text": "", "finish_reason": null}]}\n\ndata: [DONE]\n\n'
)


def seen() -> Observation:
    return Observation(sent_s=0.0, planned=Planned(1, 1))


def take(*events: object) -> tuple[Observation, Answer]:
    """Takes events, the first at second 1, the next at 2 …"""
    observation = seen()
    answer = Answer(observation)
    for second, event in enumerate(events, 1):
        answer.take(event if isinstance(event, bytes) else json.dumps(event).encode(), float(second))
    return observation, answer


def text(content: str, finish: str | None = None) -> dict[str, object]:
    return {"choices": [{"text": content, "finish_reason": finish}]}


def delta(finish: str | None = None, **content: object) -> dict[str, object]:
    return {"choices": [{"delta": content, "finish_reason": finish}]}


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_events_are_the_same_however_the_bytes_arrive(cuts: list[int]) -> None:
    events = Events()
    edges = [0, *sorted(cuts), len(STREAM)]
    got = [data for start, end in pairwise(edges) for data in events.feed(STREAM[start:end])]
    assert got == list(Events().feed(STREAM))
    assert len(got) == 3
    assert json.loads(got[0])["choices"][0]["text"] == "café"


def test_completions() -> None:
    observation, answer = take(text("a"), text("b"), text("c", "length"), {"choices": [], "usage": {
        "prompt_tokens": 7, "completion_tokens": 3}}, b"[DONE]")  # fmt: skip
    assert answer.complete
    assert (observation.first_token_s, observation.last_token_s) == (1.0, 3.0)
    assert observation.gaps_s == [1.0, 1.0]
    assert (observation.input_tokens, observation.output_tokens) == (7, 3)


def test_a_bare_end_is_no_token_but_is_the_end() -> None:
    observation, answer = take(text("a"), text("b"), text("", "stop"))
    assert answer.complete
    assert observation.gaps_s == [1.0]
    assert observation.last_token_s == 3.0


def test_a_token_without_text_counts() -> None:
    observation, _ = take(text(""), text("é"))
    assert observation.first_token_s == 1.0
    assert observation.gaps_s == [1.0]


def test_the_role_is_no_token() -> None:
    observation, _ = take(delta(role="assistant", content=""), delta(content="a"), delta("stop"))
    assert observation.first_token_s == 2.0
    assert observation.gaps_s == []
    assert observation.last_token_s == 3.0


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning"])
def test_reasoning_is_tokens(key: str) -> None:
    assert take(delta(**{key: "hm"}))[0].first_token_s == 1.0


def test_the_last_usage_counts() -> None:
    observation, _ = take({**text("a"), "usage": {"prompt_tokens": 7, "completion_tokens": 1}}, {
        "choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}})  # fmt: skip
    assert observation.output_tokens == 2


@pytest.mark.parametrize("value", [None, -1, "7", True, 1.5])
def test_a_usage_that_is_no_count_is_none(value: object) -> None:
    observation, _ = take({"choices": [], "usage": {"prompt_tokens": value, "completion_tokens": 1}})
    assert observation.input_tokens is None


@pytest.mark.parametrize("data", [b"{half", b"[" * 100_000, b"[]", b"7", b'{"error": {"message": "full"}}'])
def test_what_is_no_piece_of_an_answer_is_an_error(data: bytes) -> None:
    with pytest.raises(BrokenStreamError):
        take(data)


def test_a_servers_words_are_made_safe() -> None:
    assert error_message({"error": {"message": "a\x1b[31m\nb"}}) == "a [31m b"
    assert error_message({"error": "plain"}) == "plain"
    assert error_message(["odd"]) == "['odd']"
    assert len(one_line("x" * 1000)) == 160
