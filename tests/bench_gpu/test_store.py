"""bench-gpu from the command line, with the store around it."""

import json
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from tests.bench_gpu.fake_server import Behaviour, running
from tests.command import llmcost
from tests.logs import call, write

pytest.importorskip("httpx2", reason="the client needs the bench extra")

QUICK = ("--input-tokens", "12", "--output-tokens", "3", "--requests", "2", "--warm-up", "0", "--concurrency", "1,2")


def test_steps_are_kept_and_listed_with_their_dollars(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", [call(1), call(2)])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    with running() as server:
        done = llmcost("bench-gpu", "--endpoint", server.address, "--instance", "g4dn.xlarge", *QUICK, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    listed = json.loads(llmcost("bench-gpu", "--list", "--json", cwd=tmp_path).stdout)["measurements"]
    assert [row["concurrency"] for row in listed] == [1, 2]
    assert all(row["ok"] == 2 for row in listed)
    assert listed[0]["usd_per_hour"] == 0.526
    assert listed[0]["own_output_per_day"] == 200  # two logged calls of 100 tokens, on one day
    assert "llmcost-cli" in listed[0]["versions"]


def test_the_table_holds_every_figure_at_a_hundred_columns(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", [call(1), call(2)])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    turns = cycle(["cut", None])

    def fault(number: int, body: dict[str, Any]) -> str | None:
        return next(turns) if body.get("max_tokens") == 3 else None  # the trial asks for more

    options = ("--instance", "g4dn.xlarge", "--ttft-target-ms", "1000", "--gpu", "Tesla T4")
    with running(Behaviour(fault=fault)) as server:
        done = llmcost("bench-gpu", "--endpoint", server.address, *options, *QUICK, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for words in ("Tesla T4", "2 in flight", "12+3", "output/s", "TTFT p50", "TPOT p50", "E2E p99", "good", "cut",
                  "$ per million tokens", "own load on", "1 machine"):  # fmt: skip
        assert words in done.stdout
    assert "…" not in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 100


def test_a_store_that_cannot_be_written_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    with running() as server:
        done = llmcost("bench-gpu", "--endpoint", server.address, *QUICK, "--db", "no/folder", cwd=tmp_path)
        assert not server.asked
    assert done.returncode == 1
    assert "there is no folder no" in done.stderr
    assert "--db FILE" in done.stderr


def test_an_unknown_instance_is_a_usage_error(tmp_path: Path) -> None:
    done = llmcost("bench-gpu", "--endpoint", "http://127.0.0.1:9", "--instance", "g4dn.xlarg", *QUICK, cwd=tmp_path)
    assert done.returncode == 2
    assert "g4dn.xlarge" in done.stderr
