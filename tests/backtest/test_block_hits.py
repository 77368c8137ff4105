"""The backtest of block hits: what a trace shows was sent before, and what the replay of a prompt cache reads."""

import json
from pathlib import Path
from typing import Any

from llmcost.backtest.replays import block_hits
from tests import logs
from tests.command import llmcost

HOUR_MS = 3_600_000


def trace(folder: Path, *prompts: tuple[int, list[int]]) -> Path:
    """A trace of these requests: when, in milliseconds, and the numbers of the prompt's blocks, the last one short."""
    return logs.write(
        folder / "trace.jsonl",
        [
            {"timestamp": at, "input_length": 512 * len(ids) - 100, "output_length": 10, "hash_ids": ids}
            for at, ids in prompts
        ],
    )


def backtest(folder: Path, log: Path) -> dict[str, Any]:
    with logs.ingested(folder / "db", log) as (store, _):
        result = block_hits.backtest(store.arrow)
    assert result is not None
    return result


def blocks(found: dict[str, Any]) -> tuple[int, int, int, int]:
    return found["blocks"], found["predicted_blocks"], found["low_blocks"], found["actual_blocks"]


def test_blocks_that_were_sent_before(tmp_path: Path) -> None:
    log = trace(
        tmp_path,
        (0, [0, 1, 2]),
        (5_000, [0, 1, 3]),  # two again
        (5_000 + 30 * HOUR_MS, [0, 1, 3, 4]),  # three again, after any life that a provider offers
        (5_001 + 30 * HOUR_MS, [9]),
        (5_002 + 30 * HOUR_MS, [9]),  # one again, shorter than a block, while the first may not have been answered
    )
    found = backtest(tmp_path, log)
    assert blocks(found) == (12, 6, 5, 6)
    assert (found["error_share"], found["predicted_share"], found["requests"]) == (0.0, 0.5, 5)
    assert found["predicted_usd"] is found["actual_usd"] is None, "a trace has no bill"
    assert [(row["model"], blocks(row)) for row in found["by_model"]] == [("claude-haiku-4-5", (12, 6, 5, 6))]


def test_it_can_be_wrong(tmp_path: Path) -> None:
    """A trace whose numbers stand for blocks alone, not for all up to them, has hits that no prefix has."""
    found = backtest(tmp_path, trace(tmp_path, (0, [0, 1]), (9_000, [5, 1]), (18_000, [7, 1, 8])))
    assert blocks(found) == (7, 4, 4, 2)
    assert found["error_share"] == 1.0


def test_other_logs_have_no_blocks_of_a_cache(tmp_path: Path) -> None:
    with logs.ingested(tmp_path / "db", logs.write(tmp_path / "log.jsonl", [logs.call(1)])) as (store, _):
        assert block_hits.backtest(store.arrow) is None


def test_what_is_printed(tmp_path: Path) -> None:
    trace(tmp_path, (0, [0, 1, 2]), (100, [0, 1, 3]))
    assert llmcost("ingest", "trace.jsonl", cwd=tmp_path).returncode == 0
    table = llmcost("backtest", cwd=tmp_path).stdout
    assert "block-hits" in table
    assert "2 blocks (33.33%)" in table
    for what_if, shown in (("prompt-caching", ["block-hits"]), ("token-caps", [])):
        done = llmcost("simulate", "--what-if", what_if, "--format", "json", cwd=tmp_path)
        assert list(json.loads(done.stdout)["backtest"] or []) == shown
    said = llmcost("simulate", "--what-if", "prompt-caching", "--details", cwd=tmp_path).stdout
    assert "block-hits: predicted 2 blocks (33.33%) (range 0 to 2), actual 2 blocks (33.33%), error +0.0%" in said
    columns, row, _ = llmcost("backtest", "--format", "csv", cwd=tmp_path).stdout.splitlines()
    assert dict(zip(columns.split(","), row.split(","), strict=True))["predicted_blocks"] == "2"


def test_together_with_replays_in_dollars(tmp_path: Path) -> None:
    trace(tmp_path, (0, [0, 1, 2]), (100, [0, 1, 3]))
    logs.write(tmp_path / "log.jsonl", [logs.call(1, cost_logged_usd=0.001)])
    assert llmcost("ingest", "trace.jsonl", "log.jsonl", cwd=tmp_path).returncode == 0
    done = llmcost("backtest", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 blocks (33.33%)" in done.stdout
    assert "$0.0010" in done.stdout


def test_a_production_trace(shared_data: Path, tmp_path: Path) -> None:
    """36.64% of the blocks were seen before."""
    found = backtest(tmp_path, shared_data / "mooncake_conversation_trace.jsonl")
    assert blocks(found) == (288_500, 105_710, 105_700, 105_710)
    assert round(100 * found["predicted_share"], 2) == 36.64
