"""Answers and streams, piece by piece."""

import json
import math
from collections.abc import Iterator
from itertools import count, pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.track import calls, flush, records
from llmcost.track.answers import Answer
from llmcost.track.anthropic_answers import MessagesAnswer
from llmcost.track.labels import Labels
from llmcost.track.log import Log
from llmcost.track.openai_answers import ChatAnswer, ResponsesAnswer
from llmcost.track.streams import EventReader
from tests.track.conftest import Lines
from tests.track.server import (
    anthropic_error,
    completion,
    completion_events,
    message,
    message_events,
    response,
    response_events,
    spelled,
)

STREAMS: list[tuple[type[Answer], list[Any], dict[str, Any]]] = [
    (MessagesAnswer, message_events(), message()),
    (ChatAnswer, completion_events(), completion()),
    (ResponsesAnswer, response_events(), response()),
]


@given(st.sampled_from(STREAMS), st.lists(st.integers(0, 6000)), st.sampled_from([b"\n", b"\r\n"]))
def test_a_stream_cut_into_any_chunks_gives_the_whole_answer(
    case: tuple[type[Answer], list[Any], dict[str, Any]], cuts: list[int], newline: bytes
) -> None:
    kind, events, body = case
    content = b"".join(map(spelled, events)).replace(b"\n", newline)
    reader, streamed = EventReader(), kind()
    places = [0, *sorted(cuts), len(content)]
    for start, end in pairwise(places):
        for event in reader.feed(content[start:end]):
            streamed.event(event)
    whole = kind()
    whole.whole(body)
    assert streamed.has_begun
    assert streamed.is_complete
    assert (streamed.tokens(), streamed.hash, streamed.text) == (whole.tokens(), whole.hash, whole.text)
    assert (streamed.id, streamed.model, streamed.stop_reason) == (whole.id, whole.model, whole.stop_reason)
    assert streamed.service_tier == whole.service_tier


def test_events_of_several_data_lines_and_comments_are_read() -> None:
    content = (
        b': hello\n\ndata: {"a":\ndata: 1}\n\ndata: nonsense\n\ndata: [DONE]\n\ndata: 7\n\ndata:{"b": 2}\n\ndata: {"c"'
    )
    assert list(EventReader().feed(content)) == [{"a": 1}, {"b": 2}]


def test_several_choices_are_one_answer_streamed_or_not() -> None:
    whole, streamed = ChatAnswer(), ChatAnswer()
    whole.whole(
        {"choices": [{"index": n, "message": {"content": text}} for n, text in enumerate(["one two", "three"])]}
    )
    for number, text in ((0, "one "), (1, "thr"), (0, "two"), (1, "ee")):
        streamed.event({"choices": [{"index": number, "delta": {"content": text}}]})
    assert streamed.text == whole.text == "one twothree"
    assert streamed.hash == whole.hash


def test_an_empty_answer_has_no_hash() -> None:
    assert ChatAnswer().hash is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "type usage message delta content choices output error index input_tokens cost text id".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)
KINDS = ["message_start", "content_block_start", "content_block_delta", "message_delta", "error", "response.x.delta"]


@given(
    st.sampled_from([MessagesAnswer, ChatAnswer, ResponsesAnswer]),
    st.dictionaries(
        st.sampled_from("usage message delta content choices output error response item".split()), json_values
    ),
    st.sampled_from(KINDS),
)
def test_nonsense_is_no_tokens(kind: type[Answer], body: dict[str, Any], event: str) -> None:
    whole, streamed = kind(), kind()
    whole.whole(body)
    streamed.event({"type": event, **body})
    for answer in (whole, streamed):
        assert all(tokens >= 0 for tokens in answer.tokens().values())
        assert answer.cost_usd is None or 0 <= answer.cost_usd < math.inf
        json.dumps(answer.tokens())
        assert answer.hash is None or len(answer.hash) == 16


@pytest.fixture
def stream(log: Path) -> Iterator[tuple[calls.Call, SimpleNamespace]]:
    """A call whose answer is a stream, and the stream, which lives as long as it is held."""
    tracker = records.Tracker(Log(log, private=False), Labels(), None, False, None)
    call = calls.Call(tracker, None, "messages", "m")
    answered = _Response(status_code=200, headers={"content-type": "text/event-stream"}, is_closed=False)
    yield call, answered
    call.closed()


def test_times_are_to_the_first_token_and_to_the_last(
    stream: tuple[calls.Call, SimpleNamespace], lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = count()  # a second each time it is looked at
    monkeypatch.setattr(calls, "perf_counter", lambda: next(clock))
    call, answered = stream
    request = SimpleNamespace(content=b"{}")
    call.sent(request)
    call.sent(request)  # again, for the first was refused: times are of the attempt that is answered
    call.answered(answered)
    start, block, ping, *rest = map(spelled, message_events())
    for chunk in (start, block + ping, *rest):
        call.received(chunk)
    call.ended()
    call.closed()
    (line,) = lines()
    assert line["ttft_ms"] == 4000  # answered, started, block and ping, first words
    assert line["latency_ms"] == 1000 * (1 + 2 + len(rest))
    assert line["tags"] == {"retries": "1"}


def test_a_long_stream_is_not_kept_to_its_end(
    stream: tuple[calls.Call, SimpleNamespace], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    monkeypatch.setattr(records.Record, "read", lambda _, chunks: read.append(sum(len(chunk) for _, chunk in chunks)))
    call, answered = stream
    call.sent(SimpleNamespace(content=b"{}"))
    call.answered(answered)
    event = spelled({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "word"}})
    for _ in range(10_000):
        call.received(event)
    assert flush()
    assert max(read) < 20_000
    assert len(event) * 10_000 - sum(read) < 20_000


def test_an_error_in_a_stream_is_a_line_at_once(stream: tuple[calls.Call, SimpleNamespace], lines: Lines) -> None:
    call, answered = stream
    call.sent(SimpleNamespace(content=b"{}"))
    call.answered(answered)
    call.received(spelled(message_events()[0]))
    assert lines() == []
    call.received(spelled(anthropic_error("overloaded_error")))
    assert [line["status"] for line in lines()] == ["error"]
    call.closed()
    assert len(lines()) == 1


class _Response(SimpleNamespace):
    """Of a class of its own, as an httpx response is."""

    def close(self) -> None:
        """Nothing is held."""


def test_what_is_billed_at_a_price_of_its_own() -> None:
    chat = ChatAnswer()
    chat.whole(completion() | {"usage": {
        "prompt_tokens": 90, "prompt_tokens_details": {"audio_tokens": 50},
        "completion_tokens": 40, "completion_tokens_details": {"audio_tokens": 30},
    }})  # fmt: skip
    assert {name: count for name, count in chat.parts().items() if count} == {
        "input_audio_tokens": 50, "output_audio_tokens": 30,
    }  # fmt: skip
    answer = ResponsesAnswer()
    ran = {"type": "code_interpreter_call", "container_id": "cntr_1"}
    answer.whole(response() | {"output": [{"type": "file_search_call"}, {"type": "file_search_call"}, ran, ran]})
    assert answer.parts()["tools"] == {"file_search": 2, "container": 1}
    answer.whole(response())
    assert answer.parts()["tools"] == {}
    said = MessagesAnswer()
    said.whole(message() | {"usage": {"input_tokens": 1, "output_tokens": 1, "inference_geo": "us"}})
    assert said.parts()["region"] == "us"


@pytest.mark.parametrize(
    ("host", "region"), [("eu.api.openai.com", "eu"), ("us.api.x.ai", "us"), ("api.openai.com", None), (None, None)]
)
def test_a_region_by_the_host(host: str | None, region: str | None) -> None:
    assert records.region_of(host) == region
