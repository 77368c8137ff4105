"""The store: one DuckDB file.

Everything above it speaks of relations and Arrow tables. Log content reaches SQL
as parameters or as data, never as text of a query.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from llmcost.engine import faults, layout, opening, registry, zones
from llmcost.errors import LlmcostError, UsageError, did_you_mean

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

DEFAULT_NAME = "llmcost.duckdb"
ROW_BYTES = 700
"""What a request takes in a temporary table: 695 bytes of a generated one, with three blocks of its prompt."""
_AT_REST = 16
"""Into how much less than its bound the engine's tables have to fit while it has nothing to do."""


def locate(db: Path | None) -> Path:
    """The store's path: what was asked for, else $LLMCOST_DB, else `llmcost.duckdb` in this folder."""
    return db or Path(os.environ.get("LLMCOST_DB") or DEFAULT_NAME)


def files(path: Path) -> list[Path]:
    """The store's file, and the log of changes that are not in it yet, where they are there."""
    return [file for file in (path, Path(f"{path}.wal")) if file.exists()]


class Store:
    """An open store. Use `access.reading`, `access.writing` or `in_memory` to get one."""

    def __init__(self, opened: opening.Opened, path: Path, address: str | None = None) -> None:
        self._opened = opened
        self._connection = opened.connection
        self.path = path
        self.address = address or str(path)
        self._is_large: bool | None = None
        self._is_streaming = False
        self._aliases: set[str] = set()  # names under which `keep_whole` made no copy
        self.zone = zones.UTC

    def use_zone(self, name: str) -> None:
        """Makes days, weeks, months and hours those of a time zone. Raises UsageError for one that there is none of."""
        if name == zones.UTC.name:
            return
        known = {row["name"].lower(): row["name"] for row in self.rows("select name from pg_timezone_names()")}
        if name.lower() not in known:
            raise UsageError(f"{name} is not a time zone", hint=did_you_mean(name, sorted(known.values())))
        [ends] = self.rows("select min(ts) as oldest, max(ts) as newest from requests")
        first, last = (min(max(ends[end] or zones.FIRST, zones.FIRST), zones.LAST) for end in ("oldest", "newest"))
        found = self.rows(
            registry.find("zones", "changes").body,
            {"zone": known[name.lower()], "first": str(first - zones.MARGIN), "last": str(last + zones.MARGIN)},
        )
        ahead = [(row["since"], timedelta(seconds=row["seconds_ahead"])) for row in found]
        self.zone = zones.Zone(known[name.lower()], ahead)
        self.execute(self.zone.macro())

    def execute(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Runs one statement for its effect."""
        self._asked(lambda: self._run(sql, parameters))

    def script(self, file: str) -> None:
        """Runs every statement of a file under `queries/`."""
        for statement in self._connection.extract_statements((registry.queries_dir() / file).read_text("utf-8")):
            self._connection.execute(statement)

    def function(self, name: str, call: Callable[..., "pa.Array"], takes: list[str], gives: str) -> None:
        """Makes a Python function over Arrow columns one of SQL's; null where one of its arguments is."""
        import duckdb

        kind: Any = "arrow"
        with suppress(duckdb.NotImplementedException):  # it is there already
            self._connection.create_function(name, call, list(takes), gives, type=kind)

    def arrow(self, sql: str, parameters: Mapping[str, Any] | None = None) -> "pa.Table":
        """The statement's result as an Arrow table."""
        return self._asked(
            lambda: self._connection.sql(sql, params=registry.used(sql, parameters or {})).to_arrow_table()
        )

    def batches(self, sql: str, rows: int, parameters: Mapping[str, Any] | None = None) -> "pa.RecordBatchReader":
        """The statement's result, that many rows at a time. Nothing else may be asked until it has been read."""
        return self._connection.sql(sql, params=registry.used(sql, parameters or {})).to_arrow_reader(rows)

    def rows(
        self, sql: str, parameters: Mapping[str, Any] | None = None, most: int | None = None
    ) -> list[dict[str, Any]]:
        """The statement's result as one dict a row. For small results, or the first rows, at `most` so many."""

        def ask() -> tuple[list[str], list[tuple[Any, ...]]]:
            cursor = self._run(sql, parameters)
            names = [column[0] for column in cursor.description or []]
            return names, cursor.fetchall() if most is None else cursor.fetchmany(most)

        names, rows = self._asked(ask)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def value(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row."""
        rows = self._asked(lambda: self._run(sql, parameters).fetchall())
        return rows[0][0] if rows else None

    @contextmanager
    def relation(self, name: str, data: Any) -> Iterator[None]:
        """Makes an Arrow table or a stream of batches readable under a name, while the block runs."""
        self._connection.register(name, data)
        yield
        self._connection.unregister(name)  # after an error the connection is rolled back or closed

    def lend(self, name: str, data: Any) -> None:
        """The same until the store is closed."""
        self._connection.register(name, data)

    @contextmanager
    def stream(self, name: str, schema: "pa.Schema", batches: "Iterable[pa.RecordBatch]") -> Iterator[None]:
        """Makes batches readable once under a name; what stops them is raised, not what the engine makes of it."""
        import pyarrow as pa

        stopped: list[BaseException] = []

        def read() -> "Iterator[pa.RecordBatch]":
            try:
                yield from batches
            except (Exception, KeyboardInterrupt) as error:
                stopped.append(error)
                raise

        self._is_streaming = True
        try:
            with self.relation(name, pa.RecordBatchReader.from_batches(schema, read())):
                yield
        except Exception:
            if stopped:
                raise stopped[0] from None
            raise
        finally:
            self._is_streaming = False

    @contextmanager
    def one_thread(self) -> Iterator[None]:
        """The engine works on one batch at a time, and may reserve more memory for it.

        To parse a text it reserves thirty times its size and uses the half of that at most. Tables leave memory before.
        """
        [usual] = self.rows("select current_setting('threads') as threads, current_setting('memory_limit') as memory")
        self._connection.execute("set threads = 1")
        self._leave_memory(self._opened.memory // 2)
        self._connection.execute(f"set memory_limit = '{opening.RESERVED_BYTES} B'")
        try:
            yield
        finally:
            self._connection.execute(f"set threads = {usual['threads']}")
            self._connection.execute(f"set memory_limit = '{usual['memory']}'")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block's changes, or none of them."""
        self._connection.execute("begin")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def check_step(self, name: str, relation: str) -> None:
        """Raises LlmcostError where the engine cannot replay a what-if over that many requests; DuckDB replays all."""

    def keep(self, name: str, select: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Creates a relation, or replaces it, until the store is closed.

        Of a large log it is a table in a separate file next to the store: written column by column and compressed it
        takes an eighth of the room, and reading a few columns of it again is several times faster than getting back
        what memory had no room for.
        """
        if name in self._aliases:
            self.forget(name)
        if not self._keeps_in_a_file():
            self.execute(f"create or replace temp table {name} as {select}", parameters)
            return
        self.execute(f"create or replace table scratch.{name} as {select}", parameters)
        self.execute(f"create or replace temp view {name} as from scratch.{name}")
        self.execute("checkpoint scratch")  # what it replaces makes room for the next

    def keep_whole(self, name: str, relation: str) -> None:
        """The same of all rows of a relation. A table of the store's is not copied: it is compressed already, and a
        statement reads those of its columns that it names.
        """
        kept = self.rows("select table_name as name, temporary from duckdb_tables()")
        if not any(row["name"] == relation and not row["temporary"] for row in kept):
            self.keep(name, f"select * from {relation}")
            return
        if any(row["name"] == name for row in kept):
            self.forget(name)
        self.execute(f"create or replace temp view {name} as from {relation}")
        self._aliases.add(name)

    def forget(self, name: str) -> None:
        """Removes a relation that `keep` created."""
        if name in self._aliases:
            self.execute(f"drop view temp.{name}")
            self._aliases.remove(name)
        elif self._keeps_in_a_file():
            self.execute(f"drop view temp.{name}")
            self.execute(f"drop table scratch.{name}")
        else:
            self.execute(f"drop table temp.{name}")

    def make_room(self) -> None:
        """Lets what was kept of a large log leave memory, for work that asks nothing of the engine meanwhile.

        It is read from its file again when it is asked for.
        """
        if not self._keeps_in_a_file():
            return
        usual = self.value("select current_setting('memory_limit')")
        self._leave_memory(self._opened.memory // _AT_REST)
        self._connection.execute(f"set memory_limit = '{usual}'")

    def _leave_memory(self, most: int) -> None:
        """Makes so many bytes the bound, until which tables leave memory; what is being read stays."""
        with suppress(Exception):
            self._connection.execute(f"set memory_limit = '{most} B'")

    def _keeps_in_a_file(self) -> bool:
        """Whether what is kept of this log would not fit into memory; the first answer holds."""
        if self._is_large is None:
            rows = int(self.value("select count(*) from requests"))
            self._is_large = self._opened.scratch is not None and rows * ROW_BYTES > self._opened.memory / 2
            if self._is_large and (folder := self.folder()):
                file = str(folder / "kept.duckdb").replace("'", "''")
                self._connection.execute(f"attach '{file}' as scratch (read_write)")
        return self._is_large

    def folder(self) -> Path | None:
        """This process's folder next to the store, gone when it is closed; None where none can be made."""
        return self._opened.scratch.path.absolute() if self._opened.scratch else None

    def make_private(self) -> None:
        """Lets nobody but its owner read the store's files."""
        for file in files(self.path):
            with suppress(OSError):  # another user's file
                file.chmod(0o600)

    def interrupt(self) -> None:
        """Asks the running statement to stop."""
        self._connection.interrupt()

    @contextmanager
    def more_memory(self) -> Iterator[None]:
        """Lets the engine use as much memory as it would by itself: for a statement that it cannot do in parts."""
        usual = self._connection.execute("select current_setting('memory_limit')").fetchall()[0][0]
        self._connection.execute("reset memory_limit")
        try:
            yield
        finally:
            with suppress(Exception):  # what the statement left may not fit
                self._connection.execute(f"set memory_limit = '{usual}'")

    def _asked(self, ask: "Callable[[], Any]") -> Any:
        """What a statement gives. It runs again with more memory where it cannot run in parts, unless it has read a
        stream, which can be read once."""
        try:
            return ask()
        except Exception as error:
            if self._is_streaming or not faults.needs_memory(error):
                raise
            with suppress(Exception), self.more_memory():  # a transaction that has ended is begun by whoever began it
                return ask()
            raise

    def _run(self, sql: str, parameters: Mapping[str, Any] | None) -> "duckdb.DuckDBPyConnection":
        if parameters is None:
            return self._connection.execute(sql)
        return self._connection.execute(sql, registry.used(sql, parameters))

    def close(self) -> None:
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        meant = error and (faults.meaning(self.path, error) or self._odd_layout(error))
        self.close()
        if meant:
            raise meant from None

    def _odd_layout(self, error: BaseException) -> LlmcostError | None:
        """Whether a statement failed because the tables are not as this program makes them. Looked at only then: the
        tables that it would take to compare them cost more than opening a store."""
        import duckdb

        if not isinstance(error, duckdb.Error):
            return None
        try:
            with in_memory() as new:
                layout.check_columns(self, new)
        except LlmcostError as odd:
            return odd
        except duckdb.Error:  # the connection is of no more use
            return None
        return None


def in_memory() -> Store:
    """An empty store that is gone when it is closed."""
    store = Store(opening.of_memory(), Path(":memory:"))
    layout.create(store)
    return store
