"""How lines are read."""

from dataclasses import asdict, dataclass

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from llmcost.ingest.explain import Line
from llmcost.render import terminal
from llmcost.render.view import Document, View


@dataclass(frozen=True)
class ExplainView(View):
    """Each line with its format, what its fields became, and what was ignored."""

    lines: list[Line]

    def document(self) -> Document:
        return {"lines": [asdict(line) for line in self.lines]}

    def screen(self) -> RenderableType:
        return _screen(self.lines)


def _screen(lines: list[Line]) -> RenderableType:
    parts: list[RenderableType] = []
    for line in lines:
        parts.append(Text(f"line {line.number:,}: {line.format}, {line.outcome}", style="bold"))
        if line.fields:
            cells: list[list[RenderableType]] = [
                [Text(field), terminal.name(value, 76)] for field, value in line.fields.items()
            ]
            parts.append(Padding(terminal.table([("column", "left"), ("value", "left")], cells), (0, 0, 0, 2)))
        if line.ignored:
            parts.append(Padding(Text("not read: " + ", ".join(line.ignored), style="dim"), (0, 0, 1, 2)))
    return Group(*parts) if parts else Text("No line of the file is claimed by a format.")
