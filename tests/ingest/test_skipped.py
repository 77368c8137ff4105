"""One bad file never stops a folder: it is skipped, named with its reason, and the exit status says so."""

import fcntl
import gzip
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from llmcost.engine import access
from llmcost.errors import LlmcostError
from llmcost.ingest import run
from tests.command import as_nobody, llmcost
from tests.logs import Row, call, claude, ingested, totals, write


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder with one good log."""
    write(tmp_path / "logs" / "good.jsonl", [call(1), call(2)])
    return tmp_path / "logs"


def skipped(account: run.Account) -> dict[str, str]:
    return {Path(path).name: reason for path, reason in account.skipped.items()}


def test_a_file_that_two_formats_claim_is_skipped_in_a_folder_and_an_error_by_name(
    logs: Path, store_path: Path
) -> None:
    both = write(logs / "both.jsonl", [call(1) | claude(1)])
    with ingested(store_path, logs) as (opened, account):
        assert totals(opened)["calls"] == 2
        assert skipped(account) == {"both.jsonl": "line 1 is claimed by claude-code and llmcost"}
        with pytest.raises(LlmcostError, match="claimed by claude-code and llmcost"):
            run.ingest(opened, [str(both)])


def test_what_was_skipped_is_named_listed_and_in_the_exit_status(logs: Path, tmp_path: Path) -> None:
    (logs / "notes.txt").write_text("nothing to see\n")
    (logs / "core").write_bytes(bytes(range(256)) * 40)
    done = llmcost("ingest", "logs", cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert "2 files skipped:" in done.stdout
    assert "notes.txt: no format claims it" in done.stdout
    assert "core: a binary file" in done.stdout
    assert "Spend: $" in done.stdout
    listed = json.loads(llmcost("rejects", "--format", "json", cwd=tmp_path).stdout)["rejects"]
    assert [(Path(row["file"]).name, row["reason"]) for row in listed] == [
        ("core", "a binary file"), ("notes.txt", "no format claims it"),
    ]  # fmt: skip
    assert json.loads(llmcost("ingest", "logs", "--json", cwd=tmp_path).stdout)["skipped"][0]["reason"]
    (logs / "notes.txt").unlink()
    write(logs / "core", [call(3)])
    assert llmcost("ingest", "logs", cwd=tmp_path).returncode == 0
    assert json.loads(llmcost("rejects", "--format", "json", cwd=tmp_path).stdout)["rejects"] == []


def test_where_no_file_is_a_log_the_reasons_are_said(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "notes.txt").write_text("nothing to see\n")
    done = llmcost("ingest", "logs", cwd=tmp_path)
    assert done.returncode == 1
    assert "no log found in logs: logs/notes.txt: no format claims it" in done.stderr


def test_an_empty_file_a_program_the_store_and_the_settings_are_no_reason_to_worry(tmp_path: Path) -> None:
    write(tmp_path / "good.jsonl", [call(1)])
    for name in ("empty.jsonl", "tool.py", "llmcost.toml", ".hidden"):
        (tmp_path / name).write_text("" if name == "empty.jsonl" else "# nothing\n")
    assert llmcost("ingest", ".", cwd=tmp_path).returncode == 0
    assert llmcost("ingest", ".", cwd=tmp_path).returncode == 0  # the store lies there now


def test_pipes_sockets_links_to_nothing_and_locked_folders_are_named(logs: Path, store_path: Path) -> None:
    os.mkfifo(logs / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(logs / "socket"))
    (logs / "gone").symlink_to("nowhere")
    (logs / "round").symlink_to("round")
    expected = {"pipe": "a pipe", "socket": "a socket", "gone": "a broken link", "round": "a link to itself"}
    if os.geteuid():
        (logs / "locked").mkdir(mode=0)
        expected["locked"] = "a folder that cannot be read: no permission"
    with ingested(store_path, logs) as (_, account):
        assert skipped(account) == expected
    for name in ("gone", "round"):
        with access.writing(store_path) as opened, pytest.raises(LlmcostError, match=r"link to"):
            run.ingest(opened, [str(logs / name)])


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser can become another user")
def test_what_another_user_may_not_read_is_named(logs: Path, tmp_path: Path) -> None:
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(parent.stat().st_mode | 0o055)
    tmp_path.chmod(0o777)
    write(logs / "locked" / "b.jsonl", [call(3)])
    write(logs / "secret.jsonl", [call(4)]).chmod(0)
    (logs / "locked").chmod(0)
    done = as_nobody("ingest", "logs", "--json", cwd=tmp_path)
    said = {row["file"]: row["reason"] for row in json.loads(done.stdout)["skipped"]}
    assert done.returncode == 3
    assert said == {
        "logs/locked": "a folder that cannot be read: no permission",
        "logs/secret.jsonl": "no permission",
    }
    for name in said:
        done = as_nobody("ingest", name, cwd=tmp_path)
        assert (done.returncode, "no permission" in done.stderr) == (1, True)


def test_a_log_that_its_writer_has_locked_is_read(logs: Path, store_path: Path) -> None:
    with (logs / "good.jsonl").open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        fcntl.lockf(file, fcntl.LOCK_EX)
        done = subprocess.run(
            [sys.executable, "-m", "llmcost", "ingest", logs, "--db", store_path], capture_output=True, check=False
        )
    assert (done.returncode, done.stderr) == (0, b"")
    with access.reading(store_path) as opened:
        assert totals(opened)["calls"] == 2


def test_a_name_that_is_not_utf_8_is_skipped_and_shown(logs: Path, store_path: Path) -> None:
    name = os.fsdecode(os.fsencode(str(logs)) + b"/a\xff.jsonl")
    Path(name).write_text(json.dumps(call(3)) + "\n")
    with ingested(store_path, logs) as (opened, account):
        assert totals(opened)["calls"] == 2
        assert skipped(account) == {"a\\xff.jsonl": "its name is not UTF-8"}
        assert opened.rows("select path from skipped")[0]["path"].endswith("a\\xff.jsonl")


def test_links_are_followed_and_hidden_folders_read_without_going_round(tmp_path: Path, store_path: Path) -> None:
    write(tmp_path / "work" / ".claude" / "projects" / "a.jsonl", [claude(1)])
    write(tmp_path / "elsewhere" / "b.jsonl", [call(1)])
    (tmp_path / "work" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "work" / "again").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "round").symlink_to(tmp_path / "work")
    write(tmp_path / "work" / "node_modules" / "c.jsonl", [call(9)])
    with ingested(store_path, tmp_path / "work") as (opened, account):
        assert account.files == 2
        assert totals(opened)["calls"] == 2


def test_a_pattern_is_no_name(logs: Path, store_path: Path) -> None:
    (logs / "notes.txt").write_text("nothing to see\n")
    with ingested(store_path, logs / "*") as (opened, account):
        assert totals(opened)["calls"] == 2
        assert skipped(account) == {"notes.txt": "no format claims it"}


def test_a_compressed_file_that_is_damaged_from_its_beginning_on_is_named(logs: Path, store_path: Path) -> None:
    (logs / "cut.jsonl.gz").write_bytes(gzip.compress(b"x")[:12])
    with ingested(store_path, logs) as (_, account):
        assert "cut off or damaged" in skipped(account)["cut.jsonl.gz"]


def test_a_line_that_wraps_another_formats_is_the_wrappers(tmp_path: Path, store_path: Path) -> None:
    usage: Row = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    body: Row = {"id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-4o", "usage": usage}
    payload: Row = body | {
        "call_type": "acompletion", "custom_llm_provider": "openai", "startTime": "2026-11-02T10:00:00Z",
        "prompt_tokens": 100, "completion_tokens": 20, "response": body,
    }  # fmt: skip
    plain: Row = body | {"id": "chatcmpl-2"}
    for number, rows in enumerate(([payload, plain], [plain, plain, payload])):
        with ingested(tmp_path / f"{number}.duckdb", write(tmp_path / f"{number}.jsonl", rows)) as (_, account):
            assert account.formats["litellm"]["lines"] == 1
            assert account.formats["openai"]["requests"] == 1
