"""Dollars and quality, where an outcomes file says how each model did on each prompt.

The measures are RouteLLM's (I. Ong et al., 2024, arXiv 2406.18665, section 3.2): PGR, the performance gap recovered, is
how much of the way from the cheap model's quality to the strong one's a router comes; APGR its mean over all shares of
calls that go to the strong model; CPT(50%) the least such share with a PGR of a half. The cheap model is the one that
costs least over all these prompts, the strong one the one that costs most, even if it is not the better one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from llmcost.engine import registry
from llmcost.engine.compose import compose
from llmcost.engine.store import Store
from llmcost.reports.scope import Row
from llmcost.what_ifs.engine.step import WhatIf, with_models
from llmcost.what_ifs.inputs import side_tables


@dataclass(frozen=True)
class Quality:
    """What the ways of choosing a model cost, and how good their answers are: shares, 0 to 1, of the answers right."""

    requests: int  # whose outcome is known for every model of the file
    policies: list[Row]  # policy, model, cost_usd, quality, pgr
    frontier: list[Row]  # the oracle's: cost_usd and quality
    curve: list[Row]  # of a router by complexity: strong_share, cost_usd, quality
    apgr: float | None  # of that router; None where the strong model is not the better one
    cpt_50: float | None

    def document(self) -> Row:
        """As JSON has it."""
        return {
            "requests": self.requests,
            "policies": self.policies,
            "frontier": self.frontier,
            "curve": self.curve,
            "apgr": self.apgr,
            "cpt_50": self.cpt_50,
        }


def quality(store: Store, step: WhatIf, before: str, after: str) -> Quality | None:
    """Of a step with an outcomes file, by the relations before and after it; None without one, or where no request's
    outcomes are complete."""
    if step.values.get("outcomes") is None:
        return None
    side_tables.prepare(store, with_models(store, step), before)
    rows = _report(store, "policies", chosen=after)
    always = sorted((row for row in rows if row["policy"] == "always"), key=lambda row: (row["cost_usd"], row["model"]))
    if not always:
        return None
    cheap, strong = always[0], always[-1]
    frontier = _report(store, "frontier", points=200)
    frontier.sort(key=lambda row: int(row["moved"]))
    curve = _report(store, "curve", asked=before, cheap=cheap["model"], strong=strong["model"])
    curve.sort(key=lambda row: float(row["strong_share"]))
    rest = {row["policy"]: row for row in rows if row["policy"] != "always"}
    named = {"always-cheap": cheap, "always-strong": strong}
    others = [row for row in always if row is not cheap and row is not strong]
    mean = {name: sum(row[name] for row in always) / len(always) for name in ("cost_usd", "quality")}
    policies = [
        *({**row, "policy": name} for name, row in named.items()),
        *({**row, "policy": "always"} for row in others),
        {"policy": "random", "model": None, "requests": cheap["requests"], **mean},
        {**rest["routed"]},
        *_at_random(rest["routed"], cheap, strong),
        {**rest["oracle"]},
    ]
    for row in policies:
        row["pgr"] = recovered(row["quality"], cheap["quality"], strong["quality"])
    gaps = [
        (row["strong_share"], gap)
        for row in curve
        if (gap := recovered(row["quality"], cheap["quality"], strong["quality"])) is not None
    ]
    return Quality(cheap["requests"], policies, frontier, curve, mean_over_shares(gaps), least_share(gaps, 0.5))


def recovered(found: float | None, cheap: float, strong: float) -> float | None:
    """PGR; None where the strong model is not the better one, or the quality is not known."""
    return (found - cheap) / (strong - cheap) if found is not None and strong > cheap else None


def mean_over_shares(points: Sequence[tuple[float, float]]) -> float | None:
    """The mean over all shares from 0 to 1, with straight lines between the points."""
    if not points:
        return None
    return sum((x1 - x0) * (y0 + y1) / 2 for (x0, y0), (x1, y1) in pairwise(points))


def least_share(points: Sequence[tuple[float, float]], wanted: float) -> float | None:
    """The least share at which those lines reach what is wanted; None where they never do."""
    for (x0, y0), (x1, y1) in pairwise(points):
        if y0 < wanted <= y1:
            return x0 + (x1 - x0) * (wanted - y0) / (y1 - y0)
    return 0.0 if points and points[0][1] >= wanted else None


def _at_random(routed: Row, cheap: Row, strong: Row) -> list[Row]:
    """What choosing between the cheap and the strong model at random gives for what the routing costs, if it can."""
    span = strong["cost_usd"] - cheap["cost_usd"]
    if routed["cost_usd"] is None or span <= 0 or not cheap["cost_usd"] <= routed["cost_usd"] <= strong["cost_usd"]:
        return []
    share = (routed["cost_usd"] - cheap["cost_usd"]) / span
    expected = (1 - share) * cheap["quality"] + share * strong["quality"]
    return [{**routed, "policy": "random-at-that-cost", "quality": expected}]


def _report(store: Store, name: str, asked: str = "", chosen: str = "", **values: registry.Value) -> list[Row]:
    given = [(word, f"select * from {made}") for word, made in (("asked", asked), ("chosen", chosen)) if made]
    return store.rows(compose(given, registry.find("quality", name).body), values)
