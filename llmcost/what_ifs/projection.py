"""A stack of what-ifs replayed and priced step by step: what each saves, its range, and what it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from llmcost.engine.store import Store
from llmcost.prices import cache_rules
from llmcost.reports import assumed
from llmcost.reports.provenance import Provenance
from llmcost.reports.scope import Row, Scope
from llmcost.what_ifs import cache_advice, cache_unknowns
from llmcost.what_ifs.engine.chain import Chain, Traffic
from llmcost.what_ifs.engine.ranges import Range, ranges
from llmcost.what_ifs.engine.reasons import costs_more, reasons
from llmcost.what_ifs.engine.step import WhatIf, assumptions, settled
from llmcost.what_ifs.quality import Quality, quality

PROMPT_CACHING = "prompt-caching"
"""The what-if that comes with a recommendation for each prompt."""


def is_unconfirmed(saved_usd: float, effects: Row) -> bool:
    """Whether a saving counts cached answers that the log cannot compare with the model's own: then it is the most."""
    return saved_usd > 0 and bool(effects.get("answers_not_compared"))


@dataclass
class Stage:
    """What one step made of the traffic. Shares are of the baseline's cost, so that stages add up."""

    what_if: WhatIf
    cost_usd: float
    saved_usd: float
    saved_share: float | None
    range: Range
    projected: bool = True  # whether the log shows what it does; else its saving of nothing is no answer
    moves: list[Row] = field(default_factory=list)
    summary: Row | None = None  # what a kernel says of its replay as a whole
    prompts: list[Row] = field(default_factory=list)  # prompt-caching: the cheapest way to cache each prompt
    unknowns: list[Row] = field(default_factory=list)  # prompt-caching: what vendors leave open, by its dollars
    quality: Quality | None = None  # where there is an outcomes file
    cut_short: list[Row] = field(default_factory=list)  # features whose answers it cuts short, and how many
    effects: Row = field(default_factory=dict)  # differences in tokens; answers and requests that the step changes

    @property
    def is_upper_bound(self) -> bool:
        """Whether its saving is one that the log does not confirm."""
        return is_unconfirmed(self.saved_usd, self.effects)

    @property
    def changes_answers(self) -> str:
        """Why answers are, or may be, others than the logged ones; empty where the step leaves them as they are."""
        if self.moves:
            return self.what_if.query.field("unmeasured") or "answers come from another model"
        if cut := self.effects.get("answers_cut_short"):
            return f"{cut:,} {'answer is' if cut == 1 else 'answers are'} cut short"
        if self.effects.get("answers_not_compared"):
            return "the log cannot tell whether its cached answers are the model's own"
        return self.what_if.query.field("unmeasured") if self.saved_usd else ""


@dataclass
class Projection:
    """The baseline, every stage after it, and how far to trust them."""

    requests: int
    is_priced: bool  # whether any request has a price; else every cost and saving here is 0, and unknown
    baseline_usd: float
    stages: list[Stage]
    range: Range  # of what all stages save together
    blocks: str | None  # what was drawn for the traffic's interval: days or sessions
    undrawn: bool  # whether a part of the cost belongs to none of them, and was not drawn
    by: list[Row]
    dimensions: tuple[str, ...]
    assumptions: list[str]
    notes: list[str]
    assumed: list[Row]  # of the logged traffic, what rests on a model that was assumed
    traffic: str = "stage_0"  # the relation of the covered requests, for as long as the store is open
    provenance: Provenance | None = None
    backtest: dict[str, Any] | None = None  # how its replays predict what the log recorded, once they are asked

    @property
    def is_upper_bound(self) -> bool:
        """Whether one of its stages' savings is one."""
        return any(stage.is_upper_bound for stage in self.stages)

    @property
    def unchanged_usd(self) -> float:
        """What the stages save that leave the answers as they are."""
        return sum(stage.saved_usd for stage in self.stages if not stage.changes_answers)

    @property
    def cost_usd(self) -> float:
        """What the traffic costs after the last stage."""
        return self.stages[-1].cost_usd if self.stages else self.baseline_usd


def simulate(
    store: Store, stack: Sequence[WhatIf], covered: Scope, dimensions: Sequence[str] = (), *, advises: bool = True
) -> Projection:
    """Runs the covered traffic through the stack and prices it after every step.

    With `advises`, prompt caching finds the cheapest cache of each prompt, which takes longer than the replay itself.

    Requests without a price in the log take part in no sum: their cost is unknown before and after. A step that
    cannot be projected on this traffic changes nothing and is noted; alone, it raises LlmcostError.
    """
    stack = [settled(store, step) for step in stack]  # a model without a price is reported before anything is replayed
    traffic = Traffic.of(store, covered, dimensions)
    chain = Chain(traffic, "")
    for step in stack:
        point = chain.add(step)
        if point.failure and len(stack) == 1:
            raise point.failure
    return projected(traffic, chain, advises=advises)


def projected(traffic: Traffic, chain: Chain, *, advises: bool = True) -> Projection:
    """What the chain's steps make of the traffic, with ranges, assumptions and notes."""
    baseline = traffic.cost_usd("cost_0")
    spread = ranges(traffic, chain, baseline)
    costs = [baseline, *(point.cost_usd for point in chain.points)]
    rests = assumed.find(traffic.store, Scope("stage_0"))
    told = [_why(chain, number, found) for number, found in enumerate(spread.steps, start=1)]
    stages = [
        Stage(
            what_if=step,
            cost_usd=costs[number],
            saved_usd=costs[number - 1] - costs[number],
            saved_share=(costs[number - 1] - costs[number]) / baseline if baseline else None,
            range=spread.steps[number - 1],
            projected=told[number - 1].projected,
            moves=chain.moves(number),
            summary=chain.points[number - 1].summary,
            prompts=_prompts(traffic.store, chain, number) if advises or cache_advice.decides(step.values) else [],
            unknowns=_unknowns(traffic, chain, number),
            quality=_quality(traffic.store, chain, number),
            effects=chain.effects(number),
            cut_short=chain.cut_short(number),
        )
        for number, step in enumerate(chain.steps, start=1)
    ]
    return Projection(
        requests=traffic.requests,
        is_priced=traffic.is_priced,
        baseline_usd=baseline,
        stages=stages,
        range=spread.whole,
        blocks=traffic.blocks,
        undrawn=spread.undrawn,
        by=spread.by,
        dimensions=traffic.dimensions,
        assumptions=[*assumed.said(rests), *(line for step in chain.steps for line in assumptions(step))],
        notes=[*_notes(traffic, chain, [one.lines for one in told], advises=advises), *assumed.said(rests)],
        assumed=rests,
    )


def _quality(store: Store, chain: Chain, number: int) -> Quality | None:
    """How good the answers are after a step, counted from 1, that could be projected."""
    if chain.points[number - 1].failure:
        return None
    return quality(store, chain.steps[number - 1], chain.before(number), chain.after(number))


def _prompts(store: Store, chain: Chain, number: int) -> list[Row]:
    """What the traffic before a step of prompt caching, counted from 1, recommends for each of its prompts, and of how
    many requests the step changes the cache."""
    step = chain.steps[number - 1]
    if step.query.name != PROMPT_CACHING or chain.points[number - 1].failure:
        return []
    changed = {
        (row["provider"], row["model"], row["prompt"]): row["changed_requests"] for row in chain.recached(number)
    }
    return [
        row | {"changed_requests": changed.get((row["provider"], row["model"], row["prompt"]), 0)}
        for row in cache_advice.prompt_lives(store.rows, chain.before(number), step.values)
    ]


def _unknowns(traffic: Traffic, chain: Chain, number: int) -> list[Row]:
    """What hangs on the questions that the rules leave open which a step of prompt caching, counted from 1, follows."""
    step = chain.steps[number - 1]
    if step.query.name != PROMPT_CACHING or chain.points[number - 1].failure or not traffic.is_priced:
        return []
    return cache_unknowns.unknowns(traffic.store.rows, chain.before(number), step.values, date.today())


def _notes(traffic: Traffic, chain: Chain, told: Sequence[Sequence[str]], *, advises: bool) -> list[str]:
    notes = []
    if traffic.unpriced:
        have = "request has no price: it is" if traffic.unpriced == 1 else "requests have no price: they are"
        notes.append(f"{traffic.unpriced:,} {have} replayed but excluded from totals")
    if not traffic.is_priced:
        notes.append("no request has a price, so there are no dollars to show; see: llmcost prices")
    if traffic.requests > cache_advice.LATEST and any(step.query.name == PROMPT_CACHING for step in chain.steps):
        cheapest = f"each prompt's cheapest cache comes from the latest {cache_advice.LATEST:,} requests, "
        asked = f"the effect of each open question to a vendor comes from the latest {cache_unknowns.LATEST:,} requests"
        notes.append(f"{PROMPT_CACHING}: {cheapest if advises else ''}{asked}, the saving from all")
    for number, step in enumerate(chain.steps, start=1):
        if step.query.name == PROMPT_CACHING:
            if advises and (others := cache_advice.left_out(traffic.store.rows, chain.before(number))):
                notes.append(
                    f"{PROMPT_CACHING}: the cheapest caches are those of the {cache_advice.MOST:,} most"
                    f" expensive prompts, without {others:,} {'other' if others == 1 else 'others'}"
                )
            notes += [f"{PROMPT_CACHING}: {line}" for line in _old_rules(traffic.store, chain.before(number))]
        notes += [f"{step.query.name}: {line}" for line in told[number - 1]]
    return notes


def _old_rules(store: Store, relation: str) -> list[str]:
    """Which rules of prompt caches that the replay follows were read too long ago."""
    today = date.today()
    rows = store.rows(f"select distinct provider, model from {relation} where model is not null")
    used = [cache_rules.rule_of(row["provider"], row["model"], today) for row in rows]
    vendors = {rule["vendor"]: rule["read_on"] for rule in used if cache_rules.is_stale(rule, today)}
    return [
        f"the rules of {vendor}'s cache were read on {read_on}, more than {cache_rules.STALE_DAYS} days ago; see:"
        " llmcost prices MODEL --cache"
        for vendor, read_on in sorted(vendors.items())
    ]


@dataclass(frozen=True)
class _Told:
    """Caveats of a step, and whether it could be projected."""

    projected: bool
    lines: list[str]


def _why(chain: Chain, number: int, spread: Range) -> _Told:
    """Why a step, counted from 1, changes nothing, or less than it could."""
    if failure := chain.points[number - 1].failure:
        return _Told(False, [f"not projected: {failure.message}"])
    found = reasons(chain, number)
    if not found.is_known:
        return _Told(False, [f"cannot be projected: {' and '.join(found.said)}"])
    if found.changed or found.said:
        return _Told(True, [*costs_more(chain, number), *found.said])
    if spread.low_usd or spread.high_usd:
        return _Told(True, ["changes nothing as assumed; its range says what it may save"])
    return _Told(True, [f"changes nothing: it affects no {'priced ' if chain.traffic.unpriced else ''}request"])
