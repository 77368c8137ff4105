"""The search for the cheapest stack."""

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.page import html
from llmcost.render import cells, tables
from llmcost.render.view import Document, Flat, View
from llmcost.views import pages, projection, simulate
from llmcost.views.projection import without_dollars
from llmcost.what_ifs.projection import Projection
from llmcost.what_ifs.search import allowed
from llmcost.what_ifs.search.optimize import Optimum, Tried
from llmcost.what_ifs.search.run_all import NO_PRICE

COLUMNS = ["stack", "cost_usd", "saved_usd", "saved_share", "truncated_share", "added_latency_ms", "quality", "breaks",
           "chosen"]  # fmt: skip

_MOST, _FEW = 9, 5
_HOUR_MS = 3_600_000


@dataclass(frozen=True)
class OptimizeView(View):
    """The simulation of the chosen stack, with the frontier."""

    found: Optimum

    @property
    def simulated(self) -> Projection:
        """The simulation of the stack that is shown."""
        return self.found.projection

    def document(self) -> Document:
        return _document(self.found)

    def flat(self) -> Flat:
        """A row a stack of the frontier."""
        return Flat(_rows(self.found), COLUMNS)

    def screen(self, *, details: bool) -> RenderableType:
        """The frontier, then the chosen stack as any simulation."""
        found = self.found
        parts: list[RenderableType] = [
            _frontier(found, details),
            tables.Bullets("The cheapest stack within the limits", _chosen(found, details)),
        ]
        if details:
            lines = [f"{one.what_if.word}: {one.why}" for one in found.left_out]
            lines += [f"{name}: {why}" for name, why in found.refused.items()]
            parts.append(tables.Bullets("Not tried", lines))
        parts.append(simulate.steps_table(found.projection))
        return Group(*parts, simulate.below(found.projection, details=details))

    def page(self) -> str:
        return html.page(pages.simulation(self.found.projection, frontier=_rows(self.found)))


def _document(found: Optimum) -> dict[str, Any]:
    limits = found.limits
    return projection.document(found.projection) | {
        "optimize": {
            "limits": {
                "truncated_share": limits.truncated,
                "added_latency_ms": limits.added_latency_ms,
                "quality": limits.quality,
            },
            "stacks_tried": found.tried,
            "chosen": [step.word for step in found.chosen.steps],
            "frontier": [
                row | {"stack": [step.word for step in one.steps], "breaks": list(one.breaks),
                       "unmeasured": list(one.unmeasured)}
                for one, row in zip(found.frontier, _rows(found), strict=True)
            ],
            "left_out": [{"what_if": one.what_if.word, "why": one.why} for one in found.left_out],
            "not_searched": [{"what_if": name, "why": why} for name, why in found.refused.items()],
        }
    }  # fmt: skip


def _rows(found: Optimum) -> list[dict[str, Any]]:
    """A row for each stack of the frontier, the most expensive first."""
    baseline = found.projection.baseline_usd
    made = [
        {
            "stack": " ".join(step.word for step in one.steps),
            "cost_usd": one.cost_usd,
            "saved_usd": one.saved_usd,
            "saved_share": one.saved_usd / baseline if baseline else None,
            "truncated_share": one.truncated_share,
            "added_latency_ms": one.added_latency_ms,
            "quality": one.quality,
            "breaks": " ".join(one.breaks),
            "chosen": one == found.chosen,
        }
        for one in found.frontier
    ]
    return [row if found.projection.is_priced else without_dollars(row) for row in made]


def _frontier(found: Optimum, details: bool) -> RenderableType:
    shown = _thinned(found, _MOST if details else _FEW)
    baseline = found.projection.baseline_usd
    rows: list[list[Text]] = []
    for one in shown:
        saved = one.saved_usd if found.projection.is_priced else None
        mark = "→" if one == found.chosen else "×" if one.breaks else " "
        style = "bold" if one == found.chosen else "dim" if one.breaks else ""
        stack = "\n".join(step.word for step in one.steps) if details else _named(one)
        rows.append(
            [
                Text(mark, style=style),
                cells.usd(saved),
                cells.share(one.saved_usd / baseline if baseline else None),
                cells.share(one.truncated_share),
                Text(_delay(one.added_latency_ms)),
                Text("unknown" if one.quality is None else f"{one.quality:.2%}"),
                Text(stack or "as logged", style=style),
            ]
        )
    title = (
        f"{cells.counted(found.tried, 'stack')} tried; {len(found.frontier)} not beaten on every measure"
        f"{tables.more(len(shown), len(found.frontier), 'shown')}"
    )
    columns = [
        tables.name(""), tables.number("saves"), tables.number("share", 2), tables.number("cut short", 1),
        tables.number("delay", 1), tables.number("quality", 1), tables.words("stack"),
    ]  # fmt: skip
    return tables.Table(columns, rows, title)


def _named(one: Tried) -> str:
    return " + ".join(step.query.name for step in one.steps)


def _thinned(found: Optimum, most: int) -> list[Tried]:
    """The frontier, thinned evenly where it is long: both ends and the chosen one stay."""
    every = found.frontier
    if len(every) <= most:
        return every
    places = {round(n * (len(every) - 1) / (most - 1)) for n in range(most)}
    return [one for n, one in enumerate(every) if n in places or one == found.chosen]


def _chosen(found: Optimum, details: bool) -> list[str]:
    limits, chosen = found.limits, found.chosen
    asked = {
        "answers cut short": None if limits.truncated is None else f"at most {limits.truncated:.2%}",
        "delay": None if limits.added_latency_ms is None else f"at most {_delay(limits.added_latency_ms)}",
        "quality": None if limits.quality is None else f"at least {limits.quality:.1%}",
    }
    words = [f"{name} {limit}" for name, limit in asked.items() if limit]
    lines = [f"limits: {', '.join(words)}" if words else "no limits given: see --limit"]
    if chosen.steps:
        lines.append("llmcost simulate " + " ".join(f"--what-if {step.word}" for step in chosen.steps))
    else:
        lines.append("no stack within the limits saves anything" if found.projection.is_priced else NO_PRICE)
    if found.refused:
        lines.append(f"not searched, as they change answers: {', '.join(found.refused)}; {allowed.OPTION} adds them")
    if chosen.unmeasured:
        lines.append(f"quality is unknown with {', '.join(chosen.unmeasured)}; --limit quality=… excludes them")
    meanings = (
        "cut short: answers that a cap cuts; delay: of the answer delayed most; quality: answers that no step changes"
        " or cuts, or that the log or an outcomes file shows to be as good; ×: breaks a limit"
    )
    return [*lines, *([meanings] if details else [])]


def _delay(milliseconds: float | None) -> str:
    """A delay in the unit that suits it."""
    if milliseconds is None:
        return "unknown"
    if milliseconds >= _HOUR_MS:
        return f"{milliseconds / _HOUR_MS:,.0f} h"
    return f"{milliseconds / 1000:,.1f} s" if milliseconds >= 1000 else f"{milliseconds:,.0f} ms"
