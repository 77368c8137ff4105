"""`--what-if all`: every technique alone, then the best stack of them, and what is lost in between.

The stack leaves answers as they are, unless the user allows or names what changes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llmcost.engine import registry
from llmcost.engine.store import Store
from llmcost.errors import UsageError
from llmcost.reports.scope import Row, Scope
from llmcost.what_ifs.engine.chain import Chain, Traffic
from llmcost.what_ifs.engine.ranges import Range, ranges
from llmcost.what_ifs.engine.reasons import costs_more, reasons
from llmcost.what_ifs.engine.step import WhatIf, parse, settings, settled
from llmcost.what_ifs.projection import Projection, is_unconfirmed, projected
from llmcost.what_ifs.search import allowed
from llmcost.what_ifs.search.greedy_stack import LeftOut, stacked

WORD = "all"

ARTICLE = ("response-caching", "routing", "prompt-caching")
"""The three that the article combines ("LLM Cost Optimization in Production", DevOpsBoys, 2026-05-29, part 8)."""

ARTICLE_TITLE = '"LLM Cost Optimization in Production" (DevOpsBoys)'
"""How output names it."""

CLAIMED = (0.6, 0.8)
"""The share that it says they save together, "without touching response quality"."""

NO_PRICE = "no request has a price"


@dataclass(frozen=True)
class Alone:
    """What one technique saves of the logged traffic by itself; None and why, where it cannot be projected."""

    what_if: WhatIf
    saved_usd: float | None
    range: Range | None
    is_upper_bound: bool = False  # whether it counts cached answers that the log cannot compare
    failure: str | None = None
    remark: str = ""  # why it does no more, where that is not plain, and what is not known of its answers
    is_unjudged: bool = False  # whether it moves requests to other models, how good whose answers are is not known


@dataclass(frozen=True)
class Everything:
    """Each technique alone, the stack of those that save something, and the article's three."""

    alone: list[Alone]
    left_out: list[LeftOut]
    projection: Projection
    three: list[WhatIf]  # those of the article's that could be replayed
    three_saved_usd: float | None  # None where none of them could
    three_range: Range
    refused: Mapping[str, str]  # techniques that are not stacked as they change answers, by name, and why

    @property
    def sum_of_alone_usd(self) -> float:
        """What the steps of the stack save alone, added up as if none took from another."""
        stacked = {stage.what_if.query.name for stage in self.projection.stages}
        return sum(one.saved_usd or 0.0 for one in self.alone if one.what_if.query.name in stacked)

    @property
    def lost_usd(self) -> float:
        """How much of that sum disappears when they are stacked, since two of them would save the same dollar."""
        return self.sum_of_alone_usd - (self.projection.baseline_usd - self.projection.cost_usd)


@dataclass(frozen=True)
class Asked:
    """Every technique with its settings, and those that are not to be stacked, by name, with the reason."""

    steps: list[WhatIf]
    refused: Mapping[str, str]


def asked(words: Sequence[str], *, changed_answers: bool = False) -> Asked:
    """Every what-if whose header gives it a place, in that order; other words set the parameters of theirs, and say
    that it may be stacked."""
    given = {step.query.name: step for step in (parse(word) for word in words if word != WORD)}
    placed = [query for query in registry.load("what_ifs").values() if query.field("order")]
    for name in given:
        if name not in {query.name for query in placed}:
            raise UsageError(f"{name} is not part of --what-if all", hint="simulate it alone or in a stack")
    placed.sort(key=lambda query: int(query.field("order")))
    steps = [given.get(query.name) or _as_stacked(query) for query in placed]
    return Asked(steps, allowed.refused(placed, given, changed_answers=changed_answers))


def simulate(
    store: Store, asked: Asked, covered: Scope, dimensions: Sequence[str] = (), *, advises: bool = True
) -> Everything:
    """Each step alone; then in turn those that may be stacked and save something after the steps before them."""
    stack = [
        settled(store, step) for step in asked.steps
    ]  # a model without a price is reported before anything is replayed
    traffic = Traffic.of(store, covered, dimensions)
    baseline = traffic.cost_usd("cost_0")
    alone = [_alone(traffic, step, baseline) for step in stack]
    chain, left_out = _stacked(traffic, alone, baseline, asked.refused)
    three = Chain(traffic, "three_")
    for one in alone:
        if one.what_if.query.name in ARTICLE and one.failure is None:
            three.add(one.what_if)
    spread = ranges(traffic, three, baseline).whole
    saved = baseline - three.points[-1].cost_usd if three.points else None
    return Everything(
        alone, left_out, projected(traffic, chain, advises=advises), three.steps, saved, spread, asked.refused
    )


def _as_stacked(query: registry.Query) -> WhatIf:
    """The step with the settings that its header names for this."""
    return WhatIf(query, query.bind(settings(query, query.field("stacked"))))


def _alone(traffic: Traffic, step: WhatIf, baseline: float) -> Alone:
    if not traffic.is_priced:
        return Alone(step, None, None, failure=NO_PRICE)
    chain = Chain(traffic, "alone_")
    point = chain.add(step)
    if point.failure:
        return Alone(step, None, None, failure=point.failure.message)
    found = reasons(chain, 1)
    if not found.is_known:
        return Alone(step, None, None, failure=" and ".join(found.said))
    unmeasured = step.query.field("unmeasured")
    moves = chain.moves(1) if unmeasured else []
    costs = (f"alone {line}" for line in costs_more(chain, 1))
    remark = "; ".join([*costs, *found.said, *([f"{_moved(moves)}: {unmeasured}"] if moves else [])])
    spread = ranges(traffic, chain, baseline).whole
    saved = baseline - point.cost_usd
    return Alone(step, saved, spread, is_unconfirmed(saved, chain.effects(1)), remark=remark, is_unjudged=bool(moves))


def _moved(moves: Sequence[Row]) -> str:
    """In words: between which models most requests move."""
    most = max(moves, key=lambda row: row["requests"])
    others = len(moves) - 1
    more = f" and others between {others} more pair{'' if others == 1 else 's'} of models" if others else ""
    return f"{most['requests']:,} requests from {most['from_model']} to {most['to_model']}{more}"


def _stacked(
    traffic: Traffic, alone: Sequence[Alone], baseline: float, refused: Mapping[str, str]
) -> tuple[Chain, list[LeftOut]]:
    """The best stack of those that may be stacked and can be projected, and why the others are not part of it."""
    known = [
        (one, baseline - one.saved_usd)
        for one in alone
        if one.saved_usd is not None and one.what_if.query.name not in refused
    ]
    stack = stacked(traffic, [one.what_if for one, _ in known], [cost for _, cost in known], baseline)
    reasons = dict(refused) | {known[place][0].what_if.query.name: why for place, why in stack.left_out.items()}
    left_out = []
    for one in alone:
        if one.failure:
            left_out.append(LeftOut(one.what_if, f"cannot be projected: {one.failure}"))
        elif (why := reasons.get(one.what_if.query.name)) is not None:
            said = "; ".join(part for part in (why, one.remark) if part)
            left_out.append(LeftOut(one.what_if, said or "saves nothing"))
    return stack.chain, left_out
