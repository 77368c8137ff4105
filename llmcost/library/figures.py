"""Answers as figures of plotly, for a notebook. They look as on the page: both read `llmcost/page/figures/`."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from llmcost.errors import LlmcostError
from llmcost.explain import words
from llmcost.page import figures
from llmcost.render import cells
from llmcost.render.view import View
from llmcost.views.explain import NAMES, ExplainView
from llmcost.views.optimize import OptimizeView
from llmcost.views.report import ReportView
from llmcost.views.run_all import RunAllView
from llmcost.views.simulate import ProjectionView
from llmcost.what_ifs.projection import Projection

if TYPE_CHECKING:
    import plotly.graph_objects as go

_REST, _ACCENT, _GOOD, _BAD, _INK = "#8a94a3", "#2f6fde", "#2f9e6e", "#d6503f", "#3b4350"
_ROWS = 20
_TITLE = 80
_ROW_PX, _LINE_PX = 32, 24
_EDGES_PX = {"t": 50, "b": 40, "l": 10, "r": 80}
"""Room around the bars: above for the buttons and a line of the title, on the right for the longest bar's label."""


@dataclass(frozen=True)
class _Bar:
    """A level bar: its name, where it begins, its length, its colour and what is written next to it."""

    name: str
    base: float
    size: float
    color: str
    said: str
    ends: tuple[float, float] | None = None  # where it may end as well


def figure(view: View) -> "go.Figure":
    """The figure of a view. Raises LlmcostError where it has none, or no request has a price."""
    match view:
        case ExplainView():
            found = view.found
            steps = [(NAMES[name], usd) for name, usd in found.split.parts.items() if usd]
            if found.per_day:
                raise LlmcostError("a comparison of days has no figure", hint="leave out per_day; .table has the parts")
            start = (found.earlier.period.name, found.earlier.cost_usd)
            return _drawn(_waterfall(start, steps, found.later.period.name), words.headline(found))
        case ProjectionView() | RunAllView() | OptimizeView():
            return _drawn(_stack(view.simulated), "What each step saves")
        case ReportView() if view.report.dimensions:
            return _drawn(_spend(view), f"Cost by {', '.join(view.report.dimensions)}")
    raise LlmcostError("this answer has no figure", hint="its table has everything: .table")


def _stack(projection: Projection) -> list[_Bar]:
    if not projection.is_priced:
        raise LlmcostError("no request has a price, so there are no dollars to draw", hint="see: llmcost prices")
    steps = [(stage.what_if.query.name, -stage.saved_usd) for stage in projection.stages]
    bars = _waterfall(("as logged", projection.baseline_usd), steps, "together")
    costs = [projection.baseline_usd, *(stage.cost_usd for stage in projection.stages)]
    ranged = [None, *(stage.range for stage in projection.stages), projection.range]
    before = [0.0, *costs[:-1], projection.baseline_usd]
    made = []
    for bar, found, cost in zip(bars, ranged, before, strict=True):
        ends = (cost - found.high_usd, cost - found.low_usd) if found else None
        made.append(
            _Bar(bar.name, bar.base, bar.size, bar.color, bar.said, ends if ends and ends[0] < ends[1] else None)
        )
    return made


def _waterfall(start: tuple[str, float], steps: Sequence[tuple[str, float]], end: str) -> list[_Bar]:
    """The start, what each step adds to it or takes away, and what that comes to."""
    level = start[1]
    bars = [_Bar(start[0], 0.0, level, _REST, cells.usd(level).plain)]
    for name, usd in steps:
        color, sign = (_GOOD, "") if usd <= 0 else (_BAD, "+")
        bars.append(_Bar(name, min(level, level + usd), abs(usd), color, f"{sign}{cells.usd(usd).plain}"))
        level += usd
    return [*bars, _Bar(end, 0.0, level, _ACCENT, cells.usd(level).plain)]


def _spend(view: ReportView) -> list[_Bar]:
    report = view.report
    rows = [row for row in report.rows if row["cost_usd"] is not None][:_ROWS]
    return [
        _Bar(" · ".join(str(row[name]) for name in report.dimensions), 0.0, row["cost_usd"], _ACCENT,
             cells.usd(row["cost_usd"]).plain)
        for row in rows
    ]  # fmt: skip


def _drawn(bars: Sequence[_Bar], title: str) -> "go.Figure":
    """The bars, what is written next to them, and where they may end as well. Plotly would read markup in a name."""
    import plotly.graph_objects as go

    look = figures.looks()["waterfall"]
    names = [escape(bar.name) for bar in bars]
    most = [max(bar.base + bar.size, bar.ends[1] if bar.ends else 0.0) for bar in bars]
    traces: list[dict[str, Any]] = [
        look["bar"] | {"y": names, "x": [bar.size for bar in bars], "base": [bar.base for bar in bars],
                       "marker": {"color": [bar.color for bar in bars]}, "hovertext": [bar.said for bar in bars]},
        look["label"] | {"y": names, "x": most, "text": [f" {bar.said}" for bar in bars],
                         "textfont": {"size": 12, "color": _INK}},
        *(
            look["end"] | {"y": [name, name], "x": list(bar.ends), "line": {"color": _INK, "width": 2}}
            for name, bar in zip(names, bars, strict=True) if bar.ends
        ),
    ]  # fmt: skip
    lines = [escape(line) for line in wrap(title, _TITLE)]
    margin = _EDGES_PX | {"t": _EDGES_PX["t"] + _LINE_PX * (len(lines) - 1)}
    layout = look["layout"] | {
        "height": margin["t"] + _ROW_PX * len(bars) + margin["b"],
        "margin": margin,
        "showlegend": False,
        "title": {"text": "<br>".join(lines)},
    }
    return go.Figure(traces, layout)
