"""What `--follow` takes for a change, without opening a file."""

import os
from pathlib import Path

import pytest

from llmcost.errors import LlmcostError
from llmcost.ingest.watch import Watch


class Readings:
    """Counts how often it was read, and may fail."""

    def __init__(self) -> None:
        self.count = 0
        self.fails = False

    def __call__(self) -> None:
        if self.fails:
            raise LlmcostError("the store is in use", hint="later")
        self.count += 1


def _watched(folder: Path) -> tuple[Watch, Readings]:
    (folder / "logs").mkdir()
    (folder / "logs" / "a.jsonl").write_text("{}\n")
    watch, readings = Watch([str(folder / "logs")], folder / "llmcost.duckdb"), Readings()
    assert watch.read(readings)
    assert not watch.read(readings)
    assert readings.count == 1
    return watch, readings


def test_a_file_that_grows_comes_or_goes_is_a_change(tmp_path: Path) -> None:
    watch, readings = _watched(tmp_path)
    with (tmp_path / "logs" / "a.jsonl").open("a") as file:
        file.write("{}\n")
    assert watch.read(readings)
    (tmp_path / "logs" / "below").mkdir()
    (tmp_path / "logs" / "below" / "b.jsonl").write_text("{}\n")
    assert watch.read(readings)
    (tmp_path / "logs" / "a.jsonl").unlink()
    assert watch.read(readings)
    assert not watch.read(readings)
    assert readings.count == 4


def test_a_file_of_the_same_size_and_time_is_a_change_where_it_is_another(tmp_path: Path) -> None:
    watch, readings = _watched(tmp_path)
    log = tmp_path / "logs" / "a.jsonl"
    before = log.stat()
    (tmp_path / "other").write_text("[]\n")
    os.utime(tmp_path / "other", ns=(before.st_atime_ns, before.st_mtime_ns))
    (tmp_path / "other").rename(log)
    assert watch.read(readings)


def test_what_failed_is_tried_again(tmp_path: Path) -> None:
    watch, readings = _watched(tmp_path)
    (tmp_path / "logs" / "b.jsonl").write_text("{}\n")
    readings.fails = True
    for _ in range(2):
        with pytest.raises(LlmcostError):
            watch.read(readings)
    readings.fails = False
    assert watch.read(readings)


def test_a_store_that_is_gone_is_made_again_and_one_that_grows_is_no_change(tmp_path: Path) -> None:
    watch, readings = _watched(tmp_path)
    store = tmp_path / "llmcost.duckdb"
    store.write_text("x")
    assert watch.read(readings)
    store.write_text("xy")
    assert not watch.read(readings)
    store.unlink()
    assert watch.read(readings)


def test_a_file_whose_rights_change_is_a_change(tmp_path: Path) -> None:
    watch, readings = _watched(tmp_path)
    (tmp_path / "logs" / "a.jsonl").chmod(0o640)
    assert watch.read(readings)
