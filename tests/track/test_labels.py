"""Who and what a call is for."""

import asyncio
import threading
from contextvars import copy_context
from pathlib import Path
from typing import Any

import anthropic
import pytest

from llmcost.track import context, track
from tests.track.conftest import Lines
from tests.track.server import Reply, Server, message, message_events

ASKED: dict[str, Any] = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]}


@pytest.fixture
def client(server: Server, log: Path) -> anthropic.Anthropic:
    server.default = Reply(body=message())
    bare = anthropic.Anthropic(api_key="k", base_url=server.url)
    return track(bare, log=log, feature="search", user_id="anyone", tags={"team": "core", "env": "test"})


def labels(line: dict[str, Any]) -> dict[str, Any]:
    names = ("feature", "task_type", "prompt_id", "user_id", "session_id", "project", "tags")
    return {name: line[name] for name in names if name in line}


def test_contexts_nest(client: anthropic.Anthropic, lines: Lines) -> None:
    def call() -> dict[str, Any]:
        client.messages.create(**ASKED)
        return labels(lines()[-1])

    tags = {"team": "core", "env": "test"}
    assert call() == {"feature": "search", "user_id": "anyone", "tags": tags}
    with context(feature="chat", session_id="s", project="shop", tags={"env": "live"}):
        outer = {"feature": "chat", "user_id": "anyone", "session_id": "s", "project": "shop"}
        assert call() == {**outer, "tags": {"team": "core", "env": "live"}}
        with context(user_id="u", prompt_id="p", task_type="classification", tags={"beta": "yes"}):
            assert call() == {
                **outer,
                "user_id": "u",
                "prompt_id": "p",
                "task_type": "classification",
                "tags": {"team": "core", "env": "live", "beta": "yes"},
            }
        assert call() == {**outer, "tags": {"team": "core", "env": "live"}}
    assert call() == {"feature": "search", "user_id": "anyone", "tags": tags}


def test_a_context_ends_when_its_code_fails(client: anthropic.Anthropic, lines: Lines) -> None:
    with pytest.raises(KeyError), context(feature="chat"):
        raise KeyError
    client.messages.create(**ASKED)
    assert lines()[0]["feature"] == "search"


def test_one_context_may_be_entered_inside_itself(client: anthropic.Anthropic, lines: Lines) -> None:
    again = context(feature="chat")
    with again:
        with again:
            pass
        client.messages.create(**ASKED)
    client.messages.create(**ASKED)
    assert [line["feature"] for line in lines()] == ["chat", "search"]


def test_a_context_may_be_left_in_another_than_it_was_entered_in() -> None:
    entered = context(feature="chat")
    copy_context().run(entered.__enter__)
    entered.__exit__(None, None, None)


def test_labels_of_any_type_are_written_as_text(client: anthropic.Anthropic, lines: Lines) -> None:
    with context(user_id=17, tags={"attempt": 2}):  # type: ignore[arg-type, dict-item]
        client.messages.create(**ASKED)
    assert lines()[0]["user_id"] == "17"
    assert lines()[0]["tags"]["attempt"] == "2"


def test_tasks_do_not_see_each_others_labels(server: Server, log: Path, lines: Lines) -> None:
    server.default = Reply(body=message())
    client = track(anthropic.AsyncAnthropic(api_key="k", base_url=server.url), log=log)

    async def one(user: str) -> None:
        with context(user_id=user):
            await asyncio.sleep(0.001)
            await client.messages.create(**{**ASKED, "model": user})

    async def all_at_once() -> None:
        await asyncio.gather(*(one(f"u{number}") for number in range(10)))

    asyncio.run(all_at_once())
    asked = {request["model"] for request in server.requests}
    assert {line["user_id"] for line in lines()} == asked == {f"u{number}" for number in range(10)}


def test_threads_share_a_client_and_a_log(client: anthropic.Anthropic, lines: Lines) -> None:
    def one(user: str) -> None:
        for number in range(5):
            with context(user_id=user, prompt_id=f"{user}-{number}"):
                client.messages.create(**ASKED)

    threads = [threading.Thread(target=one, args=(f"u{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen = {(line["user_id"], line["prompt_id"]) for line in lines()}
    assert seen == {(f"u{user}", f"u{user}-{number}") for user in range(8) for number in range(5)}
    assert len(lines()) == 40


def test_a_thread_sees_its_own_labels(client: anthropic.Anthropic, lines: Lines) -> None:
    def inside() -> None:
        client.messages.create(**ASKED)

    with context(feature="chat"):
        for target in (inside, lambda: None):
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()
        client.messages.create(**ASKED)
    assert [line["feature"] for line in lines()] == ["search", "chat"]


def test_a_stream_keeps_the_labels_it_was_begun_with(client: anthropic.Anthropic, server: Server, lines: Lines) -> None:
    server.says(Reply(events=message_events()))
    with context(feature="chat"):
        stream = client.messages.create(**ASKED, stream=True)
    with context(feature="other"):
        list(stream)
    assert lines()[0]["feature"] == "chat"


def test_tracking_again_replaces_and_a_copy_may_have_its_own(
    client: anthropic.Anthropic, log: Path, lines: Lines
) -> None:
    other = track(client.with_options(), log=log, feature="other")
    assert track(client, log=log, feature="again") is client
    client.messages.create(**ASKED)
    other.messages.create(**ASKED)
    client.with_options(timeout=9).messages.create(**ASKED)
    assert [line["feature"] for line in lines()] == ["again", "other", "again"]
