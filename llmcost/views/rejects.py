"""Lines that could not be taken, by reason."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.render import terminal
from llmcost.render.view import Document, Flat, View

_COLUMNS = ("reason", "format", "file", "line", "excerpt")
_EXCERPT = 56


@dataclass(frozen=True)
class RejectsView(View):
    """Every rejected line; for a person the first `top` of each reason."""

    rows: list[dict[str, Any]]
    top: int

    def document(self) -> Document:
        return {"rejects": self.rows}

    def flat(self) -> Flat:
        return Flat(self.rows, _COLUMNS)

    def screen(self) -> RenderableType:
        return _screen(self.rows, self.top)


def _screen(rows: list[dict[str, Any]], top: int) -> RenderableType:
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
