"""A store open for a command, with prices and features as the price package and `llmcost.toml` say now."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost import config
from llmcost.attribution import apply, tickets
from llmcost.engine import access
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError, UsageError
from llmcost.prices import book

if TYPE_CHECKING:
    from llmcost.engine import lake
    from llmcost.engine.spark import start, watch


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


@contextmanager
def reading_lake(
    address: str, timezone: str | None = None, spark: "start.Given | Any | None" = None
) -> Iterator[Store]:
    """A lake open for reading, with the prices and features that it was written with.

    Spark reads it where that is given: which cluster, or a session of Spark's that is there and is left as it is.
    Raises LlmcostError where there is none, or it is not whole.
    """
    from llmcost.engine import lake
    from llmcost.render import terminal

    found = lake.find(address)
    with lake.reading(found) if spark is None else _by_spark(found, spark) as opened:
        if book.is_stale(opened) or apply.is_stale(opened):
            terminal.status(
                "prices and features are those of the export; write the lake again for what has changed since"
            )
        _equip(opened, timezone)
        yield opened


@contextmanager
def _by_spark(found: "lake.Lake", spark: "start.Given | Any") -> Iterator[Store]:
    """With a session of our own, and what it is at on a terminal; or with one that is there."""
    from llmcost.engine.spark import start, store

    if not isinstance(spark, start.Given):
        with store.over(start.apart(spark), found) as opened:
            yield opened
        return
    with on_cluster(spark) as (made, _), store.over(made, found) as opened:
        yield opened


@contextmanager
def on_cluster(given: "start.Given") -> "Iterator[tuple[Any, watch.Tell]]":
    """A session of Spark's, stopped when the block is done, whose stages a terminal shows; and what says more there."""
    from llmcost.engine.spark import start, watch
    from llmcost.render import terminal

    with terminal.stage_progress() as tell, start.session(given) as spark, watch.telling(spark, tell):
        yield spark, tell


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
