"""An answer to a question: its main table, and what a reader has to know to trust it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

from llmcost.errors import LlmcostError
from llmcost.library import figures, tables
from llmcost.render.view import View

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go
    import pyarrow as pa

_ENDS = ("low_usd", "high_usd", "traffic_low_usd", "traffic_high_usd")
_ROWS = 20
_NOTES = 8


class Result:
    """What a question of `llmcost.Store` gives.

    Attributes:
        table: the main table as a DataFrame, the rows of the command's `--format csv`; dollars in `…_usd`, shares of 1
            in `…_share`, whole numbers Int64 (<NA> where unknown: an unknown cost is never 0).
        notes: caveats in words, those that moved the numbers first.
        assumptions: what the answer assumes, in words; empty where it assumes nothing.
        ranges: a DataFrame with a row for each number that has a range, named in `of`: `low_usd` to `high_usd` by the
            assumptions, `traffic_low_usd` to `traffic_high_usd` by other days or sessions; empty where there is none.
        view: what the command shows of it.
    """

    def __init__(self, view: View) -> None:
        self.view = view

    def document(self) -> dict[str, Any]:
        """Everything that is known of the answer: the object of the command's `--format json`, see docs/json.md."""
        return dict(self.view.document())

    def arrow(self) -> "pa.Table":
        """The main table as an Arrow table."""
        flat = self.view.flat()
        return tables.arrow(flat.rows, flat.columns)

    @cached_property
    def table(self) -> "pd.DataFrame":
        """The main table as a DataFrame."""
        return tables.frame(self.arrow())

    @cached_property
    def notes(self) -> list[str]:
        """Caveats in words."""
        return list(self._document.get("notes") or ())

    @cached_property
    def assumptions(self) -> list[str]:
        """What the answer assumes, in words."""
        found = list(self._document.get("assumptions") or ())
        return found + [line for one in self._document.get("findings") or () for line in one["assumptions"]]

    @cached_property
    def ranges(self) -> "pd.DataFrame":
        """The numbers that have a range."""
        return tables.frame(tables.arrow(_ranges(self._document), ("of", *_ENDS)))

    def figure(self) -> "go.Figure":
        """The answer as a figure of plotly.

        Raises LlmcostError where there is none for it: those of audits and backtests are tables alone.
        """
        return figures.figure(self.view)

    @cached_property
    def _document(self) -> dict[str, Any]:
        return self.document()

    def __repr__(self) -> str:
        notes = f"\n{len(self.notes)} notes: .notes" if self.notes else ""
        return f"{self.table.head(_ROWS)!r}{notes}"

    def _ipython_display_(self) -> None:
        """Draws the answer in a notebook: its figure, where there is one, its first rows and notes."""
        from IPython.display import HTML, display

        with suppress(LlmcostError):
            display(self.figure())
        display(HTML(self._repr_html_()))

    def _repr_html_(self) -> str:
        """The first rows and notes, for a notebook."""
        shown = self.table.head(_ROWS).to_html(index=False, na_rep="–")
        rest = len(self.table) - _ROWS
        more = f"<p>and {rest:,} more rows: .table</p>" if rest > 0 else ""
        said = "".join(f"<li>{escape(note)}</li>" for note in self.notes[:_NOTES])
        return f"{shown}{more}{f'<ul>{said}</ul>' if said else ''}"


def _ranges(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The ranges of a simulation's steps and of the whole, or of a backtest's predictions."""
    if "stages" in document:
        ranged = [(stage["what_if"], stage) for stage in document["stages"]] + [("together", document["result"])]
        return [
            {"of": name} | {end: row.get(end if end.startswith("traffic") else f"saved_{end}") for end in _ENDS}
            for name, row in ranged
        ]
    return [
        {"of": name, "low_usd": row["low_usd"], "high_usd": row["high_usd"]}
        for name, row in document.items()
        if isinstance(row, Mapping) and row.get("low_usd") is not None
    ]
