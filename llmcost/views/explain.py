"""How lines are read."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from llmcost.ingest.explain import Line
from llmcost.render import terminal


def show(lines: list[Line]) -> RenderableType:
    """Each line with its format, what its fields became, and what was ignored."""
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
