"""What the engine's errors mean to whoever runs a command: in use, damaged, no room, no permission, interrupted."""

import re
from pathlib import Path

from llmcost.errors import LlmcostError, StoreInUseError

_INTERRUPTED = re.compile(r" registered as '\w+' failed: .*\bKeyboardInterrupt\b", re.DOTALL)
_FULL = ("no space left", "file too large", "quota exceeded", "max_temp_directory_size")
"""What the engine says where a disk, a quota or the room for temporary files is used up."""
_DAMAGED = ("corrupt database file", "could not read enough bytes", "checksum", "serialization error")
_USE_ANOTHER = "name another store with --db FILE"


def meaning(path: Path, error: BaseException) -> BaseException | None:
    """What an error of the engine with an open store means; None where it is about the statement or the data."""
    import duckdb

    if _is_interrupt(error):
        return KeyboardInterrupt()
    if not isinstance(error, duckdb.Error) or is_about_a_value(error):
        return None
    if is_full(str(error)):
        return no_room(path)
    if is_damage(error):
        return damaged(path)
    if (
        isinstance(error, duckdb.IOException | duckdb.TransactionException)
        and "permission denied" in str(error).lower()
    ):
        return no_permission(path)
    return None


def of_opening(path: Path, error: BaseException) -> LlmcostError:
    """Why the engine did not open a file that begins like a store."""
    text = str(error).lower()
    if is_full(text):
        return no_room(path)
    if is_damage(error):
        return damaged(path)
    if "could not set lock" in text or "conflicting lock" in text:
        return StoreInUseError(
            f"the store {path} is in use by another process",
            hint="wait until it has finished, or use --db FILE",
        )
    if "version number" in text:
        return LlmcostError(
            f"{path} was written by a newer version of DuckDB than this one",
            hint="upgrade it: pip install --upgrade duckdb",
        )
    if "not a valid duckdb" in text:
        return not_a_store(path)
    if "permission denied" in text or "read-only file system" in text:
        return no_permission(path)
    return LlmcostError(f"the store {path} cannot be opened: {str(error).splitlines()[0]}", hint=_USE_ANOTHER)


def is_about_a_value(error: BaseException) -> bool:
    """Whether the engine refuses a value of the data, not the statement."""
    import duckdb

    return isinstance(error, duckdb.DataError | duckdb.InvalidInputException)


def needs_memory(error: BaseException) -> bool:
    """Whether the engine had to stop because of the memory that it may use."""
    import duckdb

    return isinstance(error, duckdb.OutOfMemoryException)


def is_full(text: str) -> bool:
    """Whether an error says that there is no room left to write."""
    return any(words in text.lower() for words in _FULL)


def is_damage(error: BaseException) -> bool:
    """Whether an error says that the store's file does not hold what was written to it."""
    return not is_about_a_value(error) and any(words in str(error).lower() for words in _DAMAGED)


def _is_interrupt(error: BaseException) -> bool:
    """Whether this is a Ctrl-C: the engine reports one in a statement, or in Python code that it calls for its rows."""
    import duckdb

    if isinstance(error, duckdb.Error):
        return _INTERRUPTED.search(str(error)) is not None
    return type(error) is RuntimeError and str(error) == "Query interrupted"


def no_room(path: Path) -> LlmcostError:
    return LlmcostError(
        f"no room left on the disk of the store {path}",
        hint="make room, or use --db FILE on another disk, and run it again; no file was stored in part",
    )


def missing(path: Path) -> LlmcostError:
    return LlmcostError(f"there is no store at {path}", hint="create one with: llmcost ingest PATH")


def newer(path: Path, schema: int, known: int) -> LlmcostError:
    return LlmcostError(
        f"{path} was written by a newer version of llmcost (schema {schema}, here {known})",
        hint="upgrade with: pip install --upgrade llmcost-cli",
    )


def not_a_store(path: Path, but: str = "") -> LlmcostError:
    return LlmcostError(f"{path} is not an llmcost store{but and f': {but}'}", hint=_USE_ANOTHER)


def another_programs(path: Path) -> LlmcostError:
    return LlmcostError(f"{path} is another program's DuckDB file", hint=_USE_ANOTHER)


def no_permission(path: Path, to: str = "") -> LlmcostError:
    return LlmcostError(f"the store {path} cannot be opened: no permission{to and f' {to}'}", hint=_USE_ANOTHER)


def damaged(path: Path, what: str = "") -> LlmcostError:
    return LlmcostError(
        f"the store {path} is damaged{what and f': {what}'}",
        hint=f"copy what can be read to a new store with: llmcost repair NEW --db {path}",
    )
