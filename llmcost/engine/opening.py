"""Connections to the engine: what may be opened, and with which rights.

A store may come from a stranger. Before the engine sees the file its first bytes are looked at, since the engine opens
files of other kinds too; and before the first query it loses access to everything but the store and a folder of this
process: no other file, no extension, no network.
"""

import os
import re
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.engine import faults, registry
from llmcost.engine.scratch import Scratch, sweep
from llmcost.errors import LlmcostError

if TYPE_CHECKING:
    import duckdb

_MAGIC = b"DUCK"
_MAGIC_AT = 8
MEMORY_BYTES = 512 << 20
"""What the engine may hold in memory, unless $LLMCOST_MEMORY asks for another size; lines while they are read, and
Python's objects, come on top of it."""
MOST_BYTES = 1536 << 20
"""What it may hold where a store is only read and the machine has much memory: the more, the faster a replay is."""
_SHARE = 6
"""A sixth of what the engine would use by itself, which is 80% of the machine's memory or of its container's."""
_ASKED = re.compile(r"([0-9]{1,6})\s*(MiB|GiB|MB|GB)", re.IGNORECASE)
_UNITS = {"mib": 1 << 20, "gib": 1 << 30, "mb": 10**6, "gb": 10**9}
_LEAST_BYTES = 256 << 20
RESERVED_BYTES = 3 << 30
"""What it may reserve for one line of many megabytes."""
_OTHERS = 0o077
"""The permissions that a new file does not give: all but its owner's."""
_CLOSED: "dict[str, str | bool | int | float | list[str]]" = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
}
_SCHEME = re.compile(r":memory:|[A-Za-z][A-Za-z0-9+.-]+:")
"""Names by which the engine means something else than a file."""


@dataclass
class Opened:
    """A connection, and what goes when it is closed."""

    connection: "duckdb.DuckDBPyConnection"
    memory: int = MEMORY_BYTES  # what it may hold, in bytes
    scratch: Scratch | None = None  # this process's folder next to the store, where one can be made
    umask: int | None = None  # of this process, where it was changed

    def close(self) -> None:
        """Closes the connection; may be called again."""
        self.connection.close()
        if self.scratch:
            self.scratch.close()
        if self.umask is not None:
            os.umask(self.umask)
            self.umask = None


def of_memory() -> Opened:
    """A connection to an empty database that is gone when it is closed."""
    import duckdb

    return Opened(_prepared(duckdb.connect(":memory:", config={**_CLOSED, "enable_external_access": "false"})))


def of_lake(folder: Path | None) -> Opened:
    """A connection to an empty database that is gone when it is closed, and that may read the files of one folder.

    What does not fit into memory goes to a folder of this process among the system's temporary ones.
    """
    import duckdb

    asked = asked_memory()
    scratch = _scratch(Path(tempfile.gettempdir()) / "llmcost-lake")
    try:
        connection = duckdb.connect(":memory:", config=_CLOSED)
        memory = _memory(connection, asked, read_only=True)
        return Opened(_prepared(_confined(connection, memory, scratch, folder)), memory, scratch)
    except BaseException:
        if scratch:
            scratch.close()
        raise


def of_file(path: Path, *, read_only: bool) -> Opened:
    """A connection to a store's file, which is made where there is none, for its owner alone.

    Raises LlmcostError that says why the file cannot be opened.
    """
    import duckdb

    _check(path, read_only=read_only)
    asked = asked_memory()
    scratch = _scratch(path)
    umask = None if read_only else os.umask(_OTHERS)  # the log of changes is a separate file, recreated at times
    try:
        connection = duckdb.connect(str(path.absolute()), read_only=read_only, config=_CLOSED)
        memory = _memory(connection, asked, read_only=read_only)
        return Opened(_prepared(_confined(connection, memory, scratch)), memory, scratch, umask)
    except BaseException as error:
        if scratch:
            scratch.close()
        if umask is not None:
            os.umask(umask)
        if isinstance(error, duckdb.Error):
            raise faults.of_opening(path, error) from None
        raise


def _check(path: Path, *, read_only: bool) -> None:
    """Raises LlmcostError where the engine should not be shown this file."""
    if _SCHEME.match(str(path)):
        raise LlmcostError(f"{path} is not the name of a file", hint="name a file with --db FILE")
    try:
        found = path.stat()
    except FileNotFoundError:
        if read_only:
            raise faults.missing(path) from None
        found = None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise LlmcostError(f"the store {path} cannot be opened: {why}", hint="name a file with --db FILE") from None
    if not read_only and not path.parent.is_dir():
        raise LlmcostError(f"there is no folder {path.parent}", hint="name another store with --db FILE")
    if not read_only and not os.access(path.parent, os.W_OK):  # changes are written next to the store first
        raise faults.no_permission(path, f"to write to the folder {path.parent.absolute()}")
    if found is not None:
        _check_file(path, found, read_only=read_only)


def _check_file(path: Path, found: os.stat_result, *, read_only: bool) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise LlmcostError(f"{path} is a folder, not a store", hint="name a file with --db FILE")
    if not stat.S_ISREG(found.st_mode):
        raise faults.not_a_store(path, "not a regular file")
    try:
        with path.open("rb") as file:
            start = file.read(_MAGIC_AT + len(_MAGIC))
    except PermissionError:
        raise faults.no_permission(path, "to read it") from None
    if start and start[_MAGIC_AT:] != _MAGIC:  # an empty file may be one that another process is making right now
        raise faults.not_a_store(path)
    if not read_only and not os.access(path, os.W_OK):
        raise faults.no_permission(path, "to write to it")


def _scratch(path: Path) -> Scratch | None:
    sweep(path)
    with suppress(OSError):
        return Scratch(path)
    return None


def _confined(
    connection: "duckdb.DuckDBPyConnection", memory: int, scratch: Scratch | None, also: Path | None = None
) -> "duckdb.DuckDBPyConnection":
    """Leaves the connection no file but its own, those in this process's folder, in which it may also spill, and those
    of one folder more."""
    [is_open] = connection.execute("select current_setting('enable_external_access')").fetchone() or (False,)
    if is_open:  # else this process has the same store open already
        folder = f"{scratch.path.absolute()}{os.sep}" if scratch else ""
        connection.execute("set temp_directory = ?", [folder])
        connection.execute(
            "set allowed_directories = ?", [[*([folder] if folder else []), *([f"{also}{os.sep}"] if also else [])]]
        )
        connection.execute("set enable_external_access = false")
        if scratch:
            connection.execute(f"set memory_limit = '{memory} B'")
    return connection


def asked_memory() -> int | None:
    """The bytes that $LLMCOST_MEMORY asks for, if any. Raises LlmcostError where it is no size, or too small a one."""
    if not (text := os.environ.get("LLMCOST_MEMORY", "").strip()):
        return None
    asked = _ASKED.fullmatch(text)
    size = int(asked[1]) * _UNITS[asked[2].lower()] if asked else 0
    if size < _LEAST_BYTES:
        raise LlmcostError("LLMCOST_MEMORY is not a size of 256 MiB or more", hint="write it like 2GiB")
    return size


def _memory(connection: "duckdb.DuckDBPyConnection", asked: int | None, *, read_only: bool) -> int:
    """What the engine may hold, before it is told so: never more than it would use by itself."""
    [chosen] = connection.execute("select parse_formatted_bytes(current_setting('memory_limit'))").fetchone() or (0,)
    share = min(MOST_BYTES, int(chosen) // _SHARE) if read_only else 0
    return min(int(chosen), asked or max(MEMORY_BYTES, share))


def _prepared(connection: "duckdb.DuckDBPyConnection") -> "duckdb.DuckDBPyConnection":
    for setting in (
        "set TimeZone = 'UTC'",
        "set python_enable_replacements = false",  # a Python variable must never shadow a relation
    ):
        connection.execute(setting)
    [draws] = connection.execute("select current_setting('enable_progress_bar')").fetchone() or (False,)
    if draws:  # in a notebook without ipywidgets nothing is drawn, and even setting it to false is refused
        connection.execute("set enable_progress_bar = false")
    for macro in registry.macros().values():
        connection.execute(macro)
    return connection
