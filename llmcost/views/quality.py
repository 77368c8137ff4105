"""Cost and quality of the ways of choosing a model: a table, and the picture of it."""

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.render import plot, terminal
from llmcost.what_ifs.quality import Quality

WORDS = {
    "always-cheap": "always the cheapest model",
    "always-strong": "always the dearest model",
    "always": "always this model",
    "random": "a model at random",
    "routed": "as routed here",
    "random-at-that-cost": "at random, for what that costs",
    "oracle": "best choice for each prompt",
}
"""The policies of a cost-quality comparison, in words."""


def show(found: Quality) -> RenderableType:
    """The table of the policies, their curves, and what the router by complexity recovers."""
    cells: list[list[RenderableType]] = [
        [
            Text(WORDS[row["policy"]], style="bold" if row["policy"] == "routed" else ""),
            terminal.name(row["model"], 28) if row["model"] else Text(""),
            terminal.usd(row["cost_usd"]),
            terminal.share(row["quality"]),
            terminal.share(row["pgr"]),
        ]
        for row in found.policies
    ]
    headings = [("policy", "left"), ("model", "left"), ("cost", "right"), ("right", "right"), ("PGR", "right")]
    title = f"Cost and quality, on {found.requests:,} requests of which every model's outcome is known"
    parts: list[RenderableType] = [terminal.table(headings, cells, title=title)]
    curves = {
        "best choice": _points(found.frontier),
        "by complexity": _points(found.curve),
        "as routed": _points([row for row in found.policies if row["policy"] == "routed"]),
    }
    parts.append(plot.curves(curves, x_label="dollars", y_label="right answers", height=12, linear=True))
    parts.append(terminal.bullets("What it says", said(found)))
    return Group(*parts)


def said(found: Quality) -> list[str]:
    """In words: what stands out."""
    by_policy = {row["policy"]: row for row in found.policies}
    cheap, strong, routed = (by_policy[name] for name in ("always-cheap", "always-strong", "routed"))
    lines = []
    if strong["quality"] <= cheap["quality"] and strong["model"] != cheap["model"]:
        lines.append(
            f"the dearest model is not the better one here: {strong['quality']:.1%} right for"
            f" {terminal.usd(strong['cost_usd']).plain}, {cheap['quality']:.1%} for"
            f" {terminal.usd(cheap['cost_usd']).plain}; so there is no gap to recover"
        )
    if found.apgr is not None:
        half = "never" if found.cpt_50 is None else f"with {found.cpt_50:.1%} of the calls to the strong model"
        lines.append(f"a router by complexity recovers {found.apgr:.1%} of the gap on average (APGR; 50% is chance)")
        lines.append(f"it recovers half of the gap {half} (CPT 50%)")
    at_random = by_policy.get("random-at-that-cost")
    if at_random and routed["quality"] is not None:
        lines.append(
            f"this routing is right {routed['quality']:.1%} of the time; choosing at random, for the same dollars,"
            f" {at_random['quality']:.1%}"
        )
    return lines or ["the models cost the same, so there is nothing to choose"]


def _points(rows: list[dict[str, Any]]) -> list[tuple[float, float]]:
    return [(row["cost_usd"], row["quality"]) for row in rows if None not in (row["cost_usd"], row["quality"])]
