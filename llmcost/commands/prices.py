"""`llmcost prices`: which price holds, since when, and where it comes from."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from llmcost.commands import options

if TYPE_CHECKING:
    from llmcost.views.cache_rule import CacheRuleView


def prices(
    model: Annotated[
        str | None,
        typer.Argument(metavar="[MODEL]", help="A model, by a log's name for it or its plain name, like mistral-7b."),
    ] = None,
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="Only prices that hold on that day.")] = None,
    cache: Annotated[
        bool,
        typer.Option("--cache", help="Show the rule of MODEL's prompt cache with its source, not prices."),
    ] = False,
    update: Annotated[
        bool,
        typer.Option(
            "--update", help="First fetch the current data of genai-prices and keep it in the store (network)."
        ),
    ] = False,
    result_format: options.ResultFormat = options.Format.table,
    output: options.Output = None,
    db: options.Db = None,
) -> None:
    """Show prices with their validity and source, who else sells a model, and the models in the store without one."""
    from llmcost.engine import store
    from llmcost.errors import UsageError
    from llmcost.prices import book
    from llmcost.render import terminal
    from llmcost.views.prices import PricesView

    try:
        day = datetime.fromisoformat(on).date() if on else None
    except ValueError:
        raise UsageError(f"--on {on} is no date", hint="write it like 2026-08-01") from None
    out = options.output(result_format, output)
    if cache:
        out.show(_cache(model, day))
        return
    if update:
        with store.writing(store.locate(db)) as writable:
            fetched = book.update(writable)
        terminal.status(f"fetched the price data of {fetched:%Y-%m-%d %H:%M} UTC into {store.locate(db)}")
    if model is None:
        with options.reading(db, out) as opened:
            found = book.listing(opened, day)
    elif store.locate(db).exists():
        with options.reading(db, out) as opened:
            found = book.listing_of(opened, model, day)
    else:
        with store.in_memory() as opened:
            found = book.listing_of(opened, model, day)
    out.show(PricesView(found))


def _cache(model: str | None, day: date | None) -> "CacheRuleView":
    from llmcost.engine import store
    from llmcost.errors import UsageError
    from llmcost.prices import book, cache_rules
    from llmcost.views.cache_rule import CacheRuleView

    if model is None:
        raise UsageError("--cache needs a model", hint="like: llmcost prices gpt-5.6-sol --cache")
    with store.in_memory() as opened:
        provider, billed = book.resolve(opened, model)
    rule = cache_rules.rule_of(provider, billed, day or date.today())
    return CacheRuleView(provider, billed, rule, cache_rules.is_stale(rule, date.today()))
