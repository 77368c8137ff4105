"""An ingest that is killed leaves the store as it was or with whole files, and running it again completes it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.logs import Row, call, claude, contents, write

FILES = 12
KILLS = int(os.environ.get("CAMPAIGN_KILLS", "7"))
"""Spread over the time that a run takes; `make campaign` sets more."""
SHARES = [round(0.2 + 0.75 * number / KILLS, 3) for number in range(KILLS)]
CALLS = 1500


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    for number in range(FILES):
        rows: list[Row | str] = [(call if number % 2 else claude)(number * 1000 + row) for row in range(CALLS)]
        write(folder / f"{number}.jsonl", [*rows, "no json"])
    return folder


def start(logs: Path, db: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "llmcost", "ingest", str(logs), "--db", str(db)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


@pytest.fixture(scope="module")
def clean(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Row], float]:
    """What one clean run leaves, and how long it takes."""
    db = tmp_path_factory.mktemp("clean") / "llmcost.duckdb"
    began = time.monotonic()
    assert start(logs, db).wait(timeout=120) == 0
    return contents(db), time.monotonic() - began


@pytest.mark.parametrize("share", SHARES)
def test_killed_and_run_again(logs: Path, clean: tuple[list[Row], float], tmp_path: Path, share: float) -> None:
    expected, seconds = clean
    db = tmp_path / "llmcost.duckdb"
    process = start(logs, db)
    time.sleep(seconds * share)
    process.kill()
    process.communicate()
    if db.exists():
        again = start(logs, db)
        assert again.wait(timeout=120) == 0, again.stderr and again.stderr.read()
    else:
        assert start(logs, db).wait(timeout=120) == 0
    assert contents(db) == expected
