"""`llmcost rejects`: the lines that could not be taken."""

from typing import Annotated

import typer

from llmcost.commands import options

_COLUMNS = ["reason", "format", "file", "line", "excerpt"]


def rejects(
    top: Annotated[int, typer.Option("--top", min=1, help="Lines to show of each reason in the table.")] = 10,
    result_format: options.ResultFormat = options.Format.table,
    output: options.Output = None,
    db: options.Db = None,
) -> None:
    """List the lines that could not be read as a call: why, where, and how they begin, secrets redacted."""
    from llmcost.engine import registry, store
    from llmcost.render import terminal, text
    from llmcost.views import rejects as screen

    with store.reading(store.locate(db)) as opened:
        rows = opened.rows(registry.find("reports", "rejects").body)
    if result_format is options.Format.json:
        terminal.write(text.as_json({"rejects": rows}), output)
    elif result_format is options.Format.table:
        terminal.show(screen.show(rows, top), output)
    else:
        write = text.as_csv if result_format is options.Format.csv else text.as_markdown
        terminal.write(write(rows, _COLUMNS), output)
