"""The store: one DuckDB file, and the only module that talks to DuckDB.

Everything above it speaks of relations and Arrow tables. Log content reaches SQL
as parameters or as data, never as text of a query.
"""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from llmcost.engine import migrations, registry
from llmcost.errors import LlmcostError, StoreInUseError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

DEFAULT_NAME = "llmcost.duckdb"
READ_PATIENCE_S = 2.0
"""How long a reader waits for its turn: who follows a log holds the store for moments."""
MEMORY_BYTES = 2 << 30
"""What a simulation's relations may take of memory; a kernel's columns come on top of it."""
ROW_BYTES = 700
"""What a request takes in a temporary table: 695 bytes of a generated one, with three blocks of its prompt."""
_INTERRUPTED = re.compile(r" registered as '\w+' failed: .*\bKeyboardInterrupt\b", re.DOTALL)
_FULL = ("no space left", "file too large", "quota exceeded", "max_temp_directory_size")
"""What the engine says where a disk, a quota or the room for temporary files is used up."""
_DDL = (
    "schema.sql",
    "ingest/tables.sql",
    "prices.sql",
    "metrics/tables.sql",
    "measurements.sql",
    "scenarios.sql",
)


def locate(db: Path | None) -> Path:
    """The store's path: what was asked for, else $LLMCOST_DB, else `llmcost.duckdb` in this folder."""
    return db or Path(os.environ.get("LLMCOST_DB") or DEFAULT_NAME)


def files(path: Path) -> list[Path]:
    """The store's file, and the log of changes that are not in it yet, where they are there."""
    return [file for file in (path, path.with_name(f"{path.name}.wal")) if file.exists()]


class Store:
    """An open store. Use `reading` or `writing` to get one."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", path: Path) -> None:
        self._connection = connection
        self.path = path
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    def execute(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Runs one statement for its effect."""
        self._run(sql, parameters)

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
        return self._connection.sql(sql, params=registry.used(sql, parameters or {})).to_arrow_table()

    def batches(self, sql: str, rows: int, parameters: Mapping[str, Any] | None = None) -> "pa.RecordBatchReader":
        """The statement's result, that many rows at a time. Nothing else may be asked until it has been read."""
        return self._connection.sql(sql, params=registry.used(sql, parameters or {})).to_arrow_reader(rows)

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The statement's result as one dict a row. For small results."""
        cursor = self._run(sql, parameters)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def value(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row."""
        rows = self._run(sql, parameters).fetchall()
        return rows[0][0] if rows else None

    @contextmanager
    def relation(self, name: str, data: Any) -> Iterator[None]:
        """Makes an Arrow table or a stream of batches readable under a name, while the block runs."""
        self._connection.register(name, data)
        yield
        self._connection.unregister(name)  # after an error the connection is rolled back or closed

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

        try:
            with self.relation(name, pa.RecordBatchReader.from_batches(schema, read())):
                yield
        except Exception:
            if stopped:
                raise stopped[0] from None
            raise

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

    def bound_memory(self) -> None:
        """Keeps wide temporary relations within MEMORY_BYTES, and the rest of them on disk next to the store.

        Where that folder cannot be written to, memory stays the engine's choice. Of a large log `keep` makes tables
        in a file of their own there: written column by column and compressed they take an eighth of the room, and
        reading a few columns of them again is several times faster than getting back what memory had no room for.
        """
        if self._scratch or not (self.path.exists() and os.access(self.path.parent, os.W_OK)):
            return
        chosen = int(self.value("select parse_formatted_bytes(current_setting('memory_limit'))"))
        self._connection.execute(f"set memory_limit = '{min(chosen, MEMORY_BYTES)} B'")
        if int(self.value("select count(*) from requests")) * ROW_BYTES > MEMORY_BYTES / 2:
            self._scratch = tempfile.TemporaryDirectory(prefix=f".{self.path.name}.", dir=self.path.parent)
            file = str(Path(self._scratch.name) / "scratch.duckdb").replace("'", "''")
            self._connection.execute(f"attach '{file}' as scratch (read_write)")

    def keep(self, name: str, select: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Creates a relation, or replaces it, until the store is closed."""
        if not self._scratch:
            self.execute(f"create or replace temp table {name} as {select}", parameters)
            return
        self.execute(f"create or replace table scratch.{name} as {select}", parameters)
        self.execute(f"create or replace temp view {name} as from scratch.{name}")
        self.execute("checkpoint scratch")  # what it replaces makes room for the next

    def interrupt(self) -> None:
        """Asks the running statement to stop."""
        self._connection.interrupt()

    def _run(self, sql: str, parameters: Mapping[str, Any] | None) -> "duckdb.DuckDBPyConnection":
        if parameters is None:
            return self._connection.execute(sql)
        return self._connection.execute(sql, registry.used(sql, parameters))

    def close(self) -> None:
        self._connection.close()
        if self._scratch:
            self._scratch.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self.close()
        if error and (said := _said(self.path, error)):
            raise said from None


def reading(path: Path) -> Store:
    """Opens an existing store without the right to change it; temporary relations are allowed.

    A store of an earlier schema is brought up to this one first.
    """
    if not path.exists():
        raise _missing(path)
    store = _open_patiently(path)
    if _schema(store) < migrations.newest():
        store.close()
        try:
            writing(path).close()
        except LlmcostError as error:
            raise LlmcostError(
                f"{path} is a store of an earlier version of llmcost and has to be upgraded first: {error.message}",
                hint=error.hint,
            ) from None
        store = _open_patiently(path)
    return store


def writing(path: Path) -> Store:
    """Opens a store for changes, makes it first where there is none, and brings it up to this schema."""
    if not path.parent.is_dir():
        raise LlmcostError(f"there is no folder {path.parent}", hint="name another store with --db FILE")
    with _telling(path):
        store = _open_for_changes(path)
        if store.value("select count(*) from duckdb_tables() where not internal") == 0:
            _create(store)
        version = _schema(store)
        if version < migrations.newest():
            store.close()
            _upgrade(path, version)
            store = _open_for_changes(path)
    return store


def in_memory() -> Store:
    """An empty store that is gone when it is closed."""
    import duckdb

    store = Store(_configured(duckdb.connect()), Path(":memory:"))
    _create(store)
    return store


def _create(store: Store) -> None:
    with store.transaction():
        store.execute("create table llmcost_meta (key varchar not null, value varchar not null)")
        store.execute("insert into llmcost_meta values ('schema_version', $it)", {"it": str(migrations.newest())})
        for file in _DDL:
            store.script(file)


def _upgrade(path: Path, version: int) -> None:
    """Brings a store of an earlier schema up to this one, and keeps a copy of the file until that has succeeded."""
    copy = path.with_name(f"{path.name}.schema-{version}")
    try:
        shutil.copy2(path, copy)
    except OSError as error:
        copy.unlink(missing_ok=True)
        raise LlmcostError(
            f"{path} is a store of an earlier version of llmcost, and it cannot be backed up: {error.strerror}",
            hint=f"its backup is {copy}: make room there and allow writing, or copy the store elsewhere",
        ) from None
    store = _open_for_changes(path)
    try:
        if _schema(store) == version:  # no other process did it meanwhile
            with in_memory() as new:
                migrations.upgrade(store, version, new)
    except Exception as error:
        if _is_full(str(error)):
            raise
        raise LlmcostError(
            f"{path} cannot be upgraded to this version of llmcost: {str(error).splitlines()[0]}",
            hint=f"the store is unchanged (schema {version}), and a copy is at {copy}; please report this",
        ) from None
    finally:
        store.close()
    copy.unlink()


def _open_for_changes(path: Path) -> Store:
    store = _open(path, read_only=False)
    store.execute("set preserve_insertion_order = false")  # loading is faster; reading keeps it: kernels need order
    return store


def _open_patiently(path: Path) -> Store:
    patient_until_s = time.monotonic() + READ_PATIENCE_S
    while True:
        try:
            return _open(path, read_only=True)
        except StoreInUseError:
            if time.monotonic() > patient_until_s:
                raise
            time.sleep(0.05)


def _open(path: Path, *, read_only: bool) -> Store:
    import duckdb

    if path.is_dir():
        raise LlmcostError(f"{path} is a folder, not a store", hint="name a file with --db FILE")
    try:
        return Store(_configured(duckdb.connect(str(path), read_only=read_only)), path)
    except duckdb.Error as error:
        raise _explained(path, str(error)) from None


def _configured(connection: "duckdb.DuckDBPyConnection") -> "duckdb.DuckDBPyConnection":
    for setting in (
        "set TimeZone = 'UTC'",
        "set enable_progress_bar = false",
        "set python_enable_replacements = false",  # a Python variable must never shadow a relation
        "set autoinstall_known_extensions = false",  # nothing is fetched from a network
        "set autoload_known_extensions = false",
    ):
        connection.execute(setting)
    for macro in registry.macros().values():
        connection.execute(macro)
    return connection


def _schema(store: Store) -> int:
    """The schema of an open store. Closes it and raises LlmcostError if it has none, or one newer than this program."""
    tables = {row["table_name"] for row in store.rows("select table_name from duckdb_tables() where not internal")}
    version = None
    if "llmcost_meta" in tables:
        version = store.value("select try_cast(value as integer) from llmcost_meta where key = 'schema_version'")
    if version and version <= migrations.newest():
        return int(version)
    store.close()
    if not tables:
        raise _missing(store.path)
    if version is None:
        raise LlmcostError(f"{store.path} is another program's DuckDB file", hint="name another store with --db FILE")
    raise LlmcostError(
        f"{store.path} was written by a newer version of llmcost (schema {version}, here {migrations.newest()})",
        hint="upgrade with: pip install --upgrade llmcost-cli",
    )


def is_about_a_value(error: BaseException) -> bool:
    """Whether the engine refuses a value of the data, not the statement."""
    import duckdb

    return isinstance(error, duckdb.DataError | duckdb.InvalidInputException)


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    """Raises what the engine's errors mean, while a store is not open yet."""
    try:
        yield
    except Exception as error:
        raise _said(path, error) or error from None


def _said(path: Path, error: BaseException) -> BaseException | None:
    """What the engine's error means: that it has no room left to write, or was interrupted; None for any other."""
    import duckdb

    if isinstance(error, duckdb.Error) and _is_full(str(error)):
        return _no_room(path)
    if _is_interrupt(error):
        return KeyboardInterrupt()
    return None


def _is_interrupt(error: BaseException) -> bool:
    """Whether this is a Ctrl-C: the engine reports one in a statement, or in Python code that it calls for its rows."""
    import duckdb

    if isinstance(error, duckdb.Error):
        return _INTERRUPTED.search(str(error)) is not None
    return type(error) is RuntimeError and str(error) == "Query interrupted"


def _is_full(error: str) -> bool:
    return any(words in error.lower() for words in _FULL)


def _no_room(path: Path) -> LlmcostError:
    return LlmcostError(
        f"no room left on the disk of the store {path}",
        hint="make room, or use --db FILE on another disk, and run it again; no file was stored in part",
    )


def _missing(path: Path) -> LlmcostError:
    return LlmcostError(f"there is no store at {path}", hint="create one with: llmcost ingest PATH")


def _explained(path: Path, error: str) -> LlmcostError:
    text = error.lower()
    if _is_full(error):
        return _no_room(path)
    if "lock" in text:
        return StoreInUseError(
            f"the store {path} is in use by another process",
            hint="wait until it has finished, or use --db FILE",
        )
    if "not a valid duckdb" in text or "valid duckdb database file" in text:
        return LlmcostError(f"{path} is not an llmcost store", hint="name another store with --db FILE")
    if "permission denied" in text or "read-only" in text or "cannot open file" in text:
        return LlmcostError(f"the store {path} cannot be opened: no permission", hint="name another one with --db FILE")
    return LlmcostError(f"the store {path} cannot be opened: {error.splitlines()[0]}", hint="use --db FILE")
