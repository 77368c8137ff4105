"""`llmcost report PATH` reads what is new under the path, then reports: the same as an ingest and a report."""

import json
from pathlib import Path

from tests.command import llmcost
from tests.logs import call, write


def test_it_is_an_ingest_and_a_report(tmp_path: Path) -> None:
    write(tmp_path / "logs" / "a.jsonl", [call(number) for number in range(5)])
    done = llmcost("report", "logs", "--by", "model", "--format", "json", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == "5 new requests in llmcost.duckdb\n"
    (tmp_path / "llmcost.duckdb").rename(tmp_path / "one.duckdb")
    llmcost("ingest", "logs", cwd=tmp_path)
    after = llmcost("report", "--by", "model", "--format", "json", cwd=tmp_path)
    assert json.loads(done.stdout) == json.loads(after.stdout)


def test_only_what_is_new_is_read(tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [call(1)])
    llmcost("report", "a.jsonl", cwd=tmp_path)
    with log.open("a") as more:
        more.write(json.dumps(call(2)) + "\nno call\n")
    done = llmcost("report", "a.jsonl", "--by", "model", "--format", "json", cwd=tmp_path)
    assert done.stderr == "1 new request in llmcost.duckdb, 1 line could not be read: llmcost rejects\n"
    assert json.loads(done.stdout)["total"]["requests"] == 2


def test_a_path_that_is_not_there_leaves_no_store(tmp_path: Path) -> None:
    done = llmcost("report", "nowhere.jsonl", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "nowhere.jsonl" in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_report_never_replaces_a_log_that_it_reads(tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [call(1)])
    before = log.read_bytes()
    done = llmcost("report", "a.jsonl", "--format", "json", "-o", "a.jsonl", cwd=tmp_path)
    assert done.returncode == 1
    assert log.read_bytes() == before
