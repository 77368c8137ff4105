"""A store open for a command, with prices and features as the price package and `llmcost.toml` say now."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from llmcost import config
from llmcost.attribution import apply, tickets
from llmcost.engine import access
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError, UsageError
from llmcost.prices import book


@contextmanager
def reading(path: Path, timezone: str | None = None) -> Iterator[Store]:
    """A store open for reading. Prices and features are updated first, where this process may write to the store.

    Its days, weeks, months and hours are those of a time zone: this one, else that of `llmcost.toml`, else UTC.
    """
    with access.reading(path) as opened:
        if not book.is_stale(opened) and not apply.is_stale(opened):
            _equip(opened, timezone)
            yield opened
            return
    with suppress(LlmcostError), access.writing(path) as opened:
        book.refresh(opened)
        apply.refresh(opened)
    with access.reading(path) as opened:
        _equip(opened, timezone)
        yield opened


def _equip(opened: Store, timezone: str | None) -> None:
    set_clock(opened, timezone)
    tickets.define(opened)


def set_clock(opened: Store, timezone: str | None = None) -> None:
    """Makes days, weeks, months and hours those of this time zone, else of that of `llmcost.toml`, else UTC."""
    if timezone is not None:
        try:
            opened.use_zone(timezone)
        except UsageError as error:
            raise UsageError(f"--timezone {error.message}", hint=error.hint) from None
    elif (configured := config.text("timezone")) is not None:
        try:
            opened.use_zone(configured)
        except UsageError as error:
            raise LlmcostError(f"{config.path()}: timezone: {error.message}", hint=error.hint) from None
