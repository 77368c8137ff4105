"""A store open for a command, with prices and features as the price package and `llmcost.toml` say now."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from llmcost.attribution import apply
from llmcost.engine import store
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError
from llmcost.prices import book


@contextmanager
def reading(path: Path) -> Iterator[Store]:
    """A store open for reading. Prices and features are updated first, where this process may write to the store."""
    with store.reading(path) as opened:
        if not book.is_stale(opened) and not apply.is_stale(opened):
            yield opened
            return
    with suppress(LlmcostError), store.writing(path) as opened:
        book.refresh(opened)
        apply.refresh(opened)
    with store.reading(path) as opened:
        yield opened
