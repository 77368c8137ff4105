"""Which prompts are worth caching, worked out by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from llmcost.engine import access
from llmcost.reports.scope import Scope
from llmcost.what_ifs import cache_advice as module
from llmcost.what_ifs.cache_advice import prompt_lives
from llmcost.what_ifs.engine.step import parse
from llmcost.what_ifs.projection import simulate
from tests import logs
from tests.command import llmcost

TOOLS, SYSTEM = 3000, 5000
TOTAL = 6000


def calls(prompt: str, every_s: int, count: int = 20, **fields: Any) -> list[logs.Row]:
    """Calls of a prompt whose last 1,000 of 6,000 tokens vary; Claude Sonnet 4.6 costs 3 dollars a million of them."""
    return [
        logs.call(
            ts=logs.moment(number * every_s),
            request_id=f"{prompt}{number}",
            prompt_id=prompt,
            input_tokens=TOTAL,
            ttft_ms=500,
            prefix=[
                {"hash": "a" * 16, "tokens": TOOLS},
                {"hash": "b" * 16, "tokens": SYSTEM},
                {"hash": f"{number:016x}", "tokens": TOTAL},
            ],
            system_blocks=2,
            **{"model": "claude-sonnet-4-6"} | fields,
        )
        for number in range(count)
    ]


def lives(tmp_path: Path, rows: list[logs.Row]) -> dict[str, dict[str, Any]]:
    tmp_path.mkdir(exist_ok=True)
    with logs.ingested(tmp_path / "db", logs.write(tmp_path / "log.jsonl", rows)) as (store, _):
        return {row["prompt"]: row for row in prompt_lives(store.rows)}


def usd(read: int = 0, write_5m: int = 0, write_1h: int = 0, calls: int = 20) -> float:
    plain = calls * TOTAL - read - write_5m - write_1h
    return 3e-6 * (plain + 0.1 * read + 1.25 * write_5m + 2 * write_1h)


def test_each_way_to_cache_costs_what_it_costs(tmp_path: Path) -> None:
    row = lives(tmp_path, calls("often", 60))["often"]
    assert row["requests"] == 20
    assert row["uncached_usd"] == pytest.approx(usd())
    assert row["tools_5m_usd"] == pytest.approx(usd(read=19 * TOOLS, write_5m=TOOLS))
    assert row["system_5m_usd"] == pytest.approx(usd(read=19 * SYSTEM, write_5m=SYSTEM))
    assert row["system_1h_usd"] == pytest.approx(usd(read=19 * SYSTEM, write_1h=SYSTEM))
    assert row["explicit_5m_usd"] == pytest.approx(usd(read=19 * SYSTEM, write_5m=TOTAL + 19 * 1000))
    assert row["implicit_5m_usd"] == pytest.approx(usd(write_5m=20 * TOTAL)), "nobody reads what ends with a question"
    assert row["best"] == "system_5m"
    assert row["costs_money"] == ["implicit_5m", "implicit_1h"]
    assert row["saved_usd"] == pytest.approx(row["uncached_usd"] - row["system_5m_usd"])


def test_the_longer_life_pays_where_calls_are_further_apart(tmp_path: Path) -> None:
    row = lives(tmp_path, calls("hourly", 1200))["hourly"]
    assert row["best"] == "system_1h"
    assert row["costs_money"] == ["tools_5m", "system_5m", "implicit_5m", "implicit_1h", "explicit_5m"]


def test_a_prompt_that_no_cache_serves_is_named(tmp_path: Path) -> None:
    row = lives(tmp_path, calls("rare", 7200))["rare"]
    assert (row["best"], row["saved_usd"]) == ("none", 0)
    assert len(row["costs_money"]) == 8


def test_of_countless_prompts_the_most_expensive_have_a_recommendation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There may be as many as requests."""
    rows = [*calls("often", 60), *calls("seldom", 60, count=5), *calls("once", 60, count=1)]
    everything = lives(tmp_path / "all", rows)
    monkeypatch.setattr(module, "MOST", 2)
    assert lives(tmp_path / "few", rows) == {name: everything[name] for name in ("often", "seldom")}
    with logs.ingested(tmp_path / "db", logs.write(tmp_path / "log.jsonl", rows)) as (store, _):
        assert module.left_out(store.rows, "requests") == 1
        notes = simulate(store, [parse("prompt-caching")], Scope()).notes
        assert any("the 2 most expensive prompts, without 1 other" in note for note in notes)


def test_where_the_provider_leaves_no_choice(tmp_path: Path) -> None:
    automatic = calls("auto", 60, model="gpt-4o", provider="openai")
    unable = calls("unable", 60, model="gpt-4-turbo", provider="openai")
    found = lives(tmp_path, automatic + unable)
    assert found["auto"]["best"] == "automatic"
    assert "unable" not in found


def test_recorded_cache_use_is_no_argument(tmp_path: Path) -> None:
    """Advice for a prompt that is cached already is the same as for one that is not."""
    rows = calls("often", 60)
    (tmp_path / "cached").mkdir()
    cached = [row | {"input_tokens": 1000, "cache_read_tokens": SYSTEM} for row in rows]
    assert lives(tmp_path, rows) == lives(tmp_path / "cached", cached)


def test_a_large_log_is_judged_by_its_latest_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = calls("often", 60) + calls("rare", 7200)
    monkeypatch.setattr(module, "LATEST", 10)
    found = lives(tmp_path, rows)
    assert list(found) == ["rare"], "the last calls of the other are older"
    assert found["rare"]["requests"] == 10
    with access.reading(tmp_path / "db") as opened:
        notes = simulate(opened, [parse("prompt-caching")], Scope()).notes
    assert any("comes from the latest 10 requests" in note for note in notes)


def test_the_simulation_recommends_and_warns(tmp_path: Path) -> None:
    log = logs.write(tmp_path / "log.jsonl", calls("often", 60) + calls("[bold]rare", 7200))
    llmcost("ingest", log, cwd=tmp_path)
    words = ("simulate", "--what-if", "prompt-caching")
    [stage] = json.loads(llmcost(*words, "--format", "json", cwd=tmp_path).stdout)["stages"]
    assert {row["prompt"]: row["best"] for row in stage["prompts"]} == {"often": "system_5m", "[bold]rare": "none"}
    shown = llmcost(*words, "--details", cwd=tmp_path).stdout
    assert "after system, 5m" in shown
    assert "[bold]rare on claude-sonnet-4-6: every cache, from +$" in shown
    assert "cheapest cache" not in llmcost("simulate", "--what-if", "batch-api", "--details", cwd=tmp_path).stdout
