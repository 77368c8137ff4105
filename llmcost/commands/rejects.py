"""`llmcost rejects`: the lines that could not be read."""

from typing import Annotated

import typer

from llmcost.commands import options


def rejects(
    top: Annotated[int, typer.Option("--top", min=1, help="Lines to show for each reason in the table.")] = 10,
    result_format: options.ResultFormat = options.Format.table,
    output: options.Output = None,
    db: options.Db = None,
    lake: options.Lake = None,
) -> None:
    """List the lines that could not be read: why, where, and how they are built. Kept texts are shown too."""
    from llmcost.reports import ledger
    from llmcost.views.rejects import RejectsView

    out = options.output(result_format, output)
    with options.reading(options.Source(db, lake), out) as opened:
        rows = ledger.rejects(opened)
    out.show(RejectsView(rows, top))
