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
    from llmcost import session
    from llmcost.engine import store
    from llmcost.errors import UsageError
    from llmcost.prices import book
    from llmcost.render import terminal, text
    from llmcost.views import prices as screen

    try:
        day = datetime.fromisoformat(on).date() if on else None
    except ValueError:
        raise UsageError(f"--on {on} is no date", hint="write it like 2026-08-01") from None
    if model is None:
        with session.reading(store.locate(db)) as opened:
            found = book.listing(opened, day)
    else:
        with store.in_memory() as opened:
            book.resolve(opened, model)
            found = book.listing(opened, day)
    if result_format is options.Format.json:
        document = {"prices": found.prices, "unpriced": found.unpriced, "aliases": found.aliases}
        terminal.write(text.as_json(document), output)
    elif result_format is options.Format.table:
        terminal.show(screen.show(found.prices, found.unpriced, found.aliases), output)
    else:
        write = text.as_csv if result_format is options.Format.csv else text.as_markdown
        terminal.write(write(found.prices, list(found.prices[0]) if found.prices else []), output)
