"""Following a growing file, and explaining how lines are read."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from llmcost.engine import access
from tests.command import llmcost
from tests.logs import call, write


@contextmanager
def following(folder: Path, *paths: str) -> Iterator[Callable[[], str]]:
    """A process that follows logs until it is interrupted: how to wait for the next line that it says."""
    command = [sys.executable, "-m", "llmcost", "ingest", *paths, "--follow"]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    end = threading.Timer(120, process.kill)  # a reader below never waits for ever
    end.start()
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        while "Next: llmcost report" not in process.stdout.readline():
            assert process.poll() is None
        yield process.stderr.readline
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
        end.cancel()
    assert (process.returncode, said.splitlines()[-1]) == (130, "interrupted")


def append(log: Path, number: int) -> None:
    with log.open("a") as file:
        file.write(json.dumps(call(number)) + "\n")


def test_follow_reads_what_is_added_until_it_is_interrupted(tmp_path: Path) -> None:
    log = write(tmp_path / "log.jsonl", [call(1)])
    with following(tmp_path, "log.jsonl") as said:
        for number in (2, 3):
            append(log, number)
            assert "1 new request" in said()
    with access.reading(tmp_path / "llmcost.duckdb") as opened:
        assert opened.value("select count(*) from requests") == 3


def test_a_followed_log_that_is_gone_holds_up_no_other(tmp_path: Path) -> None:
    first, second = (write(tmp_path / f"{number}.jsonl", [call(number)]) for number in (1, 2))
    with following(tmp_path, "1.jsonl", "2.jsonl") as said:
        first.unlink()
        assert said() == "skipped 1.jsonl: it is gone\n"
        append(second, 3)
        assert said() == "1 new request\n"
        os.mkfifo(first)
        assert said() == "skipped 1.jsonl: a pipe\n"
        first.unlink()
        append(first, 4)
        assert said() == "1 new request\n"


def test_explain_shows_fields_and_what_was_ignored(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", [call(7, feature="[b]search[/b]", colour="green"), call(8, input_tokens=-1)])
    done = llmcost("ingest", "log.jsonl", "--explain", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "line 1: llmcost, a call" in done.stdout
    assert "[b]search[/b]" in done.stdout
    assert "not read: $.colour" in done.stdout
    assert "a negative count" in done.stdout
    assert not (tmp_path / "llmcost.duckdb").exists()


def test_explain_of_a_line_nested_without_end(tmp_path: Path) -> None:
    nested = json.dumps(call(2))[:-1] + ', "other": ' + "[" * 20_000 + "]" * 20_000 + "}"
    write(tmp_path / "log.jsonl", [call(1), nested])
    done = llmcost("ingest", "log.jsonl", "--explain", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_explain_needs_one_file_of_a_known_format(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", ['{"x": 1}'])
    assert llmcost("ingest", "log.jsonl", "--explain", cwd=tmp_path).returncode == 1
    assert llmcost("ingest", "log.jsonl", "log.jsonl", "--explain", cwd=tmp_path).returncode == 2
    assert llmcost("ingest", ".", "--explain", cwd=tmp_path).returncode == 1
