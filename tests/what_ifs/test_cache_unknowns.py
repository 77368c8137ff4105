"""What vendors leave open about their caches, each question with its dollars, worked out by hand."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from llmcost.engine import registry
from llmcost.what_ifs.cache_unknowns import QUESTIONS, unknowns
from tests import logs
from tests.command import llmcost

SYSTEM, TOTAL = 8000, 8500


def calls(model: str, provider: str, every_s: int = 5, count: int = 10, **fields: Any) -> list[logs.Row]:
    """Calls with a system prompt in common, and 500 tokens of each one's own."""
    return [
        logs.call(
            ts=logs.moment(number * every_s),
            request_id=f"{model}{number}",
            model=model,
            provider=provider,
            input_tokens=TOTAL,
            ttft_ms=500,
            prefix=[{"hash": "a" * 16, "tokens": SYSTEM}, {"hash": f"{number:016x}", "tokens": TOTAL}],
            system_blocks=1,
            **fields,
        )
        for number in range(count)
    ]


def asked(tmp_path: Path, rows: list[logs.Row], **given: str) -> dict[tuple[str, str], dict[str, Any]]:
    values = registry.find("what_ifs", "prompt-caching").bind(given)
    with logs.ingested(tmp_path / "db", logs.write(tmp_path / "log.jsonl", rows)) as (store, _):
        found = unknowns(store.rows, "requests", values, date(2026, 11, 29))
    assert found == sorted(found, key=lambda row: -row["usd"])
    return {(row["vendor"], row["question"]): row for row in found}


def test_every_name_of_the_what_if_is_a_question() -> None:
    what_if = registry.find("what_ifs", "prompt-caching")
    [names] = (parameter.choices for parameter in what_if.parameters if parameter.name == "pessimistic")
    asked = {*names, "automatic"} - {"misses"}  # which is measured: no vendor can be asked
    assert {question.name for question in QUESTIONS} == asked


def test_a_rule_that_leaves_nothing_open_asks_nothing(tmp_path: Path) -> None:
    assert asked(tmp_path, calls("claude-opus-5-5", "anthropic")) == {}


def test_a_disputed_minimum(tmp_path: Path) -> None:
    """Claude Sonnet 4.6: 1,500 shared tokens are cached from 1,024 and not from 2,048; $3 a million of them."""
    rows = [
        row
        | {"input_tokens": 2000, "prefix": [{"hash": "a" * 16, "tokens": 1500}, row["prefix"][1] | {"tokens": 2000}]}
        for row in calls("claude-sonnet-4-6", "anthropic")
    ]
    found = asked(tmp_path, rows)
    assert list(found) == [("Anthropic", "minimum")]
    row = found["Anthropic", "minimum"]
    assert row["usd"] == pytest.approx(3e-6 * 1500 * (9 * 0.9 - 0.25))
    assert row["asked"] == "the shortest prompt in tokens that is cached, 1,024 to 2,048"


def test_openai_s_retention(tmp_path: Path) -> None:
    """GPT-4.1, $2 a million tokens, read at a quarter: at gaps of an hour 9 reads of 7,936 tokens hang on its life."""
    found = asked(tmp_path, calls("gpt-4.1", "openai", every_s=3600))
    assert found["OpenAI", "life"]["usd"] == pytest.approx(9 * 7936 * 1.5e-6)
    assert found["OpenAI", "life"]["asked"] == "how long an idle entry lives, 5 minutes to 24 hours"
    assert ("OpenAI", "automatic") not in found, "with the usual life nothing is read"
    often = asked(tmp_path / "often", calls("gpt-4.1", "openai"))
    assert often["OpenAI", "automatic"]["usd"] == pytest.approx(9 * 7936 * 1.5e-6)
    assert ("OpenAI", "life") not in often
    fixed = asked(tmp_path / "fixed", calls("gpt-4.1", "openai", every_s=3600), optimistic="life")
    assert fixed["OpenAI", "automatic"]["usd"] == pytest.approx(9 * 7936 * 1.5e-6)


def test_each_vendor_is_asked_for_its_own_dollars(tmp_path: Path) -> None:
    rows = [*calls("gpt-4.1", "openai"), *calls("grok-4.6", "x-ai"), *calls("claude-opus-5-5", "anthropic")]
    found = asked(tmp_path, rows)
    assert {vendor for vendor, _ in found} == {"OpenAI", "xAI"}
    alone = asked(tmp_path / "alone", calls("grok-4.6", "x-ai"))
    assert found["xAI", "automatic"]["usd"] == pytest.approx(alone["xAI", "automatic"]["usd"])


def test_without_caching_there_is_nothing_to_ask(tmp_path: Path) -> None:
    assert asked(tmp_path, calls("gpt-4.1", "openai"), ttl="none") == {}


def test_the_caveats_name_the_three_dearest(tmp_path: Path) -> None:
    rows = [
        row
        for number, (model, provider) in enumerate(
            [("gpt-4.1", "openai"), ("grok-4.6", "x-ai"), ("gemini-2.5-pro", "google"), ("deepseek-chat", "deepseek")]
        )
        for row in calls(model, provider, project=f"p{number}")
    ]
    llmcost("ingest", logs.write(tmp_path / "log.jsonl", rows), cwd=tmp_path)
    words = ("simulate", "--what-if", "prompt-caching")
    [stage] = json.loads(llmcost(*words, "--format", "json", cwd=tmp_path).stdout)["stages"]
    assert len(stage["unknowns"]) > 3
    shown, whole = (" ".join(llmcost(*words, *more, cwd=tmp_path).stdout.split()) for more in ((), ("--details",)))
    assert shown.count("depends on") == 3
    assert whole.count("depends on") == len(stage["unknowns"])
    first = stage["unknowns"][0]
    assert f"depends on {first['asked']}: ask {first['vendor']}, or measure it" in shown
