"""What numbers rest on, below a result: a line where something is unusual, all of it where asked."""

from typing import Any

from rich.console import RenderableType
from rich.text import Text

from llmcost.render import tables
from llmcost.render.text import visible
from llmcost.reports.provenance import Provenance, footer


def below(found: Provenance | None, before: str = "") -> list[RenderableType]:
    """What a screen ends with; `before` begins the line."""
    start = [Text(before, style="dim")] if before else []
    if found is None:
        return list(start)
    if found.shown:
        lines = [f"{name.replace('_', ' ')}: {_said(value)}" for name, value in found.document().items()]
        return [*start, tables.Bullets("Provenance", lines)]
    line = footer(found)
    said = [*start, *([Text(visible(line), style="yellow")] if line else [])]
    return [Text(" ").join(said)] if said else []


def _said(value: Any) -> str:
    if value is None or value == []:
        return "none"
    if isinstance(value, list):
        return "; ".join(_entry(row) for row in value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _entry(row: dict[str, Any]) -> str:
    """A row of a list: what it is, and of how many requests with what cost."""
    name = str(row.get("entry") or row.get("name") or row["model"])
    billed = f" billed as {row['model']}" if row.get("name") and row.get("model") else ""
    spent = f", ${row['cost_usd']:,.2f}" if row.get("cost_usd") is not None else ""
    return f"{name}{billed} ({row['requests']:,} request{'' if row['requests'] == 1 else 's'}{spent})"
