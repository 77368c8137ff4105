"""What can be read of a damaged store, copied to a new one.

The engine keeps tables in blocks with checksums, so that what it reads at all is what was written. It gives up a whole
file at the first bad block, which is why the file is opened again after each.
"""

from dataclasses import dataclass
from pathlib import Path

from llmcost.engine import faults, layout, migrations, opening
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError

_ROWS_AT_ONCE = 122_880
"""The engine's row group: a bad block lies in one."""
_FEWEST_ROWS = 2048
"""The engine's vector: parts of it are read together."""
_META = "llmcost_meta"


@dataclass(frozen=True)
class Rescued:
    """What became of one table."""

    table: str
    rows: int  # that were copied
    lost: int | None  # that cannot be read; None: even their number cannot

    @property
    def is_whole(self) -> bool:
        return self.lost == 0


def copy(damaged: Path, new: Path) -> list[Rescued]:
    """Copies what can be read of a damaged store to a new one, table by table.

    Raises LlmcostError where nothing can be read.
    """
    names = _tables(damaged)
    with Store(opening.of_file(new, read_only=False), new) as target:
        layout.create(target)
        rescued = [_copy_table(damaged, target, name) for name in names]
        version = _version(target)
        if version is None:
            target.execute(f"delete from {_META} where key = 'schema_version'")
            target.execute(f"insert into {_META} values ('schema_version', $it)", {"it": str(migrations.newest())})
        elif version > migrations.newest():
            raise faults.newer(damaged, version, migrations.newest())
    return rescued


def _tables(path: Path) -> list[str]:
    try:
        with Store(opening.of_file(path, read_only=True), path) as opened:
            names = opened.rows("select table_name as name from duckdb_tables() where not internal order by name")
    except LlmcostError as error:
        if error.message == faults.damaged(path).message:
            raise LlmcostError(
                f"nothing of {path} can be read: its list of tables is damaged",
                hint=f"move it away and read the logs again: llmcost ingest PATH --db {path}",
            ) from None
        raise
    if _META not in (known := [row["name"] for row in names]):
        raise faults.another_programs(path)
    return known


def _version(opened: Store) -> int | None:
    found: int | None = opened.value(f"select try_cast(value as integer) from {_META} where key = 'schema_version'")
    return found


def _copy_table(path: Path, target: Store, name: str) -> Rescued:
    quoted = '"' + name.replace('"', '""') + '"'
    try:
        with Store(opening.of_file(path, read_only=True), path) as opened:
            [size] = opened.rows(f"select count(*) as rows, coalesce(max(rowid) + 1, 0) as end_row from {quoted}")
            empty = opened.arrow(f"select * from {quoted} limit 0")
    except LlmcostError:
        return Rescued(name, 0, None)
    there = target.rows("select column_name as name from duckdb_columns() where table_name = $name", {"name": name})
    if {row["name"] for row in there} == set(empty.column_names):
        target.execute(f"delete from {quoted}")
    else:  # of an earlier schema, which is brought up to this one when the store is opened
        with target.relation("empty", empty):
            target.execute(f"create or replace table {quoted} as from empty")
    copied = 0
    for first in range(0, size["end_row"], _ROWS_AT_ONCE):
        copied += _copy_rows(path, target, quoted, first, min(first + _ROWS_AT_ONCE, size["end_row"]))
    return Rescued(name, copied, size["rows"] - copied)


def _copy_rows(path: Path, target: Store, quoted: str, first: int, end: int) -> int:
    """Copies a range of rows, or where they cannot be read together its halves. Gives their number."""
    try:
        with Store(opening.of_file(path, read_only=True), path) as opened:
            found = opened.arrow(f"select * from {quoted} where rowid >= {first} and rowid < {end}")
    except LlmcostError:
        if end - first <= _FEWEST_ROWS:
            return 0
        middle = (first + end) // 2
        return _copy_rows(path, target, quoted, first, middle) + _copy_rows(path, target, quoted, middle, end)
    with target.relation("found", found):
        target.execute(f"insert into {quoted} by name from found")
    return int(found.num_rows)
