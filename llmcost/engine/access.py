"""Opens stores: to read them, to change them, and as they are; those of an earlier schema are upgraded."""

import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from llmcost.engine import faults, layout, migrations, opening
from llmcost.engine.store import Store, files, in_memory
from llmcost.errors import LlmcostError, StoreInUseError

READ_PATIENCE_S = 2.0
"""How long a reader waits for its turn: who follows a log holds the store for moments."""


def reading(path: Path) -> Store:
    """Opens an existing store without the right to change it; temporary relations are allowed.

    A store of an earlier schema is brought up to this one first.
    """
    store = _open_patiently(path)
    if _version(store) < migrations.newest():
        store.close()
        try:
            writing(path).close()
        except LlmcostError as error:
            raise LlmcostError(
                f"{path} is a store of an earlier version of llmcost and has to be upgraded first: {error.message}",
                hint=error.hint,
            ) from None
        store = _open_patiently(path)
        _version(store)
    return store


def glance(path: Path, sql: str, parameters: Mapping[str, Any]) -> list[Any]:
    """The first column of a statement's result; nothing, and without waiting, where the store cannot be read."""
    try:
        with Store(opening.of_file(path, read_only=True), path) as opened:
            return [next(iter(row.values())) for row in opened.rows(sql, parameters)]
    except Exception:
        return []


def reading_only(path: Path, folder: Path) -> Store:
    """Opens a store without ever changing its file: one of an earlier schema is copied to a folder and upgraded there.

    Raises LlmcostError where it cannot be opened, or its tables are not those of a store.
    """
    store = _open_patiently(path)
    if _version(store) < migrations.newest():
        store = _upgraded_copy(store, folder)
    with _closing_what_fails(store), in_memory() as new:
        layout.check_columns(store, new)
    store.path = path  # what errors name
    return store


def writing(path: Path) -> Store:
    """Opens a store for changes, makes it first where there is none, and brings it up to this schema."""
    store = _open_for_changes(path)
    with _closing_what_fails(store):
        if store.value("select count(*) from duckdb_tables() where not internal") == 0:
            layout.create(store)
    version = _version(store)
    if version < migrations.newest():
        store.close()
        _upgrade(path, version)
        store = _open_for_changes(path)
        _version(store)
    return store


def rewrite(path: Path, afterwards: str) -> None:
    """Rewrites the store's file with what it holds now: what was deleted or changed is no longer in its free blocks.

    `afterwards` is a statement for the new file alone. Raises LlmcostError where it cannot be written; then the file is
    as it was.
    """
    with _open_for_changes(path) as store:
        folder = store.folder()
        if folder is None:
            raise faults.no_permission(path, f"to write to the folder {path.parent.absolute()}")
        made = folder / "rewritten.duckdb"
        store.execute(f"attach '{str(made).replace(chr(39), chr(39) * 2)}' as rewritten")
        name = store.value("select '\"' || replace(current_database(), '\"', '\"\"') || '\"'")
        store.execute(f"copy from database {name} to rewritten")
        store.execute("use rewritten")
        store.execute(afterwards)
        store.execute(f"use {name}")
        store.execute("detach rewritten")
        made.chmod(stat.S_IMODE(path.stat().st_mode))
        kept = path.with_name(f"{folder.name}.rewritten")  # the folder goes with the store
        made.rename(kept)
    kept.replace(path.resolve())


def _upgraded_copy(store: Store, folder: Path) -> Store:
    """A copy of an open store in this schema. Closes the store, which nobody changes while it is copied."""
    copy = folder / "upgraded.duckdb"
    try:
        for file in files(copy):
            file.unlink()
        for file in files(store.path):
            shutil.copyfile(file, f"{copy}{'.wal' if file != store.path else ''}")
    except OSError as error:
        raise LlmcostError(
            f"{store.path} is a store of an earlier version of llmcost, and it cannot be copied: {error.strerror}",
            hint=f"make room in {folder.parent}, or upgrade it: llmcost report --db {store.path}",
        ) from None
    finally:
        store.close()
    try:
        return reading(copy)
    except LlmcostError as error:
        raise LlmcostError(error.message.replace(str(copy), str(store.path)), hint=error.hint) from None


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
        if layout.version(store) == version:  # no other process did it meanwhile
            with in_memory() as new:
                migrations.upgrade(store, version, new)
    except Exception as error:
        if meant := faults.meaning(path, error):
            raise meant from None
        raise LlmcostError(
            f"{path} cannot be upgraded to this version of llmcost: {str(error).splitlines()[0]}",
            hint=f"the store is unchanged (schema {version}), and a copy is at {copy}",
        ) from None
    finally:
        store.close()
    copy.unlink()


def _open_for_changes(path: Path) -> Store:
    store = Store(opening.of_file(path, read_only=False), path)
    store.execute("set preserve_insertion_order = false")  # loading is faster; reading keeps it: kernels need order
    return store


def _open_patiently(path: Path) -> Store:
    patient_until_s = time.monotonic() + READ_PATIENCE_S
    while True:
        try:
            return Store(opening.of_file(path, read_only=True), path)
        except StoreInUseError:
            if time.monotonic() > patient_until_s:
                raise
            time.sleep(0.05)


def _version(store: Store) -> int:
    """The schema of an open store. Closes it where it is not one that this program can read, and says why."""
    with _closing_what_fails(store):
        return layout.version(store)


@contextmanager
def _closing_what_fails(store: Store) -> Iterator[None]:
    """Closes a store that is not open for the caller yet when something fails, and raises what that means."""
    try:
        yield
    except BaseException as error:
        store.close()
        raise faults.meaning(store.path, error) or error from None
