"""What decides the key of a provider's cache besides the prompt: written as hashes."""

import json
from pathlib import Path

import anthropic
import pytest

from llmcost.track import track
from tests.track.conftest import Lines
from tests.track.server import ASKED, Reply, Server, completion, message, response

openai = pytest.importorskip("openai", reason="the openai client is not installed (pip install openai)")

SECRET = "customer-4711"
CHAT = {"model": "gpt-5.4-mini", "messages": [{"role": "user", "content": "How is Oslo?"}]}


def test_openai_s_key_retention_and_organisation(server: Server, log: Path, lines: Lines) -> None:
    client = track(openai.OpenAI(api_key="k", base_url=server.url), log=log)
    server.says(*[Reply(body=completion(), headers={"openai-organization": "org-secret"}) for _ in range(4)])
    client.chat.completions.create(**CHAT, prompt_cache_key=SECRET, extra_body={"prompt_cache_retention": "24h"})
    client.chat.completions.create(**CHAT, prompt_cache_key=SECRET)
    client.chat.completions.create(**CHAT, prompt_cache_key="another")
    client.chat.completions.create(**CHAT)
    first, same, other, without = lines()
    assert first["cache_key"] == same["cache_key"] != other["cache_key"]
    assert without["cache_key"] == "", "it was told nothing, which is known"
    assert (first["cache_retention"], same.get("cache_retention")) == ("24h", None)
    assert len({line["organisation"] for line in (first, same, other, without)}) == 1
    assert len({line["prompt_hash"] for line in (first, same, other, without)}) == 1, "no key decides the answer"
    written = json.dumps([first, same, other, without])
    assert SECRET not in written
    assert "org-secret" not in written


def test_the_life_that_a_response_asks_for(server: Server, log: Path, lines: Lines) -> None:
    client = track(openai.OpenAI(api_key="k", base_url=server.url), log=log)
    server.says(Reply(body=response()))
    client.responses.create(model="gpt-5.6", input="How is Oslo?", extra_body={"prompt_cache_options": {"ttl": "30m"}})
    [line] = lines()
    assert (line["cache_key"], line["cache_retention"]) == ("", "30m")


def test_anthropic_has_no_key_and_names_its_organisation(server: Server, log: Path, lines: Lines) -> None:
    client = track(anthropic.Anthropic(api_key="k", base_url=server.url), log=log)
    server.says(Reply(body=message(), headers={"anthropic-organization-id": "org-secret"}))
    client.messages.create(**ASKED)
    [line] = lines()
    assert "cache_key" not in line
    assert line["organisation"]
    assert "org-secret" not in json.dumps(line)
