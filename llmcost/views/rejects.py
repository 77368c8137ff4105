"""Lines that could not be read, by reason."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.render import cells, tables
from llmcost.render.text import visible
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

    def screen(self, *, details: bool) -> RenderableType:
        """The first lines of each reason, with file, line and beginning."""
        if not self.rows:
            return Text("No line was rejected.")
        parts: list[RenderableType] = []
        for reason, number in Counter(row["reason"] for row in self.rows).most_common():
            shown = [row for row in self.rows if row["reason"] == reason][: self.top]
            rows = [
                [
                    cells.name(Path(row["file"] or "-").name),
                    cells.exact(row["line"]),
                    Text(cells.shortened(visible((row["excerpt"] or "").strip()), _EXCERPT, 1)),
                ]
                for row in shown
            ]
            thing = "file" if shown[0]["line"] is None else "line"
            columns = [tables.name("file"), tables.number("line"), tables.words("begins with")]
            title = f"{visible(reason)}: {cells.counted(number, thing)}{_first(len(shown), number)}"
            parts.append(tables.Table(columns, rows, title))
        return Group(*parts)


def _first(shown: int, every: int) -> str:
    return f", the first {shown}; --top N shows more" if shown < every else ""
