"""Predictions beside the truth."""

from typing import Any

from rich.console import RenderableType
from rich.text import Text

from llmcost.render import terminal

COLUMNS = ["replay", "model", "requests", "predicted_usd", "low_usd", "high_usd", "actual_usd", "error_share"]


def rows(found: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each replay in all, then one for each model."""
    return [
        {column: {"replay": name, "model": "all", **part}.get(column) for column in COLUMNS}
        for name, whole in found.items()
        for part in [whole, *whole.get("by_model", [])]
    ]


def show(found: dict[str, Any]) -> RenderableType:
    """The table, or why there is none."""
    if not found:
        return Text("The log records nothing that a replay predicts: no cache reads or writes.")
    cells: list[list[RenderableType]] = [
        [
            Text(row["replay"] if row["model"] == "all" else ""),
            terminal.name(row["model"], 26),
            terminal.count(row["requests"]),
            terminal.usd(row["predicted_usd"]),
            Text(f"{terminal.usd(row['low_usd'])} to {terminal.usd(row['high_usd'])}"),
            terminal.usd(row["actual_usd"]),
            Text("–" if row["error_share"] is None else f"{row['error_share']:+.1%}"),
        ]
        for row in rows(found)
    ]
    headings = [("replay", "left"), ("model", "left"), ("requests", "right"), ("predicted", "right"),
                ("range", "right"), ("actual", "right"), ("error", "right")]  # fmt: skip
    return terminal.table(headings, cells, title="Input-side cost as replayed, beside what the log recorded")
