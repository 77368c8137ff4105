"""Predictions beside the truth."""

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.backtest import run
from llmcost.render import terminal
from llmcost.render.view import Document, Flat, View
from llmcost.views.projection import between
from llmcost.what_ifs.engine.ranges import Range

COLUMNS = [
    "replay", "model", "requests", "predicted_usd", "low_usd", "high_usd", "actual_usd", "error_share",
    "blocks", "predicted_blocks", "low_blocks", "high_blocks", "actual_blocks",
    "hits", "predicted_share", "low_share", "high_share", "actual_share",
]  # fmt: skip


@dataclass(frozen=True)
class BacktestView(View):
    """What every replay predicts, and what the log recorded."""

    found: dict[str, Any]

    def document(self) -> Document:
        return self.found

    def flat(self) -> Flat:
        """A row for each replay in all, then one for each model."""
        return Flat([row for name, whole in self.found.items() for row in _rows(name, whole)], COLUMNS)

    def screen(self) -> RenderableType:
        lacking = run.lacking(self.found)
        if not self.found:
            return Text(f"The log records nothing that a replay predicts: {'; '.join(lacking.values())}.")
        parts = [_replay(name, whole) for name, whole in self.found.items()]
        if lacking:
            said = [f"{name}: {why}" for name, why in lacking.items()]
            parts.append(terminal.bullets("Of what the log records nothing", said))
        return Group(*parts)


def compared(found: dict[str, Any]) -> tuple[Text, Text, Text]:
    """What a backtest predicts, its range and the truth: dollars, else blocks with their share, or shares of hits."""
    if found.get("blocks") is not None:
        low, high = found["low_blocks"], found["high_blocks"]
        return (
            _blocks(found["predicted_blocks"], found["blocks"]),
            Text("–", style="dim") if low == high else Text(f"{low:,} to {high:,}"),
            _blocks(found["actual_blocks"], found["blocks"]),
        )
    if found.get("hits") is not None:
        predicted, low, high, actual = (found[f"{name}_share"] for name in ("predicted", "low", "high", "actual"))
        ranged = Text("–", style="dim") if low is None else Text(f"{low:.1%} to {high:.1%}")
        return Text("–" if predicted is None else f"{predicted:.1%}"), ranged, Text(f"{actual:.1%}")
    ranged = between(Range(found["low_usd"], found["high_usd"]))
    return terminal.usd(found["predicted_usd"]), ranged, terminal.usd(found["actual_usd"])


def _blocks(number: int, of: int) -> Text:
    return Text(f"{number:,} blocks ({number / of:.2%})")


def _rows(name: str, whole: dict[str, Any]) -> list[dict[str, Any]]:
    """A replay in all, then by model."""
    return [
        {column: {"replay": name, "model": "all", **part}.get(column) for column in COLUMNS}
        for part in [whole, *whole.get("by_model", [])]
    ]


def _replay(name: str, whole: dict[str, Any]) -> RenderableType:
    cells: list[list[RenderableType]] = [
        [
            Text("all", style="bold") if row["model"] == "all" else terminal.name(row["model"], 30),
            terminal.count(row["requests"]),
            *compared(row),
            Text("–" if row["error_share"] is None else f"{row['error_share']:+.1%}"),
        ]
        for row in _rows(name, whole)
    ]
    headings = [("model", "left"), ("requests", "right"), ("predicted", "right"),
                ("range", "right"), ("actual", "right"), ("error", "right")]  # fmt: skip
    return terminal.table(headings, cells, title=f"{name}: {run.about(name)}")
