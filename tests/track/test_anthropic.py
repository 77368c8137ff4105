"""The real anthropic client, tracked, against a server on loopback that speaks the Messages API."""

import gc
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import anthropic
import pytest

from llmcost.track import flush, track
from tests.track.conftest import Lines
from tests.track.server import ASKED, BUCKETS, USAGE, Reply, Server, anthropic_error, buckets, message, message_events

AT_ONCE = {"retry-after-ms": "1"}
"""Asks the client to repeat a failed request without its usual pause."""


@pytest.fixture
def client(server: Server, log: Path) -> anthropic.Anthropic:
    return track(anthropic.Anthropic(api_key="k", base_url=server.url), log=log, feature="forecast")


def final_text(client: anthropic.Anthropic) -> None:
    with client.messages.stream(**ASKED) as stream:
        assert "".join(stream.text_stream) == "It is sunny."
        assert stream.get_final_message().usage.output_tokens == 42


def every_event(client: anthropic.Anthropic) -> None:
    assert (
        len(list(client.messages.create(**ASKED, stream=True))) == len(message_events()) - 1
    )  # a ping is not an event


def raw_stream(client: anthropic.Anthropic) -> None:
    response = client.messages.with_raw_response.create(**ASKED, stream=True)
    assert [event.type for event in response.parse()][-1] == "message_stop"


def streamed_lines(client: anthropic.Anthropic) -> None:
    with client.messages.with_streaming_response.create(**ASKED, stream=True) as response:
        assert "event: message_stop" in list(response.iter_lines())


def beta_stream(client: anthropic.Anthropic) -> None:
    with client.beta.messages.stream(**ASKED) as stream:
        assert stream.get_final_message().id == "msg_1"


def whole(client: anthropic.Anthropic) -> None:
    assert client.messages.create(**ASKED).content[0].text == "It is sunny."


def raw(client: anthropic.Anthropic) -> None:
    response = client.messages.with_raw_response.create(**ASKED)
    assert response.parse().id == "msg_1"
    assert response.headers["content-type"] == "application/json"


def streamed_body(client: anthropic.Anthropic) -> None:
    with client.messages.with_streaming_response.create(**ASKED) as response:
        assert json.loads(response.read())["id"] == "msg_1"


def beta(client: anthropic.Anthropic) -> None:
    assert client.beta.messages.create(**ASKED).id == "msg_1"


def from_a_copy(client: anthropic.Anthropic) -> None:
    assert client.with_options(timeout=5).messages.create(**ASKED).id == "msg_1"


@pytest.mark.parametrize("use", [whole, raw, streamed_body, beta, from_a_copy])
def test_a_whole_answer_is_a_line(
    use: Callable[[anthropic.Anthropic], None], client: anthropic.Anthropic, server: Server, lines: Lines
) -> None:
    server.says(Reply(body=message()))
    use(client)
    (line,) = lines()
    assert buckets(line) == BUCKETS
    assert "ttft_ms" not in line


@pytest.mark.parametrize("use", [final_text, every_event, raw_stream, streamed_lines, beta_stream])
def test_a_stream_is_a_line(
    use: Callable[[anthropic.Anthropic], None], client: anthropic.Anthropic, server: Server, lines: Lines
) -> None:
    server.says(Reply(events=message_events()))
    use(client)
    (line,) = lines()
    assert buckets(line) == BUCKETS
    assert 0 < line["ttft_ms"] <= line["latency_ms"]
    assert "output_partial" not in line


def test_all_that_a_line_says(client: anthropic.Anthropic, server: Server, lines: Lines) -> None:
    before = datetime.now(UTC)
    server.says(Reply(body=message()))
    client.messages.create(**ASKED)
    (line,) = lines()
    assert line.pop("llmcost") == 1
    assert before.timestamp() - 0.001 <= datetime.fromisoformat(line.pop("ts")).timestamp()
    assert line.pop("latency_ms") > 0
    prefix = line.pop("prefix")
    assert [len(block["hash"]) for block in prefix] == [16, 16]
    assert prefix[-1]["tokens"] == 2600
    assert len(line.pop("prompt_hash")) == len(line.pop("output_hash")) == 16
    assert buckets(line) == BUCKETS
    assert {name: value for name, value in line.items() if name not in BUCKETS} == {
        "request_id": "msg_1",
        "model": "claude-haiku-4-5-20251001",
        "feature": "forecast",
        "stop_reason": "end_turn",
        "service_tier": "priority",
        "status": "ok",
        "max_output_tokens": 300,
        "system_blocks": 1,
        "complexity": 0.5,
    }


def test_an_answer_has_one_hash_streamed_or_not(client: anthropic.Anthropic, server: Server, lines: Lines) -> None:
    server.says(
        Reply(body=message()),
        Reply(events=message_events()),
        Reply(body=message(content=[{"type": "text", "text": "It rains."}])),
    )
    whole(client)
    every_event(client)
    client.messages.create(**ASKED)
    same, streamed, other = (line["output_hash"] for line in lines())
    assert same == streamed != other


def test_no_text_is_recorded_unless_asked_for(server: Server, log: Path, lines: Lines) -> None:
    bare = anthropic.Anthropic(api_key="k", base_url=server.url)
    server.default = Reply(body=message())
    track(bare, log=log).messages.create(**ASKED)
    assert not any(word in str(lines()) for word in ("Oslo", "Bergen", "forecast", "sunny", "weather"))
    track(bare, log=log, record_text=True).messages.create(**ASKED)
    assert lines()[1]["text"] == {
        "system": "You forecast the weather.",
        "prompt": "Compare Oslo and Bergen, and list the differences.",
        "output": "It is sunny.",
    }


def test_a_new_log_of_texts_is_its_owners_alone(server: Server, tmp_path: Path) -> None:
    server.default = Reply(body=message())
    path = tmp_path / "new" / "texts.jsonl"
    client = track(anthropic.Anthropic(api_key="k", base_url=server.url), log=path, record_text=True)
    client.messages.create(**ASKED)
    assert flush()
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("streams", [False, True])
def test_a_refused_call_is_an_error_line(
    streams: bool, client: anthropic.Anthropic, server: Server, lines: Lines
) -> None:
    server.default = Reply(429, anthropic_error("rate_limit_error"), headers={**AT_ONCE, "request-id": "req_9"})
    with pytest.raises(anthropic.RateLimitError):
        client.messages.create(**ASKED, stream=streams)
    (line,) = lines()
    assert line["status"] == "error"
    assert line["tags"] == {"error_type": "rate_limit_error", "http_status": "429", "retries": "2"}
    assert (line["request_id"], line["model"]) == ("req_9", "claude-haiku-4-5")
    assert line["input_tokens"] == line["output_tokens"] == 0
    assert "output_partial" not in line
    assert "the words of the prompt" not in str(line)


def test_an_answer_after_a_retry_is_one_line(client: anthropic.Anthropic, server: Server, lines: Lines) -> None:
    server.says(Reply(500, anthropic_error("api_error"), headers=AT_ONCE), Reply(body=message()))
    client.messages.create(**ASKED)
    (line,) = lines()
    assert line["status"] == "ok"
    assert line["tags"] == {"retries": "1"}
    assert buckets(line) == BUCKETS


def test_an_overloaded_stream_is_an_error_with_what_was_seen(
    client: anthropic.Anthropic, server: Server, lines: Lines
) -> None:
    server.says(Reply(events=[*message_events()[:5], anthropic_error("overloaded_error")]))
    with pytest.raises(anthropic.APIStatusError):
        every_event(client)
    (line,) = lines()
    assert line["status"] == "error"
    assert line["tags"] == {"error_type": "overloaded_error", "http_status": "200"}
    assert (line["input_tokens"], line["output_tokens"]) == (100, 1)
    assert line["output_partial"] is True


def test_a_stream_whose_connection_breaks_is_an_error(
    client: anthropic.Anthropic, server: Server, lines: Lines
) -> None:
    server.says(Reply(events=message_events()[:5], is_cut=True))
    with pytest.raises(Exception, match="incomplete chunked read"):
        every_event(client)
    (line,) = lines()
    assert line["status"] == "error"
    assert line["tags"] == {"error_type": "RemoteProtocolError", "http_status": "200"}
    assert line["output_partial"] is True


def test_a_stream_that_ends_before_its_message_is_an_error(
    client: anthropic.Anthropic, server: Server, lines: Lines
) -> None:
    server.says(Reply(events=message_events()[:5]))
    list(client.messages.create(**ASKED, stream=True))
    (line,) = lines()
    assert line["tags"]["error_type"] == "incomplete_stream"
    assert line["output_partial"] is True


def test_no_connection_is_an_error(log: Path, lines: Lines) -> None:
    client = track(anthropic.Anthropic(api_key="k", base_url="http://127.0.0.1:1", max_retries=0), log=log)
    with pytest.raises(anthropic.APIConnectionError):
        client.messages.create(**ASKED)
    (line,) = lines()
    assert line["tags"] == {"error_type": "APIConnectionError"}
    assert line["output_partial"] is True  # nobody knows whether it was answered and billed


def test_a_request_that_is_never_sent_is_no_call(client: anthropic.Anthropic, lines: Lines) -> None:
    with pytest.raises(TypeError):
        client.messages.create(model="claude-haiku-4-5")  # type: ignore[call-overload]
    client.api_key = None
    with pytest.raises(TypeError, match="authentication"):
        client.messages.create(**ASKED)
    assert lines() == []


def test_a_stream_closed_early_is_recorded_with_what_was_seen(
    client: anthropic.Anthropic, server: Server, lines: Lines
) -> None:
    server.says(Reply(events=message_events()))
    with client.messages.stream(**ASKED) as stream:
        assert next(stream.text_stream) == "It is "
        assert lines() == []
    (line,) = lines()
    assert line["status"] == "ok"
    assert line["output_partial"] is True
    assert line["cache_read_tokens"] == 2000
    assert line["ttft_ms"] > 0


def test_a_dropped_stream_is_recorded(client: anthropic.Anthropic, server: Server, lines: Lines) -> None:
    server.default = Reply(events=message_events())
    for event in client.messages.create(**ASKED, stream=True):
        if event.type == "content_block_delta":
            break
    gc.collect()  # some releases of the SDK leave a cycle in a stream
    (read,) = lines()
    client.messages.create(**ASKED, stream=True)
    gc.collect()
    _, unread = lines()
    assert read["output_partial"] is unread["output_partial"] is True
    assert (read["input_tokens"], unread["input_tokens"]) == (100, 0)


def test_a_fast_answer_has_its_own_tier(client: anthropic.Anthropic, server: Server, lines: Lines) -> None:
    server.says(Reply(body=message(usage={"input_tokens": 1, "output_tokens": 1, "speed": "fast"})))
    client.messages.create(**ASKED)
    assert lines()[0]["service_tier"] == "fast"


def test_cache_writes_without_a_split_live_five_minutes(
    client: anthropic.Anthropic, server: Server, lines: Lines
) -> None:
    usage = {"input_tokens": 1, "output_tokens": 1, "cache_creation_input_tokens": 70}
    server.says(Reply(body=message(usage=usage)))
    client.messages.create(**ASKED)
    assert lines()[0]["cache_write_5m_tokens"] == 70
    assert "cache_write_1h_tokens" not in lines()[0]


def test_counting_tokens_is_no_call(client: anthropic.Anthropic, server: Server, lines: Lines) -> None:
    server.says(Reply(body={"input_tokens": 12}))
    asked = {name: value for name, value in ASKED.items() if name != "max_tokens"}
    assert client.messages.count_tokens(**asked).input_tokens == 12
    assert lines() == []


def test_the_request_is_sent_as_without_tracking(client: anthropic.Anthropic, server: Server) -> None:
    server.default = Reply(body=message())
    anthropic.Anthropic(api_key="k", base_url=server.url).messages.create(**ASKED)
    client.messages.create(**ASKED)
    assert server.requests[0] == server.requests[1]
    assert server.headers[0] == server.headers[1]


def test_compactions_are_billed_and_an_advisor_is_named(
    client: anthropic.Anthropic, server: Server, lines: Lines
) -> None:
    iterations = [
        {"type": "message", "input_tokens": 100, "output_tokens": 42},
        {"type": "compaction", "input_tokens": 900, "output_tokens": 70, "cache_read_input_tokens": 5},
        {"type": "advisor_message", "model": "claude-opus-5", "input_tokens": 30, "output_tokens": 3},
    ]
    server.says(Reply(body=message(usage={**USAGE, "iterations": iterations})))
    client.beta.messages.create(**ASKED)
    (line,) = lines()
    added = {"input_tokens": 1000, "output_tokens": 112, "cache_read_tokens": 2005}
    assert buckets(line) == {**BUCKETS, **added}
    assert line["tags"] == {"advisor_model": "claude-opus-5"}
