"""bench-gpu from the command line, with the store around it."""

import json
from pathlib import Path

import pytest

from tests.bench_gpu.fake_server import running
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


def test_an_unknown_instance_is_a_usage_error(tmp_path: Path) -> None:
    done = llmcost("bench-gpu", "--endpoint", "http://127.0.0.1:9", "--instance", "g4dn.xlarg", *QUICK, cwd=tmp_path)
    assert done.returncode == 2
    assert "g4dn.xlarge" in done.stderr
