"""`llmcost ingest`: log files into the store."""

from typing import Annotated

import typer

from llmcost.commands import options


def ingest(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH…", help="Files, folders, globs, or - for standard input.")
    ],
    format_asked: Annotated[
        str,
        typer.Option("--format", metavar="NAME", help="The logs' format; auto tells it by their content."),
    ] = "auto",
    db: options.Db = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the account as JSON.")] = False,
) -> None:
    """Read logs into the store: plain, .gz or .zst; what is there already adds nothing."""
    from llmcost import ingest as ingestion
    from llmcost import store
    from llmcost.render import terminal, text
    from llmcost.screens import account as screen

    with (
        store.writing(store.locate(db)) as opened,
        terminal.byte_progress("reading") as (start, advance),
    ):
        account = ingestion.ingest(opened, paths, format_asked, ingestion.Progress(start, advance))
    if as_json:
        typer.echo(text.as_json(screen.document(account)), nl=False)
    else:
        terminal.console().print(screen.show(account, store.locate(db)))
