"""Stores of earlier schemas brought up to this one.

Each change of a table under `queries/` comes with one file `queries/migrations/NNN_what_changed.sql`, which is run once
on stores of schema NNN - 1. The highest number is the schema of this program. A file says what changed in meaning: it
fills new columns that may not be null, renames, moves, drops. New tables, views, new columns that may be null, and the
order of columns need no words: afterwards every table is laid out as a new store has it.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost.engine import registry

if TYPE_CHECKING:
    from llmcost.engine.store import Store

_LAYOUT = (
    "select table_name, list({'column_name': column_name, 'data_type': data_type, 'is_nullable': is_nullable}"
    " order by column_index) as columns"
    " from duckdb_columns() where not internal and table_name in (select table_name from duckdb_tables())"
    " and database_name = current_database() and schema_name = 'main' group by table_name"
)


def files() -> dict[int, Path]:
    """Every migration by the schema that it makes, from 2 on. Raises ValueError where a number is wrong."""
    found: dict[int, Path] = {}
    for path in sorted((registry.queries_dir() / "migrations").glob("*.sql")):
        number = re.match(r"(\d{3})_\w+\.sql$", path.name)
        if number is None or int(number[1]) != len(found) + 2:
            raise ValueError(f"{path.name}: migrations are numbered 002, 003 … without gaps, each number once")
        found[int(number[1])] = path
    return found


def newest() -> int:
    """The schema of this program."""
    return max(files())


def upgrade(store: "Store", version: int, new: "Store") -> None:
    """Brings an open store from a schema to that of a new one, in one transaction.

    Raises what the engine raises, after which the store is as it was.
    """
    with store.transaction():
        for view in _names(store, "view"):
            store.execute(f'drop view "{view}"')
        for number, path in files().items():
            if number > version:
                store.script(f"migrations/{path.name}")
        _lay_out(store, new)
        # without a note of the price package, prices are looked up again
        store.execute("delete from llmcost_meta where key in ('schema_version', 'prices')")
        store.execute("insert into llmcost_meta values ('schema_version', $it)", {"it": str(newest())})


def _lay_out(store: "Store", new: "Store") -> None:
    """Gives the store the tables and views of a new one; tables that llmcost does not know are left alone.

    Raises ValueError for a column that a new store does not have.
    """
    have, want = columns(store), columns(new)
    ddl = {row["name"]: row["sql"] for row in new.rows("select table_name as name, sql from duckdb_tables()")}
    for table, wanted in want.items():
        lost = {column["column_name"] for column in have.get(table, [])} - {it["column_name"] for it in wanted}
        if lost:
            raise ValueError(f"no migration says what becomes of {', '.join(sorted(lost))} of {table}")
        if have.get(table) == wanted:
            continue
        if table in have:
            store.execute(f'alter table "{table}" rename to "{table}_before"')
        store.execute(ddl[table])
        if table in have:
            store.execute(f'insert into "{table}" by name select * from "{table}_before"')
            store.execute(f'drop table "{table}_before"')
    for view in _names(new, "view"):
        store.execute(new.value("select sql from duckdb_views() where view_name = $it", {"it": view}))


def columns(store: "Store") -> dict[str, Any]:
    """The columns of every table, in order: names, types, and which may be null."""
    return {row["table_name"]: row["columns"] for row in store.rows(_LAYOUT)}


def _names(store: "Store", kind: str) -> list[str]:
    rows = store.rows(f"select {kind}_name as name from duckdb_{kind}s() where not internal order by {kind}_oid")
    return [row["name"] for row in rows]
