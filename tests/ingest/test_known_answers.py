"""Public logs whose token counts are known beforehand."""

import json
from pathlib import Path

import pytest

from llmcost.reports import cautions
from llmcost.reports.scope import Scope
from tests.command import llmcost
from tests.logs import ingested, totals


def test_claude_code_session(shared_data: Path, store_path: Path) -> None:
    with ingested(store_path, shared_data / "claude_code_session.jsonl") as (store, account):
        assert totals(store) == {
            "calls": 100, "input": 2016, "output": 64_185, "cache_read": 10_172_221, "cache_write_5m": 622_125,
            "cache_write_1h": 0, "web_searches": 0,
        }  # fmt: skip
        assert account.formats["claude-code"]["lines"] == 536
        assert account.total("duplicates") == 326 - 100


def test_claude_code_usage(shared_data: Path, store_path: Path) -> None:
    with ingested(store_path, shared_data / "claude_code_usage.jsonl.gz") as (store, account):
        assert totals(store) == {
            "calls": 6148, "input": 194_824, "output": 1_469_374, "cache_read": 664_395_121,
            "cache_write_5m": 10_497_915, "cache_write_1h": 12_634_537, "web_searches": 0,
        }  # fmt: skip
        assert account.total("no_call") == 12  # <synthetic>
        partial = [note for note in cautions.notes(store, Scope()) if "understated" in note]
        assert len(partial) == 1


def test_aider(shared_data: Path, store_path: Path) -> None:
    with ingested(store_path, shared_data / "aider_message_send.jsonl") as (store, account):
        assert account.total("requests") == 3605
        logged = store.value("select round(sum(cost_logged_usd), 2) from requests")
        assert logged == 10_119.73
        outliers = [note for note in cautions.notes(store, Scope()) if note.startswith("outlier")]
        assert len(outliers) == 1
        assert "$9,990.01" in outliers[0]
        assert "10,023 tokens in" in outliers[0]


def test_recorded_cache_use_is_predicted(shared_data: Path, tmp_path: Path) -> None:
    log = shared_data / "claude_code_usage.jsonl.gz"
    assert llmcost("ingest", log, cwd=tmp_path).returncode == 0
    document = json.loads(llmcost("simulate", "--what-if", "prompt-caching", "--format", "json", cwd=tmp_path).stdout)
    found = document["backtest"]["prompt-caching"]
    assert abs(found["error_share"]) < 0.02
    for part in [found, *(row for row in found["by_model"] if row["requests"] > 500)]:
        assert part["low_usd"] <= part["actual_usd"] <= part["high_usd"]
    assert document["result"]["saved_usd"] == 0  # it caches already: the baseline keeps the truth
    audited = json.loads(llmcost("backtest", "--format", "json", cwd=tmp_path).stdout)["prompt-caching"]
    assert audited["predicted_usd"] == pytest.approx(found["predicted_usd"])


@pytest.mark.parametrize(
    "name", ["claude_code_session.jsonl", "claude_code_usage.jsonl.gz", "aider_message_send.jsonl"]
)
def test_simulate_runs(shared_data: Path, tmp_path: Path, name: str) -> None:
    assert llmcost("ingest", shared_data / name, cwd=tmp_path).returncode == 0
    words = ("simulate", "--what-if", "routing", "--what-if", "prompt-caching", "--by", "model")
    done = llmcost(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "together" in done.stdout
