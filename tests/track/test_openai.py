"""The real openai client, tracked, against a server on loopback that speaks both of OpenAI's APIs."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from llmcost.track import track
from tests.track.conftest import Lines
from tests.track.server import Reply, Server, completion, completion_events, response, response_events

openai = pytest.importorskip("openai", reason="the openai client is not installed (pip install openai)")

ASKED: dict[str, Any] = {
    "model": "gpt-5.4-mini",
    "max_completion_tokens": 400,
    "messages": [
        {"role": "system", "content": "You forecast the weather."},
        {"role": "user", "content": "How is Oslo?"},
    ],
}
RESPOND: dict[str, Any] = {"model": "gpt-5.4", "input": "How is Oslo?", "instructions": "Be brief."}

CHAT_BUCKETS = {
    "input_tokens": 70,
    "cache_read_tokens": 1920,
    "cache_write_5m_tokens": 16,
    "output_tokens": 300,
    "reasoning_tokens": 64,
}
RESPONSE_BUCKETS = {
    "input_tokens": 200,
    "cache_read_tokens": 700,
    "output_tokens": 50,
    "reasoning_tokens": 20,
    "web_searches": 1,
}


@pytest.fixture
def client(server: Server, log: Path) -> Any:
    return track(openai.OpenAI(api_key="k", base_url=server.url), log=log, provider="openai", tags={"team": "web"})


def holds(line: dict[str, Any], expected: dict[str, Any]) -> bool:
    return {name: line.get(name) for name in expected} == expected


def test_a_completion_is_a_line(client: Any, server: Server, lines: Lines) -> None:
    server.says(*[Reply(body=completion()) for _ in range(3)])
    assert client.chat.completions.create(**ASKED).choices[0].message.content == "It is sunny."
    assert client.chat.completions.with_raw_response.create(**ASKED).parse().id == "chatcmpl-1"
    with client.chat.completions.with_streaming_response.create(**ASKED) as streamed:
        assert streamed.parse().id == "chatcmpl-1"
    said = {
        "request_id": "chatcmpl-1",
        "provider": "openai",
        "model": "gpt-5.4-mini-2026-03-17",
        "tags": {"team": "web"},
        "stop_reason": "stop",
        "service_tier": "flex",
        "max_output_tokens": 400,
        "system_blocks": 1,
        "status": "ok",
        "output_partial": None,
    }
    assert len(lines()) == 3
    for line in lines():
        assert holds(line, {**CHAT_BUCKETS, **said})
        assert line["prefix"][-1]["tokens"] == 2006


def test_a_streamed_completion_is_a_line(client: Any, server: Server, lines: Lines) -> None:
    server.says(Reply(body=completion()), *[Reply(events=completion_events()) for _ in range(2)])
    client.chat.completions.create(**ASKED)
    streamed = list(client.chat.completions.create(**ASKED, stream=True, stream_options={"include_usage": True}))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in streamed if chunk.choices) == "It is sunny."
    with client.chat.completions.stream(**ASKED) as stream:
        assert stream.get_final_completion().choices[0].message.content == "It is sunny."
    whole, *streams = lines()
    for line in streams:
        assert holds(line, CHAT_BUCKETS)
        assert 0 < line["ttft_ms"] <= line["latency_ms"]
        assert (line["prompt_hash"], line["output_hash"]) == (whole["prompt_hash"], whole["output_hash"])


def test_a_stream_without_usage_says_so(client: Any, server: Server, lines: Lines) -> None:
    server.says(Reply(events=completion_events(usage=None)))
    list(client.chat.completions.create(**ASKED, stream=True))
    assert "stream_options" not in server.requests[0]  # the request is the application's
    (line,) = lines()
    assert line["status"] == "ok"
    assert line["tags"] == {"team": "web", "usage": "missing"}
    assert (line["input_tokens"], line["output_tokens"], line["output_partial"]) == (0, 0, True)


def test_a_response_is_a_line(client: Any, server: Server, lines: Lines) -> None:
    server.says(Reply(body=response()), Reply(events=response_events()), Reply(events=response_events()))
    assert client.responses.create(**RESPOND).output_text == "It is sunny."
    assert [event.type for event in client.responses.create(**RESPOND, stream=True)][-1] == "response.completed"
    with client.responses.stream(**RESPOND) as stream:
        assert stream.get_final_response().id == "resp_1"
    whole, *streams = lines()
    for line in (whole, *streams):
        assert holds(line, {**RESPONSE_BUCKETS, "stop_reason": "completed", "output_partial": None})
        assert line["system_blocks"] == 1
        assert line["output_hash"] == whole["output_hash"]
    assert all(0 < line["ttft_ms"] <= line["latency_ms"] for line in streams)


def test_a_response_cut_at_its_cap_says_why(client: Any, server: Server, lines: Lines) -> None:
    server.says(Reply(body=response(status="incomplete", incomplete_details={"reason": "max_output_tokens"})))
    client.responses.create(**RESPOND, max_output_tokens=50)
    assert holds(lines()[0], {"stop_reason": "max_output_tokens", "max_output_tokens": 50, "status": "ok"})


def test_a_failed_response_is_an_error(client: Any, server: Server, lines: Lines) -> None:
    failure = {"status": "failed", "error": {"code": "server_error", "message": "the words of the prompt"}}
    server.says(
        Reply(events=[{"type": "response.failed", "sequence_number": 0, "response": response(**failure)}]),
        Reply(body=response(**failure)),
    )
    list(client.responses.create(**RESPOND, stream=True))
    client.responses.create(**RESPOND)
    for line in lines():
        assert line["tags"] == {"team": "web", "error_type": "server_error", "http_status": "200"}
        assert line["status"] == "error"


def test_errors_say_which(client: Any, server: Server, lines: Lines) -> None:
    limited = {"error": {"message": "the words", "type": "requests", "param": None, "code": "rate_limit_exceeded"}}
    server.says(
        Reply(429, limited, headers={"x-should-retry": "false"}),
        Reply(events=[*completion_events()[:3], {"error": {"message": "m", "type": "server_error", "code": 500}}]),
    )
    with pytest.raises(openai.RateLimitError):
        client.chat.completions.create(**ASKED)
    with pytest.raises(openai.APIError):
        list(client.chat.completions.create(**ASKED, stream=True))
    refused, broken = lines()
    assert refused["tags"] == {"team": "web", "error_type": "rate_limit_exceeded", "http_status": "429"}
    assert broken["tags"] == {"team": "web", "error_type": "server_error", "http_status": "200"}


def test_an_asynchronous_client_is_tracked_alike(server: Server, log: Path, lines: Lines) -> None:
    client = track(openai.AsyncOpenAI(api_key="k", base_url=server.url), log=log)
    server.says(
        Reply(body=completion()),
        Reply(events=completion_events()),
        Reply(body=response()),
        Reply(events=response_events()),
    )

    async def use() -> None:
        await client.chat.completions.create(**ASKED)
        async for _ in await client.chat.completions.create(**ASKED, stream=True):
            pass
        await client.responses.create(**RESPOND)
        async with client.responses.stream(**RESPOND) as stream:
            assert (await stream.get_final_response()).id == "resp_1"

    asyncio.run(use())
    for line, expected in zip(lines(), [CHAT_BUCKETS] * 2 + [RESPONSE_BUCKETS] * 2, strict=True):
        assert holds(line, expected)


def test_only_calls_are_lines(client: Any, server: Server, lines: Lines) -> None:
    server.says(Reply(body={"object": "list", "data": [], "model": "m", "usage": {"prompt_tokens": 1}}))
    client.embeddings.create(model="text-embedding-3-small", input="x", encoding_format="float")
    assert lines() == []


def test_what_other_servers_call_their_cache_reads(client: Any, server: Server, lines: Lines) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 1, "total_tokens": 101}
    server.says(
        Reply(body=completion(usage={**usage, "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36})),
        Reply(body=completion(usage={**usage, "cached_tokens": 64, "cost": 0.0125})),
    )
    for _ in range(2):
        client.chat.completions.create(**ASKED)
    assert [(line["input_tokens"], line["cache_read_tokens"]) for line in lines()] == [(36, 64), (36, 64)]
    assert lines()[1]["cost_logged_usd"] == 0.0125


def test_azures_client_is_tracked_alike(server: Server, log: Path, lines: Lines) -> None:
    azure = openai.AzureOpenAI(api_key="k", azure_endpoint=server.url, api_version="2024-10-21")
    server.says(Reply(body=completion()), Reply(events=completion_events()))
    client = track(azure, log=log)
    client.chat.completions.create(**ASKED)
    list(client.chat.completions.create(**ASKED, stream=True))
    assert all(holds(line, CHAT_BUCKETS) for line in lines())
    assert len(lines()) == 2
