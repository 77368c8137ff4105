"""The stack of `--what-if all`: in a fixed order what saves something after the steps before it, less what is better
left out.

A step may save less than it takes from later ones: a cache writes at a premium what the batch API would have halved.
So each step is dropped once those after it are known, with those after it chosen again; and where a single step is
cheaper than all that, the stack begins with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llmcost.what_ifs.engine.chain import Chain, Traffic
from llmcost.what_ifs.engine.step import WhatIf


@dataclass(frozen=True)
class LeftOut:
    """A technique that a stack goes without."""

    what_if: WhatIf
    why: str


@dataclass(frozen=True)
class Stack:
    """A chain, what it costs, and which of the steps it goes without, by their place, and why: nothing where that is
    what the step does alone."""

    chain: Chain
    cost_usd: float
    left_out: Mapping[int, str]


def stacked(traffic: Traffic, steps: Sequence[WhatIf], alone_usd: Sequence[float], baseline_usd: float) -> Stack:
    """The cheapest stack found of these steps, with `alone_usd`, what the traffic costs under each."""
    best = _grown(Stack(Chain(traffic, ""), baseline_usd, {}), steps, 0)
    turn = 0
    while (better := _without_one(best, steps, baseline_usd, turn)) is not best:
        best, turn = better, turn + 1
    place = min(range(len(steps)), key=lambda one: alone_usd[one], default=None)
    if place is None or alone_usd[place] >= best.cost_usd:
        return best
    single = Chain(traffic, "single_")
    cost = single.add(steps[place]).cost_usd
    why = f"{steps[place].query.name} without the steps before it is {_dollars(best.cost_usd - cost)} cheaper"
    return _grown(Stack(single, cost, dict.fromkeys(range(place), why)), steps, place + 1)


def _grown(stack: Stack, steps: Sequence[WhatIf], start: int) -> Stack:
    """The stack with each of the steps from a place on that saves something after those before it."""
    chain, cost, left_out = stack.chain, stack.cost_usd, dict(stack.left_out)
    for place in range(start, len(steps)):
        after = chain.add(steps[place]).cost_usd
        if after < cost:
            cost = after
            continue
        chain = chain.until(len(chain.steps) - 1)
        why = "saves nothing" if after == cost else f"would cost {_dollars(after - cost)} more"
        left_out[place] = f"{why} after the steps before it" if chain.steps else ""
    return Stack(chain, cost, left_out)


def _without_one(stack: Stack, steps: Sequence[WhatIf], baseline_usd: float, turn: int) -> Stack:
    """The cheapest stack that goes without one step of this one; this one, where none is cheaper."""
    taken = [place for place in range(len(steps)) if place not in stack.left_out]
    best, names = stack, [f"turn_{turn}_{part}_" for part in "ab"]
    for number, place in enumerate(taken):
        if place == len(steps) - 1:
            break  # without the last one it costs more, as that one saves something
        shorter = Chain(stack.chain.traffic, names[0], after=stack.chain.until(number))
        cost = shorter.points[-1].cost_usd if shorter.points else baseline_usd
        before = {one: why for one, why in stack.left_out.items() if one < place}
        tried = _grown(Stack(shorter, cost, before), steps, place + 1)
        if tried.cost_usd < best.cost_usd:
            why = f"the stack is {_dollars(stack.cost_usd - tried.cost_usd)} cheaper without it"
            best = Stack(tried.chain, tried.cost_usd, {**tried.left_out, place: why})
            names.reverse()  # the relations of the best one stay
    return best


def _dollars(usd: float) -> str:
    return f"${usd:,.2f}" if usd >= 1 else f"${usd:.4f}"
