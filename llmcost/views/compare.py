"""Two scenarios side by side, and the list of saved ones."""

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.numerals import change
from llmcost.render import cells, tables
from llmcost.render.view import Document, Flat, View
from llmcost.what_ifs.scenarios import Comparison, Scenario

_ROWS = 25
_NAME_WIDTH = 18
_NOTE_LINES = 6


@dataclass(frozen=True)
class CompareView(View):
    """Two scenarios: `a_…` is the first, `b_…` the second, `difference_usd` is b less a."""

    found: Comparison

    def document(self) -> Document:
        found = self.found
        first, second = found.names
        return {"a": first, "b": second, "rows": found.rows, "total": found.total, "notes": found.notes}

    def flat(self) -> Flat:
        return Flat(self.found.rows, [*self.found.dimensions, *self.found.total])

    def screen(self, *, details: bool) -> RenderableType:
        found = self.found
        columns = [
            *(tables.name(name) for name in found.dimensions),
            *(tables.number(cells.brief(name, _NAME_WIDTH), 1) for name in found.names),
            tables.number("difference"), tables.number("share", 2), tables.bar(),
        ]  # fmt: skip
        most = max((abs(row["difference_usd"] or 0.0) for row in found.rows), default=0.0)
        shown = found.rows if details else found.rows[:_ROWS]
        rows = [
            [*(cells.name(row[name]) for name in found.dimensions), *_figures(row), _bar(row, most)] for row in shown
        ]
        blank = [Text("")] * (len(found.dimensions) - 1)
        rows.append([Text("total", style="bold"), *blank, *_figures(found.total), Text("")])
        title = f"Cost by {', '.join(found.dimensions)}{tables.more(len(shown), len(found.rows))}"
        notes = tables.Bullets("Notes", found.notes, at_most=None if details else _NOTE_LINES)
        return Group(tables.Table(columns, rows, title, total=True), notes)


@dataclass(frozen=True)
class ScenariosView(View):
    """The saved scenarios."""

    scenarios: list[Scenario]

    def document(self) -> Document:
        return {"scenarios": self._rows()}

    def flat(self) -> Flat:
        return Flat(self._rows(), ["scenario", "steps"])

    def screen(self, *, details: bool) -> RenderableType:
        if not self.scenarios:
            return Text("There are no saved scenarios. Save one with: llmcost simulate --what-if … --save NAME")
        rows = [[cells.name(one.name), Text(", then ".join(one.words))] for one in self.scenarios]
        return tables.Table([tables.name("scenario"), tables.words("steps")], rows)

    def _rows(self) -> list[dict[str, Any]]:
        return [{"scenario": scenario.name, "steps": list(scenario.words)} for scenario in self.scenarios]


def _figures(row: dict[str, Any]) -> list[Text]:
    before, difference = row["a_cost_usd"], row["difference_usd"]
    known = difference is not None
    share = change(difference / before) if before and known else ""
    sign = "+" if known and difference > 0 else ""
    costs = [cells.usd(row[f"{p}_cost_usd"]) if row[f"{p}_requests"] else Text("–", style="dim") for p in "ab"]
    return [*costs, Text(f"{sign}{cells.usd(difference)}" if known else "–"), Text(share)]


def _bar(row: dict[str, Any], most: float) -> Text:
    difference = row["difference_usd"] or 0.0
    bar = cells.bar(abs(difference) / most if most else 0.0, 16)
    bar.style = "green" if difference <= 0 else "red"
    return bar
