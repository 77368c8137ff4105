"""What a killed writer leaves next to its file goes with the next writing, and what a living one is at stays."""

from pathlib import Path

from llmcost import files, locks
from llmcost.engine import access, scratch


def test_a_dead_writers_file_is_removed_and_a_living_ones_is_not(tmp_path: Path) -> None:
    dead, alive, other = (tmp_path / name for name in (".out.csv.new-dead", ".out.csv.new-alive", ".out.csv.bak"))
    for path in (dead, alive, other):
        path.write_text("half")
    with alive.open("rb+") as held:
        locks.lock(held.fileno())
        files.write(tmp_path / "out.csv", "whole")
        assert sorted(path.name for path in tmp_path.iterdir()) == [".out.csv.bak", ".out.csv.new-alive", "out.csv"]
    files.write(tmp_path / "out.csv", "whole")
    assert not alive.exists()
    assert other.exists()


def test_a_folder_whose_process_was_killed_before_it_locked_it_is_removed(store_path: Path) -> None:
    store_path.with_name(f".{store_path.name}.new-dead").mkdir()
    with access.writing(store_path):
        pass
    assert [path.name for path in store_path.parent.iterdir()] == [store_path.name]


def test_a_living_process_keeps_its_folder(store_path: Path) -> None:
    own = scratch.Scratch(store_path)
    scratch.sweep(store_path)
    assert own.path.is_dir()
    own.close()
    assert not list(store_path.parent.iterdir())
