"""Two scenarios side by side, and the list of those that were kept."""

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.render import terminal
from llmcost.render.view import Document, Flat, View
from llmcost.what_ifs.scenarios import Comparison, Scenario


@dataclass(frozen=True)
class CompareView(View):
    """Two scenarios: `a_…` is of the first, `b_…` of the second, `difference_usd` is b less a."""

    found: Comparison

    def document(self) -> Document:
        found = self.found
        first, second = found.names
        return {"a": first, "b": second, "rows": found.rows, "total": found.total, "notes": found.notes}

    def flat(self) -> Flat:
        return Flat(self.found.rows, [*self.found.dimensions, *self.found.total])

    def screen(self) -> RenderableType:
        found = self.found
        headings = [(name, "left") for name in found.dimensions]
        headings += [(terminal.name(name, 18).plain, "right") for name in found.names]
        headings += [("difference", "right"), ("", "right"), ("", "left")]
        most = max((abs(row["difference_usd"] or 0.0) for row in found.rows), default=0.0)
        cells = [
            [*(terminal.name(row[name], 32) for name in found.dimensions), *_figures(row), _bar(row, most)]
            for row in found.rows
        ]
        blank = [Text("")] * (len(found.dimensions) - 1)
        cells.append([Text("total", style="bold"), *blank, *_figures(found.total), Text("")])
        parts: list[RenderableType] = [terminal.table(headings, cells, rule_before_last=True)]
        if found.notes:
            parts.append(terminal.bullets("What is compared", found.notes))
        return Group(*parts)


@dataclass(frozen=True)
class ScenariosView(View):
    """The scenarios that are kept."""

    scenarios: list[Scenario]

    def document(self) -> Document:
        return {"scenarios": self._rows()}

    def flat(self) -> Flat:
        return Flat(self._rows(), ["scenario", "steps"])

    def screen(self) -> RenderableType:
        if not self.scenarios:
            return Text("No scenario is kept here. Keep one with: llmcost simulate --what-if … --save NAME")
        cells: list[list[RenderableType]] = [
            [terminal.name(scenario.name), terminal.name(", then ".join(scenario.words), 200)]
            for scenario in self.scenarios
        ]
        return terminal.table([("scenario", "left"), ("steps", "left")], cells)

    def _rows(self) -> list[dict[str, Any]]:
        return [{"scenario": scenario.name, "steps": list(scenario.words)} for scenario in self.scenarios]


def _figures(row: dict[str, Any]) -> list[RenderableType]:
    before, difference = row["a_cost_usd"], row["difference_usd"]
    known = difference is not None
    share = f"{difference / before:+.1%}" if before and known else ""
    sign = "+" if known and difference > 0 else ""
    costs = [terminal.usd(row[f"{p}_cost_usd"]) if row[f"{p}_requests"] else Text("–", style="dim") for p in "ab"]
    return [*costs, Text(f"{sign}{terminal.usd(difference)}" if known else "–"), Text(share)]


def _bar(row: dict[str, Any], most: float) -> Text:
    difference = row["difference_usd"] or 0.0
    bar = terminal.bar(abs(difference) / most if most else 0.0, 16)
    bar.style = "green" if difference <= 0 else "red"
    return bar
