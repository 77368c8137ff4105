"""Predictions beside the truth."""

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.backtest import run
from llmcost.render import terminal
from llmcost.views.projection import compared

COLUMNS = [
    "replay", "model", "requests", "predicted_usd", "low_usd", "high_usd", "actual_usd", "error_share",
    "blocks", "predicted_blocks", "low_blocks", "high_blocks", "actual_blocks",
    "hits", "predicted_share", "low_share", "high_share", "actual_share",
]  # fmt: skip


def rows(found: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each replay in all, then one for each model."""
    return [
        {column: {"replay": name, "model": "all", **part}.get(column) for column in COLUMNS}
        for name, whole in found.items()
        for part in [whole, *whole.get("by_model", [])]
    ]


def show(found: dict[str, Any]) -> RenderableType:
    """The table, or why there is none."""
    lacking = run.lacking(found)
    if not found:
        return Text(f"The log records nothing that a replay predicts: {'; '.join(lacking.values())}.")
    parts = [_replay(name, whole) for name, whole in found.items()]
    if lacking:
        said = [f"{name}: {why}" for name, why in lacking.items()]
        parts.append(terminal.bullets("Of what the log records nothing", said))
    return Group(*parts)


def _replay(name: str, whole: dict[str, Any]) -> RenderableType:
    cells: list[list[RenderableType]] = [
        [
            Text("all", style="bold") if row["model"] == "all" else terminal.name(row["model"], 30),
            terminal.count(row["requests"]),
            *compared(row),
            Text("–" if row["error_share"] is None else f"{row['error_share']:+.1%}"),
        ]
        for row in rows({name: whole})
    ]
    headings = [("model", "left"), ("requests", "right"), ("predicted", "right"),
                ("range", "right"), ("actual", "right"), ("error", "right")]  # fmt: skip
    return terminal.table(headings, cells, title=f"{name}: {run.about(name)}")
