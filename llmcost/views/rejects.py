"""Lines that could not be taken, by reason."""

from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.render import terminal

_EXCERPT = 56


def show(rows: list[dict[str, Any]], top: int) -> RenderableType:
    """The first lines of each reason, with file, line and beginning."""
    if not rows:
        return Text("No line was rejected.")
    parts: list[RenderableType] = []
    for reason, number in Counter(row["reason"] for row in rows).most_common():
        shown = [row for row in rows if row["reason"] == reason][:top]
        thing = "file" if shown[0]["line"] is None else "line"
        cells: list[list[RenderableType]] = [
            [
                terminal.name(Path(row["file"] or "-").name, 28),
                terminal.exact(row["line"]),
                terminal.name((row["excerpt"] or "").strip(), _EXCERPT),
            ]
            for row in shown
        ]
        more = f", the first {top}" if number > top else ""
        title = f"{reason}: {terminal.counted(number, thing)}{more}"
        parts.append(terminal.table([("file", "left"), ("line", "right"), ("begins", "left")], cells, title=title))
    return Group(*parts)
