"""A cluster's tasks read logs into the lake that one machine writes, also when a worker dies: on processes of our own.

Each question is asked in a process of its own, since a process has one session of Spark's.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyarrow import fs

from llmcost.engine import access, lake
from llmcost.engine.spark import tasks
from llmcost.errors import LlmcostError
from llmcost.library import cluster as ask
from llmcost.reports import export
from llmcost.reports.scope import Scope
from tests.cases import SAMPLES
from tests.command import llmcost
from tests.engine import clusters
from tests.logs import Row, call, write

clusters.needed()

SHARED_OUT = """
import sys
from llmcost import session
from llmcost.engine.spark import start
from llmcost.library import cluster
master, to, *paths = sys.argv[1:]
planned = cluster.plan(paths, to, share_bytes=500_000)
with session.on_cluster(start.Given(master)) as (spark, tell):
    account = cluster.ingest(spark, planned, tell)
print(len(planned.shares), account.total("lines"))
"""
"""Reads logs as the command does, in shares so small that the sample logs are several."""

SUBMITTED = "from llmcost.__main__ import main; main()"


def asked(folder: Path, *words: str) -> "subprocess.Popen[str]":
    settings = clusters.environment(folder)
    return subprocess.Popen(words, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def answer(process: "subprocess.Popen[str]") -> str:
    """What a process said, which nothing kept from it."""
    out, err = process.communicate(timeout=600)
    assert (process.returncode, err) == (0, "")
    return out


def contents(address: Path) -> dict[str, Any]:
    """What a lake holds, whoever has read its logs: the files of its requests to the byte, and its other tables."""
    found = lake.find(str(address))
    with lake.reading(found) as opened:
        sources = {row["source_id"]: row["path"] for row in opened.rows("select source_id, path from sources")}
        tables = {
            name: sorted(
                json.dumps(
                    {key: sources.get(value) if key == "source_id" else value for key, value in row.items()},
                    default=str,
                )
                for row in opened.rows(f"from {name}")
            )
            for name in ("sources", "skipped", "rejects", "models", "ruled", "texts", "prices")
        }
        [account] = opened.rows("select sum(lines), sum(requests), sum(duplicates), sum(no_call) from ledger")
    return {**tables, "account": account, "files": found.manifest["files"], "cost_usd": found.manifest["cost_usd"]}


@pytest.fixture(scope="module")
def expected(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The lake of the sample logs that one machine writes."""
    to = tmp_path_factory.mktemp("expected") / "lake"
    with access.reading(samples) as opened:
        export.export(opened, Scope(), str(to), lake.FORMAT)
    return contents(to)


@pytest.fixture(scope="module")
def standalone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[clusters.Cluster]:
    with clusters.standalone(tmp_path_factory.mktemp("standalone")) as made:
        yield made


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    write(folder / "a.jsonl", [call(number) for number in range(20)])
    write(folder / "b.jsonl", [call(19), call(20), "{no json"])
    return folder


def test_spark_submit_says_which_master(standalone: clusters.Cluster, logs: Path, tmp_path: Path) -> None:
    program = tmp_path / "run.py"
    program.write_text(SUBMITTED)
    submit = str(clusters.home() / "bin" / "spark-submit")
    submitted = asked(
        tmp_path, submit, "--master", standalone.master, str(program),
        "ingest", str(logs), "--engine", "spark", "--lake", str(tmp_path / "lake"), "--json",
    )  # fmt: skip
    out, err = submitted.communicate(timeout=600)
    assert submitted.returncode == 0, err
    assert standalone.master in err, "Spark says what it registers with"
    account = json.loads(out)
    assert (account["lines"], account["requests"], account["duplicates"], account["rejects"]) == (23, 21, 1, 1)


def test_a_connect_server_reads_and_answers(logs: Path, tmp_path: Path) -> None:
    to = tmp_path / "lake"
    command = (sys.executable, "-m", "llmcost")
    with clusters.connect(tmp_path) as remote:
        ingest = ("ingest", str(logs), "--engine", "spark", "--lake", str(to), "--json", "--remote", remote)
        account = json.loads(answer(asked(tmp_path, *command, *ingest)))
        assert (account["lines"], account["requests"], account["rejects"]) == (23, 21, 1)
        words = ("report", "--by", "model", "--format", "json", "--lake", str(to))
        told = json.loads(answer(asked(tmp_path, *command, *words, "--engine", "spark", "--remote", remote)))
    assert told["rows"] == json.loads(llmcost(*words, cwd=tmp_path).stdout)["rows"]
    rejects = json.loads(llmcost("rejects", "--lake", to, "--format", "json", cwd=tmp_path).stdout)
    assert [Path(row["file"]).name for row in rejects["rejects"]] == ["b.jsonl"]


def test_the_lake_is_that_of_one_machine_after_a_worker_died(
    standalone: clusters.Cluster, expected: dict[str, Any], tmp_path: Path
) -> None:
    """Last of those that use the cluster: a worker is gone afterwards."""
    to = tmp_path / "lake"
    process = asked(tmp_path, sys.executable, "-c", SHARED_OUT, standalone.master, str(to), str(SAMPLES))
    while not any(tmp_path.glob(".lake.scratch-*/parts/*.duckdb")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    standalone.kill(1)  # with the second task in hand
    shares, lines = answer(process).split()
    assert int(shares) > 5
    assert contents(to) == expected
    assert int(lines) == expected["account"]["sum(lines)"]
    assert sorted(os.listdir(tmp_path)) == ["conf", "lake"], "nothing is left beside it"  # noqa: PTH208 - hidden ones too


def test_an_error_of_a_task_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    log = write(tmp_path / "logs" / "it.txt", ["a text", "and no log"])
    words = ("ingest", str(log), "--engine", "spark", "--lake", str(tmp_path / "lake"), "--master", "local[1]")
    process = asked(tmp_path, sys.executable, "-m", "llmcost", *words)
    out, err = process.communicate(timeout=600)
    assert (process.returncode, out) == (1, "")
    assert err.startswith(f"error: no format claims {log}")
    assert err.count("\n") == 2, "an error and a hint"
    assert sorted(os.listdir(tmp_path)) == ["conf", "logs"]  # noqa: PTH208 - hidden ones too


def test_elsewhere_nothing_stays_beside_the_lake(logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no folder can be renamed, as under s3://, and where the tasks' stores are copied before they are merged."""

    def system(address: str) -> tuple[Any, str]:
        return fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem()), address.partition("://")[2].partition("?")[0]

    def here(spark: Any, work: tasks.Work, number: int) -> list[Any]:
        return [json.loads(json.dumps(work(task, 1))) for task in range(number)]

    monkeypatch.setattr(lake, "system", system)
    monkeypatch.setattr(tasks, "run", here)
    planned = ask.plan([str(logs)], "it://lakes/one?region=x", share_bytes=2000)
    assert len(planned.shares) > 1
    account = ask.ingest(None, planned)
    assert (account.total("requests"), account.total("duplicates"), account.total("rejects")) == (21, 1, 1)
    assert lake.find("it://lakes/one").manifest["rows"] == 21
    assert os.listdir(tmp_path / "lakes") == ["one"]  # noqa: PTH208 - hidden ones too
    monkeypatch.setattr(export, "export", None)
    with pytest.raises(TypeError):
        ask.ingest(None, ask.plan([str(logs)], "it://lakes/two"))
    assert os.listdir(tmp_path / "lakes") == ["one"]  # noqa: PTH208 - hidden ones too


def test_nothing_is_asked_of_a_cluster_that_could_not_be_done(tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [call(1)])
    (tmp_path / "lake").mkdir()
    write(tmp_path / "lake" / "it", [call(1)])
    with pytest.raises(LlmcostError, match="is not empty"):
        ask.plan([str(log)], str(tmp_path / "lake"))
    with pytest.raises(LlmcostError, match="there is no file or folder"):
        ask.plan([str(tmp_path / "none")], str(tmp_path / "new"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--engine spark", "name a new folder or address with --lake"),
        ("--engine spark --lake it --db a.duckdb", "leave out --db"),
        ("--engine spark --lake it --follow", "--follow is not for Spark"),
        ("--engine spark --lake it --again", "--again is not for Spark"),
        ("--lake it", "add --engine spark"),
        ("--master local[2]", "--master is Spark's"),
    ],
)
def test_options_that_do_not_go_together(tmp_path: Path, words: str, said: str) -> None:
    rows: list[Row | str] = [call(1)]
    done = llmcost("ingest", write(tmp_path / "a.jsonl", rows), *words.split(), cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]
