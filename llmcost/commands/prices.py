"""`llmcost prices`: prices with their validity and source."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from llmcost.commands import completion, options

if TYPE_CHECKING:
    from llmcost.views.cache_rule import CacheRuleView


def prices(
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODEL]",
            help="A model, by its name in a log or its plain name, for example mistral-7b.",
            autocompletion=completion.values("model"),
        ),
    ] = None,
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="Only prices valid on that day.")] = None,
    cache: Annotated[
        bool,
        typer.Option("--cache", help="Show the rule of the model's prompt cache with its source instead."),
    ] = False,
    update: Annotated[
        bool,
        typer.Option(
            "--update", help="First download the current prices of genai-prices into the store (uses the network)."
        ),
    ] = False,
    result_format: options.ResultFormat = options.Format.table,
    output: options.Output = None,
    db: options.Db = None,
) -> None:
    """Show prices with their validity and source, other providers of a model, and stored models without a price."""
    from llmcost.engine import access, store
    from llmcost.errors import UsageError
    from llmcost.prices import book
    from llmcost.render import terminal
    from llmcost.views.prices import PricesView

    try:
        day = datetime.fromisoformat(on).date() if on else None
    except ValueError:
        raise UsageError(f"--on {on} is not a date", hint="for example 2026-08-01") from None
    out = options.output(result_format, output)
    if cache:
        out.show(_cache(model, day))
        return
    if update:
        with access.writing(store.locate(db)) as writable:
            fetched = book.update(writable)
        terminal.status(f"downloaded the prices of {fetched:%Y-%m-%d %H:%M} UTC into {store.locate(db)}")
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
        raise UsageError("--cache needs a model", hint="for example: llmcost prices gpt-5.6-sol --cache")
    on, today = day or date.today(), date.today()
    with store.in_memory() as opened:
        try:
            provider, billed = book.resolve(opened, model)
        except UsageError:  # a rule needs no price
            provider, _, billed = model.rpartition("/")
            if not cache_rules.rule_of(provider, billed, on)["known"]:
                raise
    rule, marked = cache_rules.rule_of(provider, billed, on), cache_rules.marked_rule_of(provider, billed, on)
    stale = [cache_rules.is_stale(one, today) for one in (rule, marked) if one]
    return CacheRuleView(provider, billed, rule, stale[0], marked, stale[-1])
