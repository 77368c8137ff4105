"""Cost and quality of the policies that choose a model."""

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.render import cells, plot, tables
from llmcost.what_ifs.quality import Quality

WORDS = {
    "always-cheap": "always the cheapest model",
    "always-strong": "always the most expensive model",
    "always": "always this model",
    "random": "a random model",
    "routed": "this routing",
    "random-at-that-cost": "random, at the same cost",
    "oracle": "the best choice for each prompt",
}
"""The policies of a cost-quality comparison, in words."""


def show(found: Quality, *, details: bool) -> RenderableType:
    """The table of the policies and what is notable; with `details` their curves too."""
    rows = [
        [
            Text(WORDS[row["policy"]], style="bold" if row["policy"] == "routed" else ""),
            cells.name(row["model"]) if row["model"] else Text(""),
            cells.usd(row["cost_usd"]),
            cells.share(row["quality"]),
            cells.share(row["pgr"]),
        ]
        for row in found.policies
    ]
    columns = [tables.name("policy"), tables.name("model"), tables.number("cost"), tables.number("right answers"),
               tables.number("PGR", 1)]  # fmt: skip
    title = f"Cost and quality of {cells.counted(found.requests, 'request')} with a known outcome for every model"
    parts: list[RenderableType] = [tables.Table(columns, rows, title)]
    if details:
        curves = {
            "best choice": _points(found.frontier),
            "by complexity": _points(found.curve),
            "this routing": _points([row for row in found.policies if row["policy"] == "routed"]),
        }
        parts.append(plot.curves(curves, x_label="dollars", y_label="right answers", height=12, linear=True))
    return Group(*parts, tables.Bullets("Quality", said(found)))


def said(found: Quality) -> list[str]:
    """In words: what is notable."""
    by_policy = {row["policy"]: row for row in found.policies}
    cheap, strong, routed = (by_policy[name] for name in ("always-cheap", "always-strong", "routed"))
    lines = []
    if strong["quality"] <= cheap["quality"] and strong["model"] != cheap["model"]:
        lines.append(
            f"the most expensive model is not better here: it answers {strong['quality']:.1%} right for"
            f" {cells.usd(strong['cost_usd'])}, the cheapest {cheap['quality']:.1%} for"
            f" {cells.usd(cheap['cost_usd'])}; so there is no gap to recover"
        )
    if found.apgr is not None:
        half = "never" if found.cpt_50 is None else f"with {found.cpt_50:.1%} of the calls to the strong model"
        lines.append(f"a router by complexity recovers {found.apgr:.1%} of the gap on average (APGR; 50% is chance)")
        lines.append(f"it recovers half of the gap {half} (CPT 50%)")
    at_random = by_policy.get("random-at-that-cost")
    if at_random and routed["quality"] is not None:
        lines.append(
            f"this routing is right {routed['quality']:.1%} of the time; random choice at the same cost"
            f" {at_random['quality']:.1%}"
        )
    return lines or ["the models cost the same, so there is nothing to choose"]


def _points(rows: list[dict[str, Any]]) -> list[tuple[float, float]]:
    return [(row["cost_usd"], row["quality"]) for row in rows if None not in (row["cost_usd"], row["quality"])]
