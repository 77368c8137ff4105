"""What the stores of other machines have added."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.ingest.merge import Merged
from llmcost.ingest.run import COUNTS
from llmcost.render import cells, tables
from llmcost.render.text import visible
from llmcost.render.view import Document, View
from llmcost.views.account import HEADINGS, spend


@dataclass(frozen=True)
class MergeView(View):
    """The account of each store and of all of them; lines is the sum of the other four counts."""

    merged: list[Merged]
    store: Path

    def document(self) -> Document:
        return {
            "store": str(self.store),
            **{name: self._total(name) for name in COUNTS},
            "cost_usd": self._cost_usd(),
            "unpriced_requests": self._unpriced(),
            "merged": [
                {"file": str(one.file), "machine": one.machine}
                | one.counts
                | {"cost_usd": one.cost_usd, "unpriced_requests": one.unpriced_requests, "skipped": one.skipped}
                for one in self.merged
            ],
        }

    def screen(self, *, details: bool) -> RenderableType:
        columns = [tables.name("machine"), *(tables.number(heading) for heading in HEADINGS.values())]
        rows = [[cells.name(one.machine), *(cells.exact(one.counts[name]) for name in COUNTS)] for one in self.merged]
        if len(rows) > 1:
            rows.append([Text("all", style="bold"), *(cells.exact(self._total(name)) for name in COUNTS)])
        stores = cells.counted(len(self.merged), "store")
        said = spend(self._cost_usd(), self._unpriced())
        parts: list[RenderableType] = [tables.Table(columns, rows), Text(f"{stores} merged. {said}")]
        for one in self.merged:
            if one.skipped:
                there = f"{cells.counted(one.skipped, 'file')} of {visible(one.machine)} could not be read there"
                parts.append(Text(f"{there}: llmcost rejects --db {visible(str(one.file))}", style="yellow"))
        if rejects := self._total("rejects"):
            parts.append(Text(f"{cells.counted(rejects, 'line')} could not be read: llmcost rejects", style="yellow"))
        parts.append(Text(f"Store: {visible(str(self.store))}. Next: llmcost report", style="dim"))
        return Group(*parts)

    def _total(self, name: str) -> int:
        return sum(one.counts[name] for one in self.merged)

    def _cost_usd(self) -> float | None:
        known = [one.cost_usd for one in self.merged if one.cost_usd is not None]
        return sum(known) if known else None

    def _unpriced(self) -> int:
        return sum(one.unpriced_requests for one in self.merged)
