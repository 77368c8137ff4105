"""The search for the cheapest stack: as JSON, as a table, and for a terminal."""

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.page import html
from llmcost.render import terminal
from llmcost.render.view import Document, Flat, View
from llmcost.views import pages, projection, simulate
from llmcost.views.projection import without_dollars
from llmcost.what_ifs.search.optimize import Optimum, Tried
from llmcost.what_ifs.search.run_all import NO_PRICE

COLUMNS = ["stack", "cost_usd", "saved_usd", "saved_share", "truncated_share", "added_latency_ms", "quality", "breaks",
           "chosen"]  # fmt: skip

_SHOWN = 9
_HOUR_MS = 3_600_000


@dataclass(frozen=True)
class OptimizeView(View):
    """The simulation of the chosen stack, with the frontier."""

    found: Optimum

    def document(self) -> Document:
        return _document(self.found)

    def flat(self) -> Flat:
        """A row a stack of the frontier."""
        return Flat(_rows(self.found), COLUMNS)

    def screen(self) -> RenderableType:
        """The frontier, what was not tried, then the chosen stack as any simulation."""
        found = self.found
        parts = [_frontier(found), terminal.bullets("The cheapest within the limits", _chosen(found))]
        if found.left_out:
            lines = [f"{one.what_if.word}: {one.why}" for one in found.left_out]
            parts.append(terminal.bullets("What takes no part", lines))
        return Group(*parts, simulate.screen(found.projection))

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
        }
    }  # fmt: skip


def _rows(found: Optimum) -> list[dict[str, Any]]:
    """A row for each stack of the frontier, the dearest first."""
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


def _frontier(found: Optimum) -> RenderableType:
    shown = _most_telling(found)
    most = max((one.saved_usd for one in found.frontier), default=0.0)
    baseline = found.projection.baseline_usd
    cells: list[list[RenderableType]] = []
    for one in shown:
        saved = one.saved_usd if found.projection.is_priced else None
        mark = "→" if one == found.chosen else "×" if one.breaks else " "
        style = "bold" if one == found.chosen else "dim" if one.breaks else ""
        cells.append(
            [
                Text(mark, style=style),
                terminal.usd(saved),
                terminal.share(one.saved_usd / baseline if baseline else None),
                terminal.bar(one.saved_usd / most if most else 0.0, 5),
                terminal.share(one.truncated_share),
                Text(_delay(one.added_latency_ms)),
                Text("unknown" if one.quality is None else f"{one.quality:.2%}"),
                Text("\n".join(step.word for step in one.steps) or "as logged", style=style),
            ]
        )
    title = f"{terminal.counted(found.tried, 'stack')} tried; {len(found.frontier)} that none betters in everything"
    if len(shown) < len(found.frontier):
        title += f", {len(shown)} shown"
    headings = {"": "left", "saved": "right", "share": "right", " ": "left", "cut": "right", "later": "right",
                "quality": "right", "stack": "left"}  # fmt: skip
    return terminal.table(list(headings.items()), cells, title=title)


def _most_telling(found: Optimum) -> list[Tried]:
    """The frontier, thinned evenly where it is long: both ends and the chosen one stay."""
    every = found.frontier
    if len(every) <= _SHOWN:
        return every
    places = {round(n * (len(every) - 1) / (_SHOWN - 1)) for n in range(_SHOWN)}
    return [one for n, one in enumerate(every) if n in places or one == found.chosen]


def _chosen(found: Optimum) -> list[str]:
    limits, chosen = found.limits, found.chosen
    asked = {
        "answers cut short": None if limits.truncated is None else f"at most {limits.truncated:.2%}",
        "delay": None if limits.added_latency_ms is None else f"at most {_delay(limits.added_latency_ms)}",
        "quality": None if limits.quality is None else f"at least {limits.quality:.1%}",
    }
    words = [f"{name} {limit}" for name, limit in asked.items() if limit]
    lines = [f"limits: {', '.join(words)}" if words else "no limits were given: see --limit"]
    if chosen.steps:
        lines.append("llmcost simulate " + " ".join(f"--what-if {step.word}" for step in chosen.steps))
    else:
        lines.append("no stack saves anything within them" if found.projection.is_priced else NO_PRICE)
    if chosen.unmeasured:
        lines.append(f"quality is unmeasured with {', '.join(chosen.unmeasured)}: --limit quality=… leaves them out")
    return [
        *lines,
        "cut: answers that a cap cuts short; later: the answer that is delayed most; quality: answers that no step"
        " changes or cuts short, or that the log shows to be the same or an outcomes file as good; ×: breaks a limit",
    ]


def _delay(milliseconds: float | None) -> str:
    """A delay in the unit that suits it."""
    if milliseconds is None:
        return "unknown"
    if milliseconds >= _HOUR_MS:
        return f"{milliseconds / _HOUR_MS:,.0f} h"
    return f"{milliseconds / 1000:,.1f} s" if milliseconds >= 1000 else f"{milliseconds:,.0f} ms"
