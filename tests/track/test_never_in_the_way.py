"""Whatever goes wrong in recording, the application does not notice."""

import gc
import json
import logging
import re
import subprocess
import sys
import warnings
import weakref
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anthropic
import pytest

from llmcost.track import calls, clients, flush, guard, labels, records, track
from llmcost.track.anthropic_answers import MessagesAnswer
from llmcost.track.log import Log
from llmcost.track.streams import EventReader
from tests.conftest import ROOT
from tests.track.conftest import Lines
from tests.track.server import Reply, Server, message, message_events

ASKED: dict[str, Any] = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]}


def use(client: anthropic.Anthropic, server: Server) -> None:
    """A whole answer, a stream and an error, each as without tracking."""
    server.says(
        Reply(body=message()),
        Reply(events=message_events()),
        Reply(400, {"type": "error", "error": {"type": "invalid_request_error"}}),
    )
    assert client.messages.create(**ASKED).id == "msg_1"
    with client.messages.stream(**ASKED) as stream:
        assert stream.get_final_text() == "It is sunny."
    with pytest.raises(anthropic.BadRequestError):
        client.messages.create(**ASKED)


@pytest.fixture
def client(server: Server, log: Path) -> anthropic.Anthropic:
    return track(anthropic.Anthropic(api_key="k", base_url=server.url), log=log)


def test_a_log_that_cannot_be_written(server: Server, tmp_path: Path, failed: Callable[[], int]) -> None:
    client = track(anthropic.Anthropic(api_key="k", base_url=server.url), log=tmp_path)  # a folder
    use(client, server)
    assert failed() == 3


def _raises(*_: Any, **__: Any) -> Any:
    raise RuntimeError("a bug of ours")


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (clients, "api_of"),
        (clients, "Call"),
        (calls, "current"),
        (calls, "perf_counter"),
        (calls, "watch"),
        (calls, "later"),
        (calls, "Failure"),
        (records, "datetime"),
        (records, "read_prompt"),
        (records, "uuid4"),
        (records, "as_object"),
        (EventReader, "feed"),
        (MessagesAnswer, "event"),
        (MessagesAnswer, "whole"),
        (MessagesAnswer, "tokens"),
        (Log, "write"),
        (labels.Labels, "said"),
    ],
)
def test_a_bug_of_ours_anywhere(
    where: Any, name: str, client: anthropic.Anthropic, server: Server, monkeypatch: pytest.MonkeyPatch,
    failed: Callable[[], int],
) -> None:  # fmt: skip
    monkeypatch.setattr(where, name, _raises)
    use(client, server)
    assert failed() > 0


def test_an_observer_is_given_each_record_and_may_fail(
    server: Server, log: Path, lines: Lines, failed: Callable[[], int]
) -> None:
    seen: list[Any] = []

    def observe(record: Any) -> None:
        seen.append(record)
        raise RuntimeError

    use(track(anthropic.Anthropic(api_key="k", base_url=server.url), log=log, observe=observe), server)
    assert seen == lines()
    assert failed() == len(seen) == 3


def test_the_first_failure_is_logged_and_no_more(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture, failed: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(guard, "_failures", 0)
    client = track(anthropic.Anthropic(api_key="k", base_url=server.url), log=tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        use(client, server)
        assert flush()
    assert [record.levelno for record in caplog.records if record.name == "llmcost.track"] == [logging.WARNING]
    assert guard.failures() == 3
    monkeypatch.setattr(guard, "_failures", 0)
    monkeypatch.setattr(guard, "_logger", SimpleNamespace(warning=_raises))
    use(client, server)
    assert flush()


@pytest.mark.parametrize(
    "body", [b"", b"<html>502</html>", b"[]", b'{"usage": 3}', b'{"usage": {"input_tokens": "x"}}']
)
def test_an_answer_that_is_none(body: bytes, client: anthropic.Anthropic, server: Server, lines: Lines) -> None:
    server.says(Reply(body=body))
    assert client.messages.with_raw_response.create(**ASKED).http_response.content == body
    (line,) = lines()
    assert (line["input_tokens"], line["output_tokens"]) == (0, 0)


def test_a_dropped_stream_gives_its_connection_back_as_soon_as_untracked(
    client: anthropic.Anthropic, server: Server
) -> None:
    """At once, with the releases of the SDK that leave no cycle in a stream."""

    def is_closed_when_dropped(client: anthropic.Anthropic) -> bool:
        server.says(Reply(events=message_events()))
        stream = client.messages.create(**ASKED, stream=True)
        next(stream)
        body: Any = stream.response.stream
        closed: list[bool] = []
        really_close = body.close

        def close() -> None:
            closed.append(True)
            really_close()

        body.close = close
        del stream
        return bool(closed)

    gc.disable()
    try:
        untracked = anthropic.Anthropic(api_key="k", base_url=server.url)
        assert is_closed_when_dropped(client) == is_closed_when_dropped(untracked)
    finally:
        gc.enable()


def test_an_exception_does_not_outlive_its_handling(client: anthropic.Anthropic, server: Server) -> None:
    server.says(Reply(400, {"type": "error"}))
    gc.disable()
    try:
        try:
            client.messages.create(**ASKED)
        except anthropic.BadRequestError as error:
            gone = weakref.ref(error)
        assert gone() is None
    finally:
        gc.enable()


def test_nothing_of_a_call_stays_behind(client: anthropic.Anthropic, server: Server) -> None:
    use(client, server)
    assert clients._current.get() is None


def test_the_classes_of_the_client_are_left_alone(client: anthropic.Anthropic, server: Server) -> None:
    assert type(client) is anthropic.Anthropic
    assert type(client.with_options()) is anthropic.Anthropic
    server.says(Reply(body=message()))
    untracked = anthropic.Anthropic(api_key="k", base_url=server.url)
    untracked.messages.create(**ASKED)
    assert not hasattr(untracked, "_llmcost")


def test_only_clients_can_be_tracked() -> None:
    with pytest.raises(TypeError, match="not a str"):
        track("anthropic")


LEFT_OPEN = """
import sys, anthropic
from llmcost.track import track
client = track(anthropic.Anthropic(api_key="k", base_url=sys.argv[1]), log=sys.argv[2])
stream = client.messages.create(model="m", max_tokens=1, messages=[{"role": "user", "content": "x"}], stream=True)
next(iter(stream))
"""


def test_a_stream_left_open_at_the_end_of_the_program(server: Server, log: Path, lines: Lines) -> None:
    server.says(Reply(events=message_events()))
    done = subprocess.run(
        [sys.executable, "-c", LEFT_OPEN, server.url, str(log)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert lines()[0]["output_partial"] is True


def test_importing_the_tracker_imports_nothing_heavy() -> None:
    show = "import sys, json, llmcost.track; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", show], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    heavy = {
        "anthropic",
        "openai",
        "httpx",
        "httpx2",
        "pydantic",
        "duckdb",
        "pandas",
        "pyarrow",
        "numpy",
        "typer",
        "rich",
    }
    assert not loaded & heavy
    ours = {name for name in json.loads(done.stdout) if name.startswith("llmcost.")}
    assert ours == {name for name in ours if name.startswith("llmcost.track")}


def test_hosts_are_of_the_providers_that_the_price_table_says() -> None:
    from genai_prices.data_snapshot import get_snapshot

    known = {provider.id: provider.api_pattern for provider in get_snapshot().providers}
    assert set(clients._HOSTS.values()) <= set(known)
    for url, provider in {
        "https://api.anthropic.com": "anthropic",
        "https://api.openai.com/v1": "openai",
        "https://eu.api.openai.com/v1": "openai",
        "https://bedrock-runtime.us-east-1.amazonaws.com": "aws",
        "https://us-east5-aiplatform.googleapis.com/v1": "google",
        "https://mine.openai.azure.com/openai": "azure",
        "https://mine.services.ai.azure.com/anthropic": "azure",
        "https://openrouter.ai/api/v1": "openrouter",
        "https://api.groq.com/openai/v1": "groq",
        "https://api.mistral.ai/v1": "mistral",
        "https://api.deepseek.com": "deepseek",
        "https://api.x.ai/v1": "x-ai",
        "https://api.together.xyz/v1": "together",
        "https://api.fireworks.ai/inference/v1": "fireworks",
        "https://api.cerebras.ai/v1": "cerebras",
        "https://api.perplexity.ai": "perplexity",
        "https://api.cohere.com/compatibility/v1": "cohere",
        "https://api.moonshot.ai/v1": "moonshotai",
    }.items():
        assert clients._billed_by(url) == provider
        assert re.match(known[provider], url) or url.startswith("https://eu.")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/v1", "https://notopenai.com/v1", "https://llm.corp", "nonsense"]
)
def test_an_unknown_host_is_of_no_provider(url: str) -> None:
    assert clients._billed_by(url) is None
