"""`llmcost prices`: prices with their validity and source."""

from datetime import datetime
from typing import Annotated

import typer

from llmcost.commands import options


def prices(
    model: Annotated[
        str | None, typer.Argument(metavar="[MODEL]", help="A model, by its name in a log or in the price table.")
    ] = None,
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="Only prices valid on that day.")] = None,
    result_format: options.ResultFormat = options.Format.table,
    output: options.Output = None,
    db: options.Db = None,
) -> None:
    """Show prices with their validity and source, and the models in the store without a price."""
    from llmcost.engine import store
    from llmcost.errors import UsageError
    from llmcost.prices import book
    from llmcost.views.prices import PricesView

    try:
        day = datetime.fromisoformat(on).date() if on else None
    except ValueError:
        raise UsageError(f"--on {on} is not a date", hint="for example 2026-08-01") from None
    out = options.output(result_format, output)
    if model is None:
        with options.reading(db, out) as opened:
            found = book.listing(opened, day)
    else:
        with store.in_memory() as opened:
            book.resolve(opened, model)
            found = book.listing(opened, day)
    out.show(PricesView(found))
