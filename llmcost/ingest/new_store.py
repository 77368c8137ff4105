"""A store open for changes, which is not left behind where it was new and nothing came into it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from llmcost.engine import access, store
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError, StoreInUseError

_HEADERS_BYTES = 3 * 4096
"""What the engine writes into a new file before any table; on a full disk it may not come further."""


@contextmanager
def writing(path: Path) -> Iterator[Store]:
    """The store at a path, made where there is none. One that was made for a block that fails is removed if empty."""
    is_new = not path.exists()
    try:
        with access.writing(path) as opened:
            yield opened
    except BaseException:
        if is_new and path.exists() and _is_empty(path):
            for file in store.files(path):
                file.unlink()
        raise


def _is_empty(path: Path) -> bool:
    """Whether it holds nothing. What cannot be opened and may hold a table is left for `llmcost repair`."""
    try:
        with access.reading(path) as opened:
            return not any(opened.value(f"select count(*) from {table}") for table in ("requests", "ledger", "rejects"))
    except StoreInUseError:
        return False
    except LlmcostError:
        store_file, *changes = store.files(path)
        return store_file.stat().st_size <= _HEADERS_BYTES and not any(file.stat().st_size for file in changes)
