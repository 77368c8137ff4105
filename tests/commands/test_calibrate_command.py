"""`llmcost calibrate` at the command line: a recorded run, stored measurements, and what is missing."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from llmcost.engine import access
from llmcost.self_hosting import calibrations
from llmcost.self_hosting.replay import Engine, Traffic, replay
from llmcost.self_hosting.timing import IterationTime
from tests.command import llmcost

TRUE = IterationTime(0.003, 0.02, 1.4e-4, 2.2e-7, 5e-9)
NAME = "l4 mistral-7b awq"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of a server whose times are known, recorded as vLLM would."""
    random = np.random.default_rng(2)
    sent = Traffic(np.cumsum(random.exponential(0.5, 60)), random.integers(50, 900, 60), random.integers(2, 200, 60))
    served = replay(sent, Engine(kv_blocks=2000), TRUE)
    requests = tmp_path / "l4_requests.jsonl"
    requests.write_text("".join(
        json.dumps({"request_id": f"r{n}", "input_toks": int(sent.prompt_tokens[n]),
                    "output_toks": int(sent.output_tokens[n]), "arrival_time": 1.79e9 + sent.arrival_s[n],
                    "queued_ts": 7 + served.taken_s[n], "scheduled_ts": 7 + served.scheduled_s[n],
                    "first_token_ts": 7 + served.first_token_s[n], "last_token_ts": 7 + served.last_token_s[n]}) + "\n"
        for n in range(60)
    ))  # fmt: skip
    (tmp_path / "l4_meta.json").write_text(json.dumps({
        "model": "mistralai/Mistral-7B-v0.3", "kv_cache": {"num_gpu_blocks": 2001},
        "hardware": {"device_name": "NVIDIA L4"}, "engine_kwargs": {"quantization": "awq"},
    }))  # fmt: skip
    return requests


def test_a_recorded_run_is_fitted_and_kept(run: Path) -> None:
    done = llmcost("calibrate", run.name, cwd=run.parent)
    assert done.returncode == 0, done.stderr
    for words in (NAME, "per_kv_token_s", "mean TPOT", "held back", "fit to the times of its first 20 requests"):
        assert words in " ".join(done.stdout.split())
    assert "Written to llmcost.toml" in done.stdout
    kept = calibrations.load(run.parent / "llmcost.toml")[-1]
    assert kept.name == NAME
    # at a light load the cache's bytes and the weights' cannot be told apart to the last percent
    assert kept.time.fixed_s + kept.time.weights_s == pytest.approx(TRUE.fixed_s + TRUE.weights_s, rel=0.05)
    assert llmcost("calibrate", run.name, cwd=run.parent).returncode == 0, "a second time it is replaced"


def test_kv_blocks_that_a_run_does_not_record_are_given_or_computed(run: Path) -> None:
    meta = run.parent / "l4_meta.json"
    known = json.loads(meta.read_text()) | {"kv_cache": {}}
    meta.write_text(json.dumps(known))
    words = ("calibrate", run.name, "--dry-run", "--first", "20")
    computed = llmcost(*words, cwd=run.parent)
    assert computed.returncode == 0, computed.stderr
    assert "KV blocks its server had: " in computed.stderr
    assert "computed from its GPU's memory" in " ".join(computed.stderr.split())
    given = llmcost(*words, "--kv-blocks", "2001", cwd=run.parent)
    assert given.returncode == 0, given.stderr
    assert "computed" not in given.stderr
    meta.write_text(json.dumps(known | {"hardware": {"device_name": "a GPU of ours"}}))
    unknown = llmcost(*words, cwd=run.parent)
    assert unknown.returncode == 1
    assert "--kv-blocks N" in unknown.stderr


def test_what_is_written_for_programs(run: Path) -> None:
    words = ("calibrate", run.name, "--dry-run", "--first", "20")
    document = json.loads(llmcost(*words, "--format", "json", cwd=run.parent).stdout)
    [made] = document["calibrations"]
    assert (document["written_to"], document["not_calibrated"]) == (None, [])
    assert not (run.parent / "llmcost.toml").exists()
    assert made["name"] == NAME
    assert made["source"].endswith("fitted to the first 20")
    assert made["iteration_time"]["weights_s"] > 0
    assert {check["metric"] for check in made["checks"]} >= {"mean TTFT", "mean TPOT", "p99 latency", "makespan"}
    assert all(abs(check["held_back_error"]) < 0.04 for check in made["checks"])
    (run.parent / "llmcost.toml").write_text(made["toml"])
    assert calibrations.load(run.parent / "llmcost.toml")[-1].name == NAME
    rows = list(csv.DictReader(io.StringIO(llmcost(*words, "--format", "csv", cwd=run.parent).stdout)))
    assert [row["metric"] for row in rows] == [check["metric"] for check in made["checks"]]


def test_stored_measurements_are_fitted(tmp_path: Path) -> None:
    db = tmp_path / "llmcost.duckdb"
    with access.writing(db) as opened:
        for batch in (1, 8, 32):
            decode_s = TRUE.fixed_s + max(TRUE.weights_s, TRUE.per_token_s * batch) + TRUE.per_kv_token_s * batch * 550
            prefill_s = TRUE.fixed_s + (TRUE.per_token_s + TRUE.per_chunk_context_s * 250.5) * batch * 500
            needed = opened.rows(
                "select column_name as name, data_type as type from duckdb_columns()"
                " where table_name = 'measurements' and not is_nullable"
            )
            row = {column["name"]: "x" if column["type"] == "VARCHAR" else 0 for column in needed} | {
                "measurement_id": str(batch), "ts": "2026-11-02 10:00:00", "engine": "torch", "load": "static",
                "model": "mistral-7b", "gpu": "Tesla T4", "gpus": 1, "quantization": "awq", "concurrency": batch,
                "input_tokens_asked": 500, "output_tokens_asked": 100, "ok": batch,
                "prefill_tokens_per_s": batch * 500 / prefill_s, "decode_tokens_per_s": batch / decode_s,
            }  # fmt: skip
            names = ", ".join(row)
            opened.execute(f"insert into measurements ({names}) values ({', '.join('$' + name for name in row)})", row)
    done = llmcost("calibrate", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for words in ("t4 mistral-7b awq", "batch of 32, 500+100 tokens", "the best case"):
        assert words in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ([], 1, "there is no store"),
        (["nothing.jsonl"], 2, "settings are not next to nothing.jsonl"),
        (["nothing.jsonl", "--settings", "nothing.json"], 1, "nothing.jsonl cannot be read"),
        (["--first", "3"], 2, "need a recorded run"),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, words: list[str], status: int, message: str) -> None:
    done = llmcost("calibrate", *words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (status, "")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) <= 2


def test_a_store_without_measurements(tmp_path: Path) -> None:
    with access.writing(tmp_path / "llmcost.duckdb"):
        pass
    done = llmcost("calibrate", cwd=tmp_path)
    assert done.returncode == 1
    assert "no measurement was made on a GPU" in done.stderr
    assert "llmcost bench-gpu" in done.stderr
