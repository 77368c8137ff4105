"""How lines are read."""

from dataclasses import asdict, dataclass

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from llmcost.ingest.explain import Line
from llmcost.render import cells, tables
from llmcost.render.text import visible
from llmcost.render.view import Document, View


@dataclass(frozen=True)
class ExplainView(View):
    """Each line with its format, what its fields became, and what was ignored."""

    lines: list[Line]

    def document(self) -> Document:
        return {"lines": [asdict(line) for line in self.lines]}

    def screen(self, *, details: bool) -> RenderableType:
        parts: list[RenderableType] = []
        for line in self.lines:
            parts.append(Text(f"line {line.number:,}: {line.format}, {line.outcome}", style="bold"))
            if line.fields:
                rows = [[Text(field), cells.name(value)] for field, value in line.fields.items()]
                table = tables.Table([tables.name("column"), tables.words("value")], rows)
                parts.append(Padding(table, (0, 0, 0, 2)))
            if line.ignored:
                parts.append(Padding(Text(f"not read: {visible(', '.join(line.ignored))}", style="dim"), (0, 0, 1, 2)))
        return Group(*parts) if parts else Text("No format claims a line of this file.")
