"""What could be saved of a damaged store."""

from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.engine.rescue import Rescued
from llmcost.render import cells, tables
from llmcost.render.text import visible
from llmcost.render.view import Document, View


@dataclass(frozen=True)
class RepairView(View):
    """The rows of each table that were copied and lost; on a screen only tables that had some."""

    rescued: list[Rescued]
    new: Path

    def document(self) -> Document:
        return {"store": str(self.new), "tables": [asdict(one) for one in self.rescued]}

    def screen(self, *, details: bool) -> RenderableType:
        shown = [one for one in self.rescued if details or one.rows or not one.is_whole]
        rows = [
            [
                cells.name(one.table),
                cells.exact(one.rows),
                _lost(one),
            ]
            for one in shown
        ]
        table = tables.Table([tables.name("table"), tables.number("copied"), tables.number("lost")], rows)
        is_whole = all(one.is_whole for one in self.rescued)
        said = (
            "Nothing is lost."
            if is_whole
            else "Read the logs that you still have again to restore what is lost: llmcost ingest PATH"
        )
        return Group(table, Text(f"New store: {visible(str(self.new))}. {said}"))


def _lost(one: Rescued) -> Text:
    return Text("unknown") if one.lost is None else cells.exact(one.lost)
