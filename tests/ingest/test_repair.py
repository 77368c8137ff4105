"""A damaged store: what can be read is saved, and the logs add the rest."""

import json
import os
from pathlib import Path

import pytest

from llmcost.engine import access
from tests.command import llmcost
from tests.engine import stores
from tests.logs import call, contents, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "log.jsonl", [*(call(n, user_id=f"u{n * 7919}") for n in range(3000)), "no json"])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    return tmp_path


def damage(file: Path, share: float) -> None:
    content = bytearray(file.read_bytes())
    place = int(len(content) * share)
    content[place : place + 64] = os.urandom(64)
    file.write_bytes(content)


def test_a_whole_store_is_copied_whole(folder: Path) -> None:
    done = llmcost("repair", "new.duckdb", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert {table["lost"] for table in json.loads(done.stdout)["tables"]} == {0}
    assert contents(folder / "new.duckdb") == contents(folder / "llmcost.duckdb")
    again = llmcost("ingest", "log.jsonl", "--json", "--db", "new.duckdb", cwd=folder)
    assert json.loads(again.stdout)["unchanged"] == 1


@pytest.mark.parametrize("share", [0.3, 0.45, 0.6, 0.75, 0.9])
def test_what_is_lost_comes_back_from_the_logs(folder: Path, share: float) -> None:
    file = folder / "llmcost.duckdb"
    whole = contents(file)
    report = llmcost("report", cwd=folder).stdout
    damage(file, share)
    broken = file.read_bytes()
    done = llmcost("repair", "new.duckdb", "--json", cwd=folder)
    assert file.read_bytes() == broken
    if done.returncode:  # its list of tables is gone
        assert "llmcost ingest PATH" in done.stderr
        return
    assert llmcost("ingest", "log.jsonl", "--db", "new.duckdb", cwd=folder).returncode == 0
    assert contents(folder / "new.duckdb") == whole
    assert llmcost("report", "--db", "new.duckdb", cwd=folder).stdout == report


def test_counters_are_those_of_what_is_left(folder: Path) -> None:
    with access.reading(folder / "llmcost.duckdb") as opened:
        counted = "select * from counters order by all"
        before = opened.rows(counted)
    with access.writing(folder / "llmcost.duckdb") as opened:
        opened.execute("drop table label_values")  # lost, as by a bad block
    assert llmcost("repair", "new.duckdb", cwd=folder).returncode == 0
    with access.reading(folder / "new.duckdb") as opened:
        assert opened.rows(counted) == before


def test_a_store_of_an_earlier_schema(tmp_path: Path) -> None:
    stores.unpacked("3a", tmp_path / "old.duckdb")
    done = llmcost("repair", "new.duckdb", "--db", "old.duckdb", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "new.duckdb") == contents(tmp_path / "old.duckdb")


@pytest.mark.parametrize(("words", "said"), [
    (("log.jsonl",), "log.jsonl already exists"),
    (("nowhere/new.duckdb",), "there is no folder nowhere"),
    (("new.duckdb", "--db", "log.jsonl"), "is not an llmcost store"),
    (("new.duckdb", "--db", "nowhere.duckdb"), "there is no store"),
])  # fmt: skip
def test_what_cannot_be_repaired(folder: Path, words: tuple[str, ...], said: str) -> None:
    done = llmcost("repair", *words, cwd=folder)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 2)
    assert said in done.stderr
    assert not (folder / "new.duckdb").exists()


@pytest.mark.parametrize(("value", "said"), [("999", "llmcost.duckdb was written by a newer version"), ("x", "")])
def test_a_version_that_is_newer_or_none(folder: Path, value: str, said: str) -> None:
    with access.writing(folder / "llmcost.duckdb") as opened:
        opened.execute("update llmcost_meta set value = $it where key = 'schema_version'", {"it": value})
    done = llmcost("repair", "new.duckdb", cwd=folder)
    assert said in done.stderr
    assert (done.returncode, (folder / "new.duckdb").exists()) == ((1, False) if said else (0, True))
    assert bool(said) or llmcost("report", "--db", "new.duckdb", cwd=folder).returncode == 0
    assert not list(folder.glob(".*"))


def test_a_repair_that_is_stopped_leaves_no_part_of_a_store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("llmcost.engine.rescue._copy_rows", interrupted)
    assert llmcost("repair", "new.duckdb", cwd=folder).returncode == 130
    assert sorted(path.name for path in folder.iterdir()) == ["llmcost.duckdb", "log.jsonl"]
