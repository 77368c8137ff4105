"""Results written to files: whole or not at all, and never over what the command reads."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from llmcost import files
from llmcost.errors import LlmcostError
from tests.command import llmcost
from tests.logs import call, write

OLD = "what was there before\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "log.jsonl", [call(1), call(2)])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    return tmp_path


def limited(folder: Path, *words: str, most_bytes: int) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, in which no file may grow beyond `most_bytes`: like a full disk."""
    resource = pytest.importorskip("resource")
    return subprocess.run(
        [sys.executable, "-m", "llmcost", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes)),
    )


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown", "html"])
def test_a_full_disk_leaves_the_old_file(folder: Path, form: str) -> None:
    out = folder / "out"
    out.write_text(OLD)
    before = sorted(folder.iterdir())
    done = limited(folder, "report", "--format", form, "-o", "out", most_bytes=100)
    assert done.returncode == 1
    error, hint = done.stderr.splitlines()
    assert error.startswith("error: out cannot be written: ")
    assert "make room" in hint
    assert out.read_text() == OLD
    assert sorted(folder.iterdir()) == before, "no temporary file is left"


def test_a_new_file_holds_the_whole_result_and_replaces_the_old_one(folder: Path) -> None:
    (folder / "out").write_text(OLD * 1000)
    assert llmcost("report", "--format", "csv", "-o", "out", cwd=folder).returncode == 0
    assert (folder / "out").read_text() == llmcost("report", "--format", "csv", cwd=folder).stdout


def test_permissions_stay_and_a_new_file_has_those_of_any_other(tmp_path: Path) -> None:
    old, new, other = tmp_path / "old", tmp_path / "new", tmp_path / "other"
    old.write_text(OLD)
    old.chmod(0o640)
    other.write_text(OLD)
    for path in (old, new):
        files.write(path, "new")
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert stat.S_IMODE(new.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    real, link, dangling = tmp_path / "elsewhere" / "real", tmp_path / "link", tmp_path / "dangling"
    real.write_text(OLD)
    link.symlink_to(real)
    dangling.symlink_to(tmp_path / "elsewhere" / "made")
    for path in (link, dangling):
        files.write(path, "new")
        assert path.is_symlink()
        assert path.read_text() == "new"
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == ["made", "real"]


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    files.write(pipe, "through the pipe")
    reader.join(timeout=10)
    assert got == ["through the pipe"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="this system has no /dev/stdout")
def test_a_descriptor_is_written_to_behind_what_it_holds(folder: Path) -> None:
    with (folder / "all.txt").open("a") as out:
        out.write(OLD)
        out.flush()
        command = [sys.executable, "-m", "llmcost", "report", "--format", "csv", "-o", "/dev/stdout"]
        assert subprocess.run(command, cwd=folder, stdout=out, timeout=120).returncode == 0
    assert (folder / "all.txt").read_text() == OLD + llmcost("report", "--format", "csv", cwd=folder).stdout


def test_a_minus_is_standard_output(folder: Path) -> None:
    assert llmcost("report", "--format", "csv", "-o", "-", cwd=folder).stdout.startswith("model,")
    assert not (folder / "-").exists()


def test_a_device_without_room_is_said_in_a_line(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(LlmcostError, match="/dev/full cannot be written"):
        files.write(Path("/dev/full"), "x")
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


def test_a_folder_that_takes_no_new_file_may_hold_one_that_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "out").write_text(OLD)
    monkeypatch.setattr("llmcost.files.tempfile.mkstemp", refused)
    files.write(tmp_path / "out", "new")
    assert (tmp_path / "out").read_text() == "new"
    with pytest.raises(LlmcostError, match="cannot be written: Permission denied"):
        files.write(tmp_path / "another", "new")


def test_text_that_is_no_unicode_is_written_escaped(tmp_path: Path) -> None:
    files.write(tmp_path / "out", '"a\ud800b"')
    assert (tmp_path / "out").read_text() == '"a\\ud800b"'


COMMANDS = [
    ("report",),
    ("report", "--format", "html"),
    ("report", "--by", "model", "--format", "csv"),
    ("simulate", "--what-if", "token-caps"),
    ("simulate", "--what-if", "token-caps", "--show-sql"),
    ("compare",),
    ("audit",),
    ("backtest", "--format", "json"),
    ("rejects", "--format", "markdown"),
    ("prices",),
    ("metrics", "--once"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_store_and_its_logs_are_no_target(folder: Path, words: tuple[str, ...]) -> None:
    (folder / "link").symlink_to("llmcost.duckdb")
    os.link(folder / "log.jsonl", folder / "hard")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    for target in ("llmcost.duckdb", "./llmcost.duckdb", "link", str(folder / "log.jsonl"), "hard"):
        done = llmcost(*words, "-o", target, cwd=folder)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.splitlines() == [
            f"error: {Path(target)} is read by this command",
            "hint: name another file with -o",
        ]
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_files_that_a_what_if_reads_are_no_target(folder: Path) -> None:
    (folder / "outcomes.csv").write_text(OLD)
    done = llmcost("simulate", "--what-if", "routing:outcomes=outcomes.csv", "-o", "outcomes.csv", cwd=folder)
    assert done.returncode == 1
    assert "outcomes.csv is read by this command" in done.stderr
    assert (folder / "outcomes.csv").read_text() == OLD
