"""How far a saving can be trusted: the ends of its assumptions, and what other traffic of the same kind would give.

The first is a replay with every assumption at its low end and one with every assumption at its high end, as the
headers give them; the second is a bootstrap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from llmcost.reports.scope import Row
from llmcost.what_ifs.engine.bootstrap import interval
from llmcost.what_ifs.engine.chain import Chain, Traffic
from llmcost.what_ifs.engine.step import ENDS, WhatIf, at


@dataclass(frozen=True)
class Range:
    """The range of a saving in US dollars. None where it is not known."""

    low_usd: float
    high_usd: float
    traffic_low_usd: float | None = None
    traffic_high_usd: float | None = None


@dataclass(frozen=True)
class Ranges:
    """The range of each step's saving given the steps before it, of the whole, and by the traffic's dimensions."""

    steps: list[Range]
    whole: Range
    undrawn: bool  # whether a part of the cost belongs to no day or session, and is not drawn
    by: list[Row]  # what `Chain.savings` says, with saved_low_usd and saved_high_usd


def ranges(traffic: Traffic, chain: Chain, baseline_usd: float) -> Ranges:
    """Replays the chain at both ends of its assumptions, and draws its days or sessions again."""
    chains = [chain, *(_ending(traffic, chain, end) for end in ENDS)]
    start = traffic.by_block("cost_0") if traffic.blocks else {}
    saved = [_saved(baseline_usd, one) for one in chains]
    steps = []
    for number in range(len(chain.steps)):
        found = [one[number] for one in saved]
        before = chain.points[number - 1].blocks if number else start
        drawn = interval(start, before, chain.points[number].blocks)
        steps.append(Range(min(found), max(found), *drawn))
    whole = [sum(one) for one in saved]
    last = chain.points[-1].blocks if chain.points else start
    spread = Range(min(whole), max(whole), *interval(start, start, last))
    return Ranges(steps, spread, bool(start.get(None)), _by(chains))


def _ending(traffic: Traffic, chain: Chain, end: str) -> Chain:
    """The chain with every assumption at one end: what comes before the first that moves is not run again."""
    moved: Sequence[WhatIf] = [at(end, step) for step in chain.steps]
    same = next((n for n, step in enumerate(moved) if step.values != chain.steps[n].values), len(moved))
    if same == len(moved):
        return chain
    made = Chain(traffic, f"{end}_", after=chain.until(same))
    for step in moved[same:-1]:
        made.add(step)
    made.end(moved[-1])
    return made


def _saved(baseline_usd: float, chain: Chain) -> list[float]:
    costs = [baseline_usd, *(point.cost_usd for point in chain.points)]
    return [before - after for before, after in pairwise(costs)]


def _by(chains: Sequence[Chain]) -> list[Row]:
    """The savings by the traffic's dimensions with the ends of their range."""
    rows, *ends = (chain.savings() for chain in chains)
    dimensions = chains[0].traffic.dimensions
    found = [{tuple(row[name] for name in dimensions): row["saved_usd"] for row in end} for end in (rows, *ends)]
    return [
        row | {"saved_low_usd": min(saved), "saved_high_usd": max(saved)}
        for row in rows
        if (saved := [one[tuple(row[name] for name in dimensions)] for one in found])
    ]
