"""The asynchronous client and the cloud clients of the package anthropic: tracked like the plain one."""

import asyncio
from pathlib import Path

import anthropic
import pytest

from llmcost.track import track
from tests.track.conftest import Lines
from tests.track.server import ASKED, BUCKETS, Reply, Server, anthropic_error, buckets, message, message_events


@pytest.fixture
def async_client(server: Server, log: Path) -> anthropic.AsyncAnthropic:
    return track(anthropic.AsyncAnthropic(api_key="k", base_url=server.url), log=log, feature="forecast")


def test_an_asynchronous_client_is_tracked_alike(
    async_client: anthropic.AsyncAnthropic, server: Server, lines: Lines
) -> None:
    async def use() -> None:
        server.says(Reply(body=message()), *[Reply(events=message_events()) for _ in range(4)])
        assert (await async_client.messages.create(**ASKED)).id == "msg_1"
        async for _ in await async_client.messages.create(**ASKED, stream=True):
            pass
        async with async_client.messages.stream(**ASKED) as stream:
            assert await stream.get_final_text() == "It is sunny."
        async with async_client.messages.with_streaming_response.create(**ASKED, stream=True) as response:
            assert len([line async for line in response.iter_lines()]) > 20
        raw_response = await async_client.with_options(timeout=5).messages.with_raw_response.create(
            **ASKED, stream=True
        )
        assert [event.type async for event in await raw_response.parse()][-1] == "message_stop"

    asyncio.run(use())
    assert [buckets(line) for line in lines()] == [BUCKETS] * 5
    assert ["ttft_ms" in line for line in lines()] == [False, True, True, True, True]


def test_an_asynchronous_stream_may_be_left_or_break(
    async_client: anthropic.AsyncAnthropic, server: Server, lines: Lines
) -> None:
    async def use() -> None:
        server.says(
            Reply(events=message_events()),
            Reply(events=message_events()[:5], is_cut=True),
            Reply(429, anthropic_error("rate_limit_error"), headers={"x-should-retry": "false"}),
        )
        async with async_client.messages.stream(**ASKED) as stream:
            await anext(stream.text_stream)
        with pytest.raises(Exception, match="incomplete chunked read"):
            async for _ in await async_client.messages.create(**ASKED, stream=True):
                pass
        with pytest.raises(anthropic.RateLimitError):
            await async_client.messages.create(**ASKED)

    asyncio.run(use())
    left, broken, refused = lines()
    assert (left["status"], left["output_partial"]) == ("ok", True)
    assert broken["tags"]["error_type"] == "RemoteProtocolError"
    assert refused["tags"] == {"error_type": "rate_limit_error", "http_status": "429"}


def test_a_cancelled_call_is_recorded(async_client: anthropic.AsyncAnthropic, server: Server, lines: Lines) -> None:
    async def use() -> None:
        server.says(Reply(events=message_events(), pause_s=0.2))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), async_client.messages.stream(**ASKED) as stream:
                await stream.get_final_message()

    asyncio.run(use())
    (line,) = lines()
    assert line["tags"]["error_type"] == "CancelledError"
    assert line["output_partial"] is True


def test_cloud_clients_are_tracked_alike(server: Server, log: Path, lines: Lines) -> None:
    foundry = anthropic.AnthropicFoundry(api_key="k", base_url=server.url)
    vertex = anthropic.AnthropicVertex(region="r", project_id="p", access_token="t", base_url=server.url)
    for cloud in (foundry, vertex):
        client = track(cloud, log=log)
        server.says(Reply(body=message()), Reply(events=message_events()))
        client.messages.create(**ASKED)
        with client.messages.stream(**ASKED) as stream:
            stream.until_done()
    assert "model" in server.requests[0]
    assert "model" not in server.requests[2]  # it is in the URL
    assert [buckets(line) for line in lines()] == [BUCKETS] * 4
    assert len({line["output_hash"] for line in lines()}) == 1
