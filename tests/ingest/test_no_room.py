"""Disks that are full and work that is interrupted: one clear line, and a store that holds whole files."""

import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from llmcost.engine import access, store
from tests.command import llmcost
from tests.logs import call, write

FULL = Path("/dev/full")
CALLS = 40_000


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("logs") / "log.jsonl", [call(n, user_id=f"u{n * 7919}") for n in range(CALLS)])


def run(folder: Path, *words: str | Path, most_bytes: int | None = None) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, in which no file may grow beyond `most_bytes`."""

    def limit() -> None:
        if most_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    command = [sys.executable, "-m", "llmcost", *map(str, words)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, preexec_fn=limit, timeout=120)


def requests(folder: Path) -> int:
    with access.reading(folder / "llmcost.duckdb") as opened:
        return int(opened.value("select count(*) from requests"))


def one_line(done: subprocess.CompletedProcess[str], said: str) -> None:
    assert done.returncode == 1, done.stderr
    error, hint = done.stderr.splitlines()
    assert error.startswith("error: ")
    assert said in error
    assert hint.startswith("hint: ")


def test_an_ingest_without_room_leaves_the_store_as_it_was(log: Path, tmp_path: Path) -> None:
    write(tmp_path / "first.jsonl", [call(CALLS + 1), call(CALLS + 2)])
    assert run(tmp_path, "ingest", "first.jsonl").returncode == 0
    room = (tmp_path / "llmcost.duckdb").stat().st_size + 100_000
    one_line(run(tmp_path, "ingest", log, most_bytes=room), "no room left")
    assert requests(tmp_path) == 2
    assert run(tmp_path, "ingest", log).returncode == 0
    assert requests(tmp_path) == CALLS + 2


@pytest.mark.parametrize("most_bytes", [1, 1000, 4096, 8192, 12_288, 20_000, 50_000])
def test_a_store_that_cannot_be_made_for_want_of_room(tmp_path: Path, most_bytes: int) -> None:
    write(tmp_path / "first.jsonl", [call(1)])
    one_line(run(tmp_path, "ingest", "first.jsonl", most_bytes=most_bytes), "no room left")
    assert [path.name for path in tmp_path.iterdir()] == ["first.jsonl"]


def test_a_store_that_just_fits_is_whole(tmp_path: Path) -> None:
    """The engine's log of changes fits, the tables do not: what was read is in the store all the same."""
    write(tmp_path / "first.jsonl", [call(1)])
    assert run(tmp_path, "ingest", "first.jsonl", most_bytes=100_000).returncode == 0
    assert requests(tmp_path) == 1


def test_a_file_of_output_without_room(tmp_path: Path) -> None:
    write(tmp_path / "first.jsonl", [call(1)])
    assert run(tmp_path, "ingest", "first.jsonl").returncode == 0
    for words in (("--format", "html"), ("--format", "json")):
        one_line(run(tmp_path, "report", *words, "-o", "out", most_bytes=100), "out cannot be written")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", [("report",), ("backtest", "--format", "csv"), ("report", "--format", "html"),
                                   ("--version",)])  # fmt: skip
def test_standard_output_without_room(tmp_path: Path, words: tuple[str, ...]) -> None:
    write(tmp_path / "first.jsonl", [call(1, cost_logged_usd=0.001)])
    assert run(tmp_path, "ingest", "first.jsonl").returncode == 0
    with FULL.open("w") as full:
        command = [sys.executable, "-m", "llmcost", *words]
        done = subprocess.run(command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120)
    one_line(done, "standard output: No space left on device")


@pytest.mark.parametrize("share", [0.05, 0.2, 0.3, 0.4, 0.5])
def test_an_interrupted_ingest_is_completed_by_the_next(log: Path, tmp_path: Path, share: float) -> None:
    command = [sys.executable, "-m", "llmcost", "ingest", str(log)]
    (tmp_path / "clean").mkdir()
    began = time.monotonic()
    subprocess.run(command, cwd=tmp_path / "clean", capture_output=True, check=True, timeout=120)
    seconds = time.monotonic() - began
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not (tmp_path / "llmcost.duckdb").exists():  # it is still being loaded
        time.sleep(0.01)
    time.sleep(seconds * share)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    if process.returncode == 0:  # it had done its work
        assert requests(tmp_path) == CALLS
        return
    assert (process.returncode, said) == (130, "interrupted\n")
    assert run(tmp_path, "ingest", log).returncode == 0
    assert requests(tmp_path) == CALLS


def test_an_interrupt_inside_the_stream_is_an_interrupt() -> None:
    """Whatever stops the batches is raised as it is, not as what the engine says of a stream that failed."""
    import pyarrow as pa

    schema = pa.schema([("n", pa.int64())])

    def batches(error: BaseException):  # type: ignore[no-untyped-def]
        yield pa.record_batch([pa.array([1])], schema)
        raise error

    for error in (KeyboardInterrupt(), OSError(5, "Input/output error")):
        with store.in_memory() as opened, pytest.raises(type(error)), opened.stream("s", schema, batches(error)):
            opened.execute("create temp table t as from s")


def test_standard_input_cannot_be_followed(tmp_path: Path) -> None:
    for words in (("ingest", "--follow", "-"), ("metrics", "--follow", "-")):
        done = llmcost(*words, cwd=tmp_path)
        assert done.returncode == 2
        assert "standard input cannot be read again" in done.stderr
