"""A command that is killed leaves what it writes as it was or whole, and running it again completes it.

`CAMPAIGN_SEED` moves the moments of the kills.
"""

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.logs import Row, call, claude, contents, write

FILES = 12
KILLS = int(os.environ.get("CAMPAIGN_KILLS", "7"))
"""Of each command, spread over the time that a run takes; `make campaign` sets more."""
CALLS = 1500
WRITERS = {
    "csv": ["report", "--by", "feature", "--format", "csv", "-o"],
    "metrics": ["metrics", "--once", "-o"],
}
"""Commands that write a file."""


def shares(kills: int) -> list[float]:
    """Parts of a run's time, one in each of as many equal steps."""
    at = random.Random(os.environ.get("CAMPAIGN_SEED", "0"))
    return [round(0.2 + 0.75 * (number + at.random()) / kills, 3) for number in range(kills)]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    for number in range(FILES):
        rows: list[Row | str] = [(call if number % 2 else claude)(number * 1000 + row) for row in range(CALLS)]
        write(folder / f"{number}.jsonl", [*rows, "no json"])
    return folder


def run(*words: str | Path, db: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "llmcost", *map(str, words), "--db", str(db)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def start(logs: Path, db: Path) -> subprocess.Popen[bytes]:
    return run("ingest", logs, db=db)


def kill(process: subprocess.Popen[bytes], after_s: float) -> None:
    time.sleep(after_s)
    process.kill()
    process.communicate()


def seconds_of(*words: str | Path, db: Path) -> float:
    began = time.monotonic()
    process = run(*words, db=db)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    return time.monotonic() - began


@pytest.fixture(scope="module")
def clean(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Row], float]:
    """What one clean run leaves, and how long it takes."""
    db = tmp_path_factory.mktemp("clean") / "llmcost.duckdb"
    began = time.monotonic()
    assert start(logs, db).wait(timeout=120) == 0
    return contents(db), time.monotonic() - began


@pytest.mark.parametrize("share", shares(KILLS))
@pytest.mark.parametrize("follow", [[], ["--follow"]], ids=["once", "follow"])
def test_ingest(logs: Path, clean: tuple[list[Row], float], tmp_path: Path, follow: list[str], share: float) -> None:
    expected, seconds = clean
    db = tmp_path / "llmcost.duckdb"
    kill(run("ingest", logs, *follow, db=db), seconds * share)
    again = start(logs, db)
    _, said = again.communicate(timeout=120)
    assert again.returncode == 0, said
    assert contents(db) == expected


@pytest.fixture(scope="module")
def stored(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    db = tmp_path_factory.mktemp("stored") / "llmcost.duckdb"
    assert start(logs, db).wait(timeout=120) == 0
    return db


def copied(db: Path, folder: Path) -> Path:
    shutil.copy(db, folder / "llmcost.duckdb")
    return folder / "llmcost.duckdb"


@pytest.fixture(scope="module")
def saving(stored: Path, tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long it takes to save a scenario."""
    db = copied(stored, tmp_path_factory.mktemp("saving"))
    return seconds_of("simulate", "--what-if", "batch-api", "--save", "batch", db=db)


@pytest.mark.parametrize("share", shares(KILLS // 2 or 1))
def test_a_saved_scenario(stored: Path, saving: float, tmp_path: Path, share: float) -> None:
    db = copied(stored, tmp_path)
    kill(run("simulate", "--what-if", "batch-api", "--save", "batch", db=db), saving * share)
    seconds_of("simulate", "--what-if", "batch-api", "--save", "batch", db=db)
    assert contents(db) == contents(stored)
    seconds_of("report", "--scenario", "batch", db=db)
    assert [path.name for path in tmp_path.iterdir()] == ["llmcost.duckdb"]


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def lake(stored: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], float]:
    """The files of an export, and how long it takes."""
    folder = tmp_path_factory.mktemp("exporting")
    seconds = seconds_of("export", "--format", "csv", "--to", folder / "lake", db=stored)
    return files_in(folder / "lake"), seconds


@pytest.mark.parametrize("share", shares(KILLS // 2 or 1))
def test_an_export(stored: Path, lake: tuple[dict[str, bytes], float], tmp_path: Path, share: float) -> None:
    whole, seconds = lake
    words: list[str | Path] = ["export", "--format", "csv", "--to", tmp_path / "lake"]
    kill(run(*words, db=stored), seconds * share)
    if (tmp_path / "lake").exists():
        assert files_in(tmp_path / "lake") == whole
    again = run(*words, db=stored)
    _, said = again.communicate(timeout=120)
    assert again.returncode == 0 or b"is not empty" in said, said
    assert files_in(tmp_path / "lake") == whole
    assert [path.name for path in tmp_path.iterdir()] == ["lake"]


@pytest.mark.parametrize("share", shares(KILLS // 2 or 1))
@pytest.mark.parametrize("writer", WRITERS)
def test_a_file_that_is_written(stored: Path, tmp_path: Path, writer: str, share: float) -> None:
    output, words = tmp_path / "output", WRITERS[writer]
    seconds = seconds_of(*words, output, db=stored)
    whole = output.read_bytes()
    output.write_text("as it was")
    kill(run(*words, output, db=stored), seconds * share)
    assert output.read_bytes() in (b"as it was", whole)
    seconds_of(*words, output, db=stored)
    assert output.read_bytes() == whole
    assert [path.name for path in tmp_path.iterdir()] == ["output"]
