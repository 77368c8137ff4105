"""`llmcost merge`: the stores of other machines into this one."""

from pathlib import Path
from typing import Annotated

import typer

from llmcost.commands import options


def merge(
    others: Annotated[
        list[Path], typer.Argument(metavar="OTHER…", help="Stores of other machines; they stay as they are.")
    ],
    machine: Annotated[
        list[str] | None,
        typer.Option(
            "--machine",
            metavar="NAME",
            help="The name of a store's machine, once for each store, in order. Default: the file's name, or for"
            " llmcost.duckdb the folder's.",
        ),
    ] = None,
    db: options.Db = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Add the stores of other machines to this one. A call that several of them have counts once.

    All stores are merged, or none. Merging a store again adds only what is new in it.
    """
    from llmcost.engine import store
    from llmcost.ingest import merge, new_store
    from llmcost.views.merge import MergeView

    path = store.locate(db)
    merge.check(path, others, machine or [])
    with new_store.writing(path) as opened:
        merged = merge.merge(opened, others, machine or [])
    options.output("json" if as_json else "table", None).show(MergeView(merged, path))
