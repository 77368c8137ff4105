"""Each prompt's cheapest placement as the setting to paste."""

import json
from pathlib import Path
from typing import Any

import pytest

from llmcost.prices import cache_rules
from tests import logs
from tests.command import llmcost
from tests.what_ifs.test_cache_advice import calls


@pytest.mark.parametrize(
    ("provider", "model", "breakpoints", "paste", "put_at"),
    [
        # platform.claude.com: `cache_control` on a block, or at the top level for automatic caching
        ("anthropic", "claude-opus-5-5", "system", {"cache_control": {"type": "ephemeral"}}, "last block of system"),
        ("anthropic", "claude-opus-5-5", "implicit", {"cache_control": {"type": "ephemeral"}}, "top level"),
        ("aws", "anthropic.claude-opus-5-5", "tools", {"cachePoint": {"type": "default"}}, "toolConfig.tools"),
        ("aws", "amazon.nova-pro-v1:0", "system", {"cachePoint": {"type": "default"}}, "system"),
        # forum.moonshot.ai: the life alone is chosen, for the whole prompt
        ("moonshotai", "kimi-k3", "implicit", {"prompt_cache_options": {"ttl": "5m"}}, "top level"),
        # alibabacloud.com: `cache_control` on a content block; platform.minimax.io: the same, on tools too
        ("openrouter", "qwen/qwen3.7-max", "system", {"cache_control": {"type": "ephemeral"}}, "system message"),
        ("dashscope", "qwen3-max", "explicit", {"cache_control": {"type": "ephemeral"}}, "last two messages"),
        ("minimax", "MiniMax-M2.7", "tools", {"cache_control": {"type": "ephemeral"}}, "last tool"),
        # developers.openai.com: implicit by default; breakpoints on content blocks, not on tools
        ("openai", "gpt-6.1-sol", "implicit", {"prompt_cache_options": {"mode": "implicit"}}, "default"),
        ("openai", "gpt-5.6-sol", "explicit", {"prompt_cache_breakpoint": {"mode": "explicit"}}, "developer messages"),
        (
            "openai",
            "gpt-5.6-sol",
            "system",
            {"prompt_cache_options": {"mode": "explicit"}, "prompt_cache_breakpoint": {"mode": "explicit"}},
            "developer messages",
        ),
    ],
)
def test_each_vendor_s_setting(provider: str, model: str, breakpoints: str, paste: Any, put_at: str) -> None:
    found = cache_rules.setting(provider, model, breakpoints)
    assert found is not None
    assert json.loads(f"{{{found['paste_5m']}}}") == paste
    assert put_at in found["put_at"]
    asks_for_an_hour = '"ttl": "1h"' in found["paste_1h"]
    assert asks_for_an_hour == ("claude" in model or "kimi" in model)


@pytest.mark.parametrize(
    ("provider", "model", "breakpoints"),
    [("openai", "gpt-4o", "implicit"), ("google", "gemini-2.5-pro", "system"), ("openai", "gpt-5.6", "tools")],
)
def test_where_nothing_can_be_set(provider: str, model: str, breakpoints: str) -> None:
    assert cache_rules.setting(provider, model, breakpoints) is None


def test_best_prints_what_to_paste(tmp_path: Path) -> None:
    log = calls("often", 60) + calls("[bold]too", 60) + calls("rare", 7200)
    llmcost("ingest", logs.write(tmp_path / "log.jsonl", log), cwd=tmp_path)
    words = ("simulate", "--what-if", "prompt-caching:breakpoints=best")
    shown = " ".join(llmcost(*words, cwd=tmp_path).stdout.split())
    assert "Settings to paste" in shown
    assert '"cache_control": {"type": "ephemeral"} on the last block of system, for' in shown
    assert "[bold]too on claude-sonnet-4-6" in shown
    [stage] = json.loads(llmcost(*words, "--format", "json", cwd=tmp_path).stdout)["stages"]
    settings = {row["prompt"]: row["setting"] for row in stage["prompts"]}
    assert settings["often"] == '"cache_control": {"type": "ephemeral"}'
    assert settings["rare"] is None, "no cache is the cheapest"


def test_gpt_5_6_is_never_told_to_mark_its_tools(tmp_path: Path) -> None:
    """OpenAI's breakpoints stand on content blocks: tools that alone are shared are not an entry."""
    rows = [
        row | {"prefix": [row["prefix"][0], {"hash": f"s{n}", "tokens": 5000}, *row["prefix"][2:]]}
        for n, row in enumerate(calls("often", 60, model="gpt-5.6-sol", provider="openai"))
    ]
    llmcost("ingest", logs.write(tmp_path / "log.jsonl", rows), cwd=tmp_path)
    words = ("simulate", "--what-if", "prompt-caching:breakpoints=best", "--format", "json")
    [stage] = json.loads(llmcost(*words, cwd=tmp_path).stdout)["stages"]
    assert [row["best"] for row in stage["prompts"]] == ["none"]
    assert stage["saved_usd"] == 0


@pytest.mark.parametrize(("every_s", "ttl"), [(60, "5m"), (900, "1h")])
def test_where_no_placement_matters_the_life_alone_is_set(tmp_path: Path, every_s: int, ttl: str) -> None:
    """Kimi K3 caches whole chunks wherever they end; a request only says for how long."""
    log = calls("often", every_s, model="kimi-k3", provider="moonshotai")
    llmcost("ingest", logs.write(tmp_path / "log.jsonl", log), cwd=tmp_path)
    words = ("simulate", "--what-if", "prompt-caching:breakpoints=best,ttl=auto", "--format", "json")
    [stage] = json.loads(llmcost(*words, cwd=tmp_path).stdout)["stages"]
    [row] = stage["prompts"]
    assert (row["best"], row["setting"]) == (f"implicit_{ttl}", f'"prompt_cache_options": {{"ttl": "{ttl}"}}')


def test_what_is_never_read_is_not_written_even_where_writes_are_free(tmp_path: Path) -> None:
    """Amazon Nova's writes cost what input does."""
    log = calls("rare", 7200, model="amazon.nova-pro-v1:0", provider="aws")
    llmcost("ingest", logs.write(tmp_path / "log.jsonl", log), cwd=tmp_path)
    words = ("simulate", "--what-if", "prompt-caching:breakpoints=best", "--format", "json")
    said = json.loads(llmcost(*words, cwd=tmp_path).stdout)
    assert said["stages"][0]["effects"]["cache_write_tokens"] == 0
    assert any("changes nothing" in note for note in said["notes"])
