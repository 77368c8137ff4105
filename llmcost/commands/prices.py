"""`llmcost prices`: which price holds, since when, and where it comes from."""

from datetime import datetime
from typing import Annotated

import typer

from llmcost.commands import options


def prices(
    model: Annotated[
        str | None, typer.Argument(metavar="[MODEL]", help="A model, as a log or the price table names it.")
    ] = None,
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="Only prices that hold on that day.")] = None,
    result_format: options.ResultFormat = options.Format.table,
    output: options.Output = None,
    db: options.Db = None,
) -> None:
    """Show prices with their validity and source, and the models in the store that have none."""
    from llmcost.engine import store
    from llmcost.errors import UsageError
    from llmcost.prices import book
    from llmcost.views.prices import PricesView

    try:
        day = datetime.fromisoformat(on).date() if on else None
    except ValueError:
        raise UsageError(f"--on {on} is no date", hint="write it like 2026-08-01") from None
    out = options.output(result_format, output)
    if model is None:
        with options.reading(db, out) as opened:
            found = book.listing(opened, day)
    else:
        with store.in_memory() as opened:
            book.resolve(opened, model)
            found = book.listing(opened, day)
    out.show(PricesView(found))
