"""Stores of every earlier schema open, keep what they hold, and end as a new store would be."""

import shutil
from pathlib import Path

import pytest

from llmcost.engine import access, migrations, store
from llmcost.errors import LlmcostError
from llmcost.prices import book
from tests.command import llmcost
from tests.engine import stores
from tests.logs import ingested, totals, write


@pytest.mark.parametrize("schema", stores.files())
def test_a_store_of_every_schema_becomes_what_a_new_one_is(schema: str, tmp_path: Path) -> None:
    path = stores.unpacked(schema, tmp_path / "old.duckdb")
    with access.reading(path) as opened:
        assert totals(opened)["calls"] == 3
        assert totals(opened)["cache_read"] == 9000
        assert opened.value("select reason from rejects") == "a negative count"
        assert opened.value("select value from llmcost_meta where key = 'schema_version'") == str(migrations.newest())
        with store.in_memory() as new:
            assert stores.layout(opened) == stores.layout(new)
    assert [file.name for file in tmp_path.iterdir()] == ["old.duckdb"]  # no copy is left


@pytest.mark.parametrize("schema", ["1a", "3a"])
def test_an_old_store_is_reported_on_and_knows_what_it_has_read(schema: str, tmp_path: Path) -> None:
    path = stores.unpacked(schema, tmp_path / "old.duckdb")
    report = llmcost("report", "--db", path, cwd=tmp_path)
    assert report.returncode == 0, report.stderr
    assert "search" in report.stdout
    with ingested(path, write(tmp_path / "a.jsonl", stores.LOG)) as (opened, account):
        assert (account.total("requests"), account.total("rejects")) == (0, 1)
        assert totals(opened)["calls"] == 3


def test_what_formats_left_in_tags_becomes_columns(tmp_path: Path) -> None:
    import duckdb

    path = stores.unpacked("6", tmp_path / "old.duckdb")
    left = [
        ("claude-code", {"sidechain": "true", "agent": "a1"}),
        ("codex", {"fork": "true"}),
        ("litellm", {"response_cache": "hit"}),
        ("llmcost", {"sidechain": "true", "response_cache": "hit"}),
    ]
    with duckdb.connect(str(path)) as connection:
        connection.execute("create temp table logged as select * from requests limit 1")
        for number, (log, tags) in enumerate(left):
            connection.execute(
                "insert into requests by name select * replace ($id as request_id, $log as source_format,"
                " map($names::varchar[], $values::varchar[]) as tags) from logged",
                {"id": f"new {number}", "log": log, "names": list(tags), "values": list(tags.values())},
            )
    with access.reading(path) as opened:
        rows = opened.rows("select * from requests where request_id like 'new %' order by request_id")
    names = ("branched", "thread_id", "answered_by", "requests_answered")
    assert [tuple(row[name] for name in names) for row in rows] == [
        (True, "a1", "model", 1), (True, None, "model", 1), (False, None, "cache", 0), (False, None, "model", 1),
    ]  # fmt: skip


def test_the_tables_change_only_with_a_migration_and_a_store_of_each_schema_is_kept() -> None:
    """The error of whoever changes a table: CONTRIBUTING.md, "Changing a table"."""
    assert stores.recorded() == stores.fingerprint(), (
        f"the tables are not those of {migrations.files()[migrations.newest()].name}: add"
        f" queries/migrations/{migrations.newest() + 1:03d}_what_changed.sql and run python -m tests.engine.stores"
    )
    kept = {int(schema.rstrip("abcdefg")) for schema in stores.files()}
    assert kept == set(range(1, migrations.newest() + 1)), "run python -m tests.engine.stores"


def test_a_migration_that_fails_leaves_the_store_and_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = stores.unpacked("4", tmp_path / "old.duckdb")
    monkeypatch.setattr(migrations, "_lay_out", lambda *_: 1 / 0)
    with pytest.raises(LlmcostError, match="cannot be upgraded") as raised:
        access.reading(path)
    assert str(tmp_path / "old.duckdb.schema-4") in (raised.value.hint or "")
    monkeypatch.undo()
    for file in (tmp_path / "old.duckdb.schema-4", path):
        with access.reading(file) as opened:
            assert totals(opened)["calls"] == 3


def test_a_copy_that_cannot_be_kept_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = stores.unpacked("4", tmp_path / "old.duckdb")
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copy2", full)
    with pytest.raises(LlmcostError, match="it cannot be backed up: No space left"):
        access.reading(path)
    assert path.read_bytes() == before


def test_a_newer_store_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "new.duckdb"
    with access.writing(path) as opened:
        opened.execute("update llmcost_meta set value = '999' where key = 'schema_version'")
    done = llmcost("report", "--db", path, cwd=tmp_path)
    assert done.returncode == 1
    assert "was written by a newer version of llmcost (schema 999" in done.stderr
    assert "pip install --upgrade" in done.stderr


def test_rows_and_tables_of_ones_own_outlive_a_migration(tmp_path: Path) -> None:
    import duckdb

    path = stores.unpacked("1a", tmp_path / "old.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table mine as select 42 as answer")
    with access.reading(path) as opened:
        assert opened.value("select answer from mine") == 42


def test_a_batch_under_a_name_of_its_own_becomes_the_tier_of_its_model(tmp_path: Path) -> None:
    import duckdb

    path = stores.unpacked("16", tmp_path / "old.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("create temp table logged as select * from requests limit 1")
        for name in ("anthropic/claude-opus-5.5:batch", "anthropic/claude-opus-5.5"):
            connection.execute(
                "insert into requests by name select * replace ($name as request_id, 'openrouter' as provider,"
                " $name as model, $name as model_logged) from logged",
                {"name": name},
            )
            connection.execute(
                "insert into models by name select 'openrouter' as provider_logged, $name as model_logged,"
                " 'openrouter' as provider, $name as model, date '1970-01-01' as valid_from",
                {"name": name},
            )
    with access.writing(path) as opened:
        book.refresh(opened)
        found = opened.rows(
            "select request_id, model, service_tier from requests where contains(model_logged, 'opus-5.5') order by 1"
        )
    assert [tuple(row.values()) for row in found] == [
        ("anthropic/claude-opus-5.5", "anthropic/claude-opus-5.5", "standard"),
        ("anthropic/claude-opus-5.5:batch", "anthropic/claude-opus-5.5", "batch"),
    ]
