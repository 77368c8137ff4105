"""The rule of a model's prompt cache, as `llmcost prices MODEL --cache` shows it."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from llmcost.prices import cache_rules
from llmcost.reports.scope import Scope
from llmcost.what_ifs.engine.step import parse
from llmcost.what_ifs.projection import simulate
from tests.command import llmcost
from tests.logs import call, ingested, write


def test_the_command_shows_the_rule_with_its_source(tmp_path: Path) -> None:
    shown = json.loads(llmcost("prices", "claude-opus-4-7", "--cache", "--format", "json", cwd=tmp_path).stdout)
    rule = shown["rule"]
    assert (shown["provider"], shown["model"]) == ("anthropic", "claude-opus-4-7")
    assert (rule["min_tokens_low"], rule["min_tokens"], rule["min_tokens_high"]) == (4096, 2048, 2048)
    assert rule["source"].startswith("https://platform.claude.com/")
    said = llmcost("prices", "claude-opus-4-7", "--cache", cwd=tmp_path).stdout
    assert "4096 / 2048 / 2048" in said
    assert "platform.claude.com" in said


def test_every_range_is_one_line(tmp_path: Path) -> None:
    said = llmcost("prices", "gpt-5.1", "--cache", cwd=tmp_path).stdout
    assert "300 / 600 / 3600" in said, "the life in memory"
    assert "_low" not in said


def test_the_rule_of_a_second_cache_is_shown_too(tmp_path: Path) -> None:
    said = llmcost("prices", "openrouter/qwen/qwen3.7-max", "--cache", "--format", "json", cwd=tmp_path).stdout
    shown = json.loads(said)
    assert (shown["rule"]["entries"], shown["rule"]["life_s"]) == ("steps", 300)
    assert (shown["marked_rule"]["entries"], shown["marked_rule"]["min_tokens"]) == ("breakpoints", 1024)
    assert "that mark what is cached" in llmcost("prices", "minimax-m2.7", "--cache", cwd=tmp_path).stdout
    one = json.loads(llmcost("prices", "claude-opus-5-5", "--cache", "--format", "json", cwd=tmp_path).stdout)
    assert one["marked_rule"] is None


def test_a_rule_needs_no_price_and_a_wrong_name_has_none(tmp_path: Path) -> None:
    assert "Alibaba" in llmcost("prices", "dashscope/qwen3-max", "--cache", cwd=tmp_path).stdout
    wrong = llmcost("prices", "nowhere/nonsense", "--cache", cwd=tmp_path)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "no price" in wrong.stderr


def test_a_second_cache_stands_behind_the_first() -> None:
    """Where one rule is asked for, the first that matches is the cache that needs no mark."""
    seen: list[dict[str, Any]] = []
    for rule in cache_rules.rules():
        if rule["marked"]:
            assert any(one["vendor"] == rule["vendor"] and not one["marked"] for one in seen), rule["vendor"]
        seen.append(rule)


def test_a_model_is_needed(tmp_path: Path) -> None:
    done = llmcost("prices", "--cache", cwd=tmp_path)
    assert done.returncode == 2
    assert "--cache needs a model" in done.stderr


@pytest.mark.parametrize(
    ("provider", "model", "vendor"),
    [
        ("aws", "global.openai.gpt-5.6-sol", "OpenAI"),
        ("openrouter", "x-ai/grok-4.6", "xAI"),
        ("zai", "GLM-5.3", "Z.ai"),
        ("elsewhere", "novel-1", "unknown"),
        (None, "claude-opus-5", "Anthropic"),
    ],
)
def test_the_first_rule_that_matches_counts(provider: str | None, model: str, vendor: str) -> None:
    assert cache_rules.rule_of(provider, model, date(2026, 11, 29))["vendor"] == vendor


def test_a_rule_grows_old() -> None:
    rule = {"read_on": date(2026, 11, 2)}
    assert not cache_rules.is_stale(rule, date(2027, 1, 31))
    assert cache_rules.is_stale(rule, date(2027, 2, 1))


def test_old_rules_that_the_replay_follows_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [call(number, session_id="s") for number in range(3)]
    with ingested(tmp_path / "db", write(tmp_path / "log.jsonl", rows)) as (opened, _):
        assert not [note for note in simulate(opened, [parse("prompt-caching")], Scope()).notes if "days ago" in note]
        monkeypatch.setattr(cache_rules, "STALE_DAYS", -1)
        notes = simulate(opened, [parse("prompt-caching")], Scope()).notes
    assert any("the rules of Anthropic's cache were read on 2026-11-02" in note for note in notes)
