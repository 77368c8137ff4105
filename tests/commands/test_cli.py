"""The command line as a person meets it: what it prints, and how it fails."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import Done, llmcost
from tests.logs import Row, call, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a log, read into a store."""
    write(tmp_path / "log.jsonl", [call(1), call(2, feature="search"), call(3, model="home-grown-7b")])
    done = llmcost("ingest", "log.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


def failed(done: Done, status: int, *parts: str) -> None:
    """It failed as a person can use: one line of what, one of what to do, nothing on stdout."""
    assert done.returncode == status, done
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 2, lines
    assert lines[0].startswith("error: ")
    assert lines[1].startswith("hint: ")
    for part in parts:
        assert part in done.stderr


def test_ingest_json(folder: Path) -> None:
    write(folder / "more.jsonl", [call(3, model="home-grown-7b"), call(4), "{broken", '{"msg": "started"}'])
    done = json.loads(llmcost("ingest", "more.jsonl", "--json", cwd=folder).stdout)
    assert {name: done[name] for name in ("files", "lines", "requests", "duplicates", "no_call", "rejects")} == {
        "files": 1, "lines": 4, "requests": 1, "duplicates": 1, "no_call": 1, "rejects": 1,
    }  # fmt: skip
    assert done["formats"]["llmcost"]["requests"] == 1


def test_report_json(folder: Path) -> None:
    done = json.loads(llmcost("report", "--by", "feature", "--format", "json", cwd=folder).stdout)
    assert set(done) == {"rows", "total", "notes", "assumptions", "provenance", "timezone"}
    columns = {
        "feature", "requests", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "cost_usd",
        "cost_share", "unpriced_requests", "fees_usd", "cost_per_request_usd", "prompt_tokens_per_request",
        "output_tokens_per_request",
    }  # fmt: skip
    assert all(set(row) == columns for row in done["rows"])
    assert {row["feature"]: row["requests"] for row in done["rows"]} == {"unattributed": 2, "search": 1}
    assert done["total"]["requests"] == 3
    assert done["total"]["unpriced_requests"] == 1
    # claude-haiku-4-5 is $1 and $5 per million tokens
    assert done["total"]["cost_usd"] == pytest.approx(2 * (1000 * 1 + 100 * 5) / 1e6, abs=1e-12)
    assert any("home-grown-7b" in note for note in done["notes"])


def test_simulate_json(folder: Path) -> None:
    words = ("simulate", "--what-if", "routing", "--what-if", "prompt-caching:ttl=1h", "--format", "json")
    done = json.loads(llmcost(*words, cwd=folder).stdout)
    assert {"baseline", "stages", "result", "backtest", "assumptions", "notes"} <= set(done)
    assert set(done["baseline"]) == {"requests", "cost_usd"}
    assert [stage["what_if"] for stage in done["stages"]] == ["routing", "prompt-caching"]
    assert {"what_if", "params", "cost_usd", "saved_usd", "saved_share"} <= set(done["stages"][0])
    assert done["stages"][1]["params"]["ttl"] == "1h"
    assert set(done["result"]) == {
        "requests", "cost_usd", "saved_usd", "saved_share", "saved_is_upper_bound", "saved_with_the_same_answers_usd",
        "saved_low_usd", "saved_high_usd", "traffic_low_usd", "traffic_high_usd",
    }  # fmt: skip
    saved = sum(stage["saved_usd"] for stage in done["stages"] if stage["projected"])
    assert done["result"]["saved_usd"] == pytest.approx(saved, abs=1e-12)


@pytest.mark.parametrize(
    ("words", "status", "part"),
    [
        (("ingest", "nowhere"), 1, "nowhere"),
        (("ingest", "empty.jsonl"), 1, "empty"),
        (("ingest", "folder-without-logs"), 1, "no log"),
        (("ingest", "binary.jsonl"), 1, "binary file"),
        (("ingest", "other.jsonl"), 1, "claude-code"),
        (("ingest", "log.jsonl", "--format", "claude"), 2, "claude-code"),
        (("ingest", "log.jsonl", "--db", "nowhere/llmcost.duckdb"), 1, "nowhere"),
        (("ingest", "log.jsonl", "--db", "garbage.duckdb"), 1, "not an llmcost store"),
        (("ingest", "log.jsonl", "--db", "other.duckdb"), 1, "another program"),
        (("report", "--db", "nowhere.duckdb"), 1, "llmcost ingest"),
        (("report", "--db", "other.duckdb"), 1, "another program"),
        (("report", "--by", "featur"), 2, "feature"),
        (("report", "--by", "feature", "--sort", "dollars"), 2, "cost_usd"),
        (("report", "--sort", "requests"), 2, "--by"),
        (("report", "--top", "3"), 2, "--by"),
        (("report", "--logged", "--by", "model"), 2, "--by"),
        (("report", "--by", "model", "--top", "none"), 2, "--top"),
        (("report", "--format", "pdf"), 2, "'markdown'"),
        (("report", "--fromat", "json"), 2, "--format"),
        (("report", "monthly"), 2, "--by month"),
        (("report", "model"), 2, "--by model"),
        (("report", "nowhere"), 1, "nowhere"),
        (("ingest",), 2, "llmcost ingest --help"),
        (("reprot",), 2, "report"),
        (("report", "--since", "monday"), 2, "2026-08-01"),
        (("report", "--since", "2026-11-05", "--until", "2026-11-01"), 2, "not before"),
        (("report", "--format", "json", "-o", "nowhere/report.json"), 1, "cannot be written"),
        (("simulate",), 2, "--list"),
        (("simulate", "--what-if", "promt-caching"), 2, "prompt-caching"),
        (("simulate", "--what-if", "routing:smal=x"), 2, "small"),
        (("simulate", "--what-if", "routing:small_below=low"), 2, "number"),
        (("simulate", "--what-if", "routing:small=claude-haiku-45x"), 2, "claude-haiku-4-5"),
        (("simulate", "--what-if", "prompt-caching:ttl=2m"), 2, "5m"),
        (("simulate", "--what-if", "routing", "--since", "2030-01-01"), 1, "no requests"),
    ],
)
def test_bad_input_is_one_clear_line(folder: Path, words: tuple[str, ...], status: int, part: str) -> None:
    (folder / "empty.jsonl").touch()
    (folder / "folder-without-logs").mkdir()
    (folder / "folder-without-logs" / "README").write_text("nothing here\n")
    (folder / "binary.jsonl").write_bytes(bytes(range(256)) * 10)
    (folder / "other.jsonl").write_text('{"x": 1}\n')
    (folder / "garbage.duckdb").write_text("garbage\n" * 100)
    import duckdb

    duckdb.connect(str(folder / "other.duckdb")).execute("create table t (a integer)").close()
    failed(llmcost(*words, cwd=folder), status, part)


def test_a_store_in_use_says_so(folder: Path) -> None:
    hold = "import duckdb, sys; c = duckdb.connect('llmcost.duckdb'); print('held', flush=True); sys.stdin.read()"
    holder = subprocess.Popen([sys.executable, "-c", hold], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        failed(llmcost("report", cwd=folder), 1, "in use by another process")
    finally:
        holder.communicate()


@pytest.mark.skipif(os.geteuid() == 0, reason="to the superuser no folder is read-only")
def test_a_read_only_folder_says_so(folder: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    failed(llmcost("ingest", "../log.jsonl", cwd=closed), 1, "no permission")


HOSTILE = ["[bold red]x[/]", "\x1b[31mred\x1b[0m", "\x9b31mred", "=1+1", "<script>alert(1)</script>",
           "'; drop table requests; --", "a|b\nc", "x" * 10_000, "\u202ertl", "$key", "{k0}"]  # fmt: skip


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
def test_hostile_names_are_shown_and_nothing_else(tmp_path: Path, form: str) -> None:
    rows: list[Row | str] = [call(n, feature=name, model=name, prompt_id=name) for n, name in enumerate(HOSTILE)]
    write(tmp_path / "log.jsonl", rows)
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    done = llmcost("report", "--by", "feature,model", "--format", form, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert not {"\u202e", "\x9b"} & set(done.stdout)
    if form == "json":
        assert {row["feature"] for row in json.loads(done.stdout)["rows"]} == set(HOSTILE)
    if form == "csv":
        assert "\n=1" not in done.stdout
    overview = llmcost("report", cwd=tmp_path)
    assert overview.returncode == 0
    assert "\x1b" not in overview.stdout


def test_standard_input(tmp_path: Path) -> None:
    done = llmcost("ingest", "-", "--json", cwd=tmp_path, stdin=json.dumps(call(1)) + "\n")
    assert json.loads(done.stdout)["requests"] == 1


def test_as_a_module_in_a_process_of_its_own(folder: Path) -> None:
    command = [sys.executable, "-m", "llmcost", "report"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=True)
    assert "home-grown-7b" in done.stdout


def test_no_colour_in_a_pipe_and_the_store_from_the_environment(folder: Path) -> None:
    (folder / "llmcost.duckdb").rename(folder / "elsewhere.duckdb")
    done = llmcost("report", cwd=folder, LLMCOST_DB="elsewhere.duckdb")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout


def test_top_adds_up_what_it_leaves_out(folder: Path) -> None:
    words = ("report", "--by", "model,feature", "--top", "1", "--format", "json")
    done = json.loads(llmcost(*words, cwd=folder).stdout)
    assert len(done["rows"]) == 2
    assert sum(row["requests"] for row in done["rows"]) == done["total"]["requests"]
    assert sum(row["cost_usd"] or 0 for row in done["rows"]) == pytest.approx(done["total"]["cost_usd"])


def test_top_shows_the_most_expensive_days_unless_sorted_by_them(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", [call(n, ts=f"2026-11-0{n}T10:00:00Z", input_tokens=100 * n) for n in range(1, 5)])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    for words, days in (((), ["2026-11-04", "2026-11-03"]), (("--sort", "day"), ["2026-11-01", "2026-11-02"])):
        done = llmcost("report", "--by", "day", "--top", "2", *words, "--format", "json", cwd=tmp_path)
        assert [row["day"] for row in json.loads(done.stdout)["rows"]][:2] == days


def test_what_has_no_time_was_spent_on_no_day(tmp_path: Path) -> None:
    # claude-haiku-4-5 at 1,000 in and 100 out costs $0.0015
    write(tmp_path / "log.jsonl", [call(1), call(2) | {"ts": None}])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    assert "$0.0015 on average (1 day)" in llmcost("report", cwd=tmp_path).stdout


def test_logged_costs_next_to_computed_ones(tmp_path: Path) -> None:
    # claude-haiku-4-5 at 1,000 in and 100 out costs $0.0015
    fair = [call(n, cost_logged_usd=0.0015) for n in range(5)]
    half = [call(10 + n, model="claude-opus-4-7", cost_logged_usd=0.00375) for n in range(5)]
    outlier = [call(20 + n, model="gpt-4o", cost_logged_usd=9000 if n == 3 else 0.0035) for n in range(5)]
    write(tmp_path / "log.jsonl", [*fair, *half, *outlier])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    rows = json.loads(llmcost("report", "--logged", "--format", "json", cwd=tmp_path).stdout)["rows"]
    reasons = {row["model"]: row["reason"] for row in rows}
    assert "agree" in reasons["claude-haiku-4-5"]
    assert "0.5 times the price" in reasons["claude-opus-4-7"]
    assert "req_23" in reasons["gpt-4o"]
    assert rows[0]["difference_usd"] == pytest.approx(9000 - 0.0035)
