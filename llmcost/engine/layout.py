"""Which tables a store has, and how an open file is recognised as one."""

import re
from functools import cache
from typing import TYPE_CHECKING

from llmcost.engine import faults, migrations, registry

if TYPE_CHECKING:
    from llmcost.engine.store import Store

_FILES = (
    "schema.sql",
    "ingest/tables.sql",
    "prices.sql",
    "metrics/tables.sql",
    "measurements.sql",
    "scenarios.sql",
    "vectors.sql",
)


@cache
def tables() -> frozenset[str]:
    """The names of a store's tables."""
    texts = [(registry.queries_dir() / file).read_text("utf-8") for file in _FILES]
    return frozenset(
        ["llmcost_meta", *(name for text in texts for name in re.findall(r"(?m)^create table (\w+)", text))]
    )


def create(store: "Store") -> None:
    """Makes the tables and views of a store in an empty file."""
    with store.transaction():
        store.execute("create table llmcost_meta (key varchar not null, value varchar not null)")
        store.execute("insert into llmcost_meta values ('schema_version', $it)", {"it": str(migrations.newest())})
        store.execute("insert into llmcost_meta values ('store_id', uuid()::varchar)")
        for file in _FILES:
            store.script(file)


def version(store: "Store") -> int:
    """The schema of an open store. Raises LlmcostError where it is not a store, is incomplete, or newer than this."""
    found = _names(store, "table")
    if not found:
        raise faults.missing(store.path)
    if views := tables() & _names(store, "view"):  # what they read is not what an ingest wrote
        raise faults.not_a_store(store.path, f"{min(views)} is a view there")
    if "llmcost_meta" not in found:
        raise faults.another_programs(store.path)
    schema = store.value("select try_cast(value as integer) from llmcost_meta where key = 'schema_version'")
    if schema is None:
        raise faults.another_programs(store.path)
    if schema > migrations.newest():
        raise faults.newer(store.path, int(schema), migrations.newest())
    if schema == migrations.newest() and (lost := tables() - found):
        raise faults.damaged(store.path, f"it has lost the table {min(lost)}")
    return int(schema)


def check_columns(store: "Store", new: "Store") -> None:
    """Raises LlmcostError where a table of an open store has other columns than that of a new one."""
    have, want = migrations.columns(store), migrations.columns(new)
    if odd := [table for table in sorted(want) if have.get(table) != want[table]]:
        raise faults.damaged(store.path, f"its table {odd[0]} has other columns")


def _names(store: "Store", kind: str) -> set[str]:
    rows = store.rows(f"select {kind}_name as name from duckdb_{kind}s() where not internal and schema_name = 'main'")
    return {row["name"] for row in rows}
