"""Predictions of the replays, compared with what the log recorded."""

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.backtest import run, trust
from llmcost.numerals import change
from llmcost.render import cells, tables
from llmcost.render.view import Document, Flat, View
from llmcost.views.projection import between
from llmcost.what_ifs.engine.ranges import Range

COLUMNS = [
    "replay", "model", "requests", "predicted_usd", "low_usd", "high_usd", "actual_usd", "error_share",
    "blocks", "predicted_blocks", "low_blocks", "high_blocks", "actual_blocks",
    "hits", "predicted_share", "low_share", "high_share", "actual_share",
]  # fmt: skip

_COMPARED = (
    tables.number("requests", 3), tables.number("predicted", 1), tables.number("range", 2), tables.number("actual", 1),
    tables.number("error"),
)  # fmt: skip
_ABOUT_LINES = 10
_LACKING_LINES = 8


@dataclass(frozen=True)
class BacktestView(View):
    """What every replay predicts, and what the log recorded."""

    found: dict[str, Any]

    def document(self) -> Document:
        return self.found

    def flat(self) -> Flat:
        """For each replay a row for all models, then one for each model."""
        return Flat([row for name, whole in self.found.items() for row in _rows(name, whole)], COLUMNS)

    def screen(self, *, details: bool) -> RenderableType:
        lacking = run.lacking(self.found)
        if not self.found:
            return Text(f"The log records nothing that a replay predicts: {'; '.join(lacking.values())}.")
        parts = [_replay(name, whole) for name, whole in self.found.items()] if details else [_all(self.found)]
        parts.append(tables.Bullets("Not recorded in this log", [f"{name}: {why}" for name, why in lacking.items()],
                                    at_most=None if details else _LACKING_LINES))  # fmt: skip
        if not details:
            parts.append(Text("--details adds each replay by model.\n", style="dim"))
        return Group(*parts, Text("\n".join(trust.sentences(self.found))))


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
    return cells.usd(found["predicted_usd"]), ranged, cells.usd(found["actual_usd"])


def _blocks(number: int, of: int) -> Text:
    return Text(f"{number:,} blocks ({number / of:.2%})")


def _rows(name: str, whole: dict[str, Any]) -> list[dict[str, Any]]:
    """A replay for all models, then for each."""
    return [
        {column: {"replay": name, "model": "all", **part}.get(column) for column in COLUMNS}
        for part in [whole, *whole.get("by_model", [])]
    ]


def _all(found: dict[str, Any]) -> RenderableType:
    columns = [tables.name("replay"), *_COMPARED]
    rows = [[Text(name), *_cells(_rows(name, whole)[0])] for name, whole in found.items()]
    about = [f"{name}: {run.about(name)}{_level(whole)}" for name, whole in found.items()]
    return Group(tables.Table(columns, rows, "Predictions against what the log recorded"),
                 tables.Bullets("What is predicted", about, at_most=_ABOUT_LINES))  # fmt: skip


def _level(whole: dict[str, Any]) -> str:
    return f"; a range of {whole['level']:.0%}" if "level" in whole else ""


def _replay(name: str, whole: dict[str, Any]) -> RenderableType:
    rows = [
        [Text("all", style="bold") if row["model"] == "all" else cells.name(row["model"]), *_cells(row)]
        for row in _rows(name, whole)
    ]
    return tables.Table([tables.name("model"), *_COMPARED], rows, f"{name}: {run.about(name)}{_level(whole)}")


def _cells(row: dict[str, Any]) -> list[Text]:
    error = Text("–" if row["error_share"] is None else change(row["error_share"]))
    return [cells.count(row["requests"]), *compared(row), error]
