"""`llmcost repair`: what can be read of a damaged store, in a new one."""

from pathlib import Path
from typing import Annotated

import typer

from llmcost.commands import options


def repair(
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The store to create.")],
    db: options.Db = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Copy what can be read of a damaged store to a new one. The damaged one stays as it is."""
    from llmcost.engine import store
    from llmcost.ingest import repair
    from llmcost.views.repair import RepairView

    rescued = repair.repair(store.locate(db), new)
    options.output("json" if as_json else "table", None).show(RepairView(rescued, new))
