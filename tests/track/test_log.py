"""Lines stay whole, whoever writes at the same time, and are what llmcost reads."""

import json
import os
import select
import subprocess
import sys
from pathlib import Path

import anthropic
import pytest

from llmcost.track import flush, track
from llmcost.track.log import Log
from tests.conftest import ROOT
from tests.logs import ingested
from tests.track.server import Reply, Server, anthropic_error, message, message_events

WRITERS = """
import sys, threading
from llmcost.track.log import Log

def write(thread):
    log = Log(sys.argv[1], private=False)
    for number in range(40):
        text = f"{sys.argv[2]}.{thread}.{number} " * (1 + 977 * number % 2000)
        log.write({"writer": sys.argv[2], "thread": thread, "number": number, "text": text})

threads = [threading.Thread(target=write, args=(thread,)) for thread in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_processes_and_threads_write_whole_lines(tmp_path: Path) -> None:
    log = tmp_path / "usage.jsonl"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITERS, str(log), str(number)], cwd=ROOT) for number in range(4)
    ]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    content = log.read_bytes()
    assert content.endswith(b"\n")
    seen = set()
    for line in content.splitlines():
        record = json.loads(line)
        writer, thread, number = record["writer"], record["thread"], record["number"]
        assert record["text"] == f"{writer}.{thread}.{number} " * (1 + 977 * number % 2000)
        seen.add((writer, thread, number))
    assert len(seen) == len(content.splitlines()) == 4 * 4 * 40
    assert sum(len(line) > 2 * select.PIPE_BUF for line in content.splitlines()) > 200


def test_a_line_is_one_write_at_the_end_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[int] = []
    opened: list[int] = []
    really_write, really_open = os.write, os.open

    def write(descriptor: int, data: bytes) -> int:
        writes.append(len(data))
        return really_write(descriptor, data)

    def open_(path: Path, flags: int, mode: int) -> int:
        opened.append(flags)
        return really_open(path, flags, mode)

    monkeypatch.setattr(os, "write", write)
    monkeypatch.setattr(os, "open", open_)
    Log(tmp_path / "log.jsonl", private=False).write({"text": "x" * 1_000_000})
    monkeypatch.undo()
    assert writes == [(tmp_path / "log.jsonl").stat().st_size]
    assert opened[0] & os.O_APPEND


def test_a_line_cut_by_a_full_disk_does_not_take_the_next_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(tmp_path / "log.jsonl", private=False)
    really_write = os.write
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", lambda descriptor, data: really_write(descriptor, data[:20]))
        with pytest.raises(OSError, match="full"):
            log.write({"text": "lost" * 100})
    log.write({"text": "kept"})
    assert json.loads(log.path.read_text().splitlines()[-1]) == {"text": "kept"}


def test_a_rotated_log_is_started_again(tmp_path: Path) -> None:
    log = Log(tmp_path / "new" / "usage.jsonl", private=False)
    log.write({"day": 1})
    log.path.rename(tmp_path / "yesterday.jsonl")
    log.write({"day": 2})
    assert json.loads(log.path.read_text()) == {"day": 2}


def test_texts_without_an_encoding_are_written(tmp_path: Path) -> None:
    log = Log(tmp_path / "usage.jsonl", private=False)
    log.write({"text": "\ud83d alone\u2028next"})
    (line,) = log.path.read_text().splitlines()
    assert json.loads(line) == {"text": "\ud83d alone\u2028next"}


def test_the_log_stays_where_it_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    log = Log("usage.jsonl", private=False)
    monkeypatch.chdir("/")
    log.write({})
    assert (tmp_path / "usage.jsonl").exists()


def test_llmcost_reads_what_the_tracker_writes(server: Server, log: Path, store_path: Path) -> None:
    client = track(anthropic.Anthropic(api_key="k", base_url=server.url, max_retries=0), log=log, record_text=True)
    server.says(
        Reply(body=message(id="msg_a")),
        Reply(events=message_events()),
        Reply(500, anthropic_error("api_error")),
    )
    asked = {"model": "claude-haiku-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Debug this list"}]}
    client.messages.create(**asked)  # type: ignore[call-overload]
    list(client.messages.create(**asked, stream=True))  # type: ignore[call-overload]
    with pytest.raises(anthropic.InternalServerError):
        client.messages.create(**asked)  # type: ignore[call-overload]
    assert flush()
    with ingested(store_path, log) as (store, account):
        rows = store.rows("select * from requests order by ts")
    assert (len(rows), account.total("rejects")) == (3, 0)
    whole, streamed, failed = rows
    assert whole["request_id"] == "msg_a"
    for row in (whole, streamed):
        assert (row["input_tokens"], row["cache_write_1h_tokens"], row["output_tokens"]) == (100, 300, 42)
        assert (row["provider"], row["model"]) == ("anthropic", "claude-haiku-4-5")
        assert row["complexity"] == 0.5
        assert row["prefix"][-1]["tokens"] == 2600
    assert failed["status"] == "error"
    assert dict(failed["tags"])["http_status"] == "500"
