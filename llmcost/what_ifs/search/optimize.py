"""`--optimize`: the cheapest stack under the user's limits, among the settings that the headers name.

Every stack of those settings in which each step saves something is replayed, in the order of the headers, each with
one step more than another that was replayed before it: its first steps are never run again. What is tried, and in which
order, depends on nothing but the traffic and the words, so that the same search finds the same stack. Techniques that
change answers are searched where the user allows or names them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from math import inf, isfinite

from llmcost import numerals
from llmcost.engine import registry
from llmcost.engine.store import Store
from llmcost.errors import UsageError, did_you_mean
from llmcost.reports.scope import Scope
from llmcost.what_ifs.engine.chain import Chain, Traffic
from llmcost.what_ifs.engine.reasons import costs_more, reasons
from llmcost.what_ifs.engine.step import WhatIf, parse, settings, settled
from llmcost.what_ifs.projection import Projection, projected
from llmcost.what_ifs.search import allowed
from llmcost.what_ifs.search.greedy_stack import LeftOut
from llmcost.what_ifs.search.run_all import NO_PRICE, WORD

MOST_STACKS = 200
"""Stacks tried unless the user says otherwise: on the sample logs, well under a minute."""

Advance = Callable[[int, int], None]
"""Called after each replay: how many are done, of how many at most."""


@dataclass(frozen=True)
class Limits:
    """What a stack may cost other than dollars; None is unlimited."""

    truncated: float | None = None  # share of the requests, 0 to 1, whose answer a cap cuts short
    added_latency_ms: float | None = None  # of the answer that is delayed most
    quality: float | None = None  # share, 0 to 1, of the answers that are as good as the logged ones


@dataclass(frozen=True)
class Tried:
    """A stack and what it does to the traffic."""

    steps: tuple[WhatIf, ...]
    cost_usd: float
    saved_usd: float
    truncated_share: float
    added_latency_ms: float | None  # None: not known, as the log does not hold the latencies
    quality: float | None  # share of the answers that the log shows to be as good; None with a step in `unmeasured`
    unmeasured: tuple[str, ...]  # the steps whose answers are not judged
    breaks: tuple[str, ...] = ()  # the limits that it does not keep, or is not known to keep

    @property
    def harm(self) -> tuple[float, float, float]:
        """What a reader weighs against the dollars: cut answers, delay, and quality that is lost or unknown."""
        delay = inf if self.added_latency_ms is None else self.added_latency_ms
        return self.truncated_share, delay, inf if self.quality is None else 1 - self.quality


@dataclass(frozen=True)
class Optimum:
    """The cheapest stack that keeps the limits, and the frontier: the stacks that none beats on every measure."""

    limits: Limits
    tried: int
    frontier: list[Tried]
    chosen: Tried
    left_out: list[LeftOut]
    projection: Projection
    refused: Mapping[str, str]  # techniques that were not searched, by name, and why


@dataclass(frozen=True)
class _Deeds:
    """What the steps so far do to answers that their last relation no longer shows; one spoilt twice counts twice."""

    cut: int = 0  # answers that a cap cuts short
    worse: int = 0  # answers of a model that an outcomes file does not say to be as good
    delay: bool = False  # whether some answers wait for others

    def with_last(self, chain: Chain) -> "_Deeds":
        """These and those of the chain's last step."""
        query, effects = chain.steps[-1].query, chain.effects(len(chain.steps))
        # a step that adds requests delays only those that are asked again
        delays = bool(query.field("delays")) and (query.field("rows") != "adds" or effects["requests_asked_twice"] > 0)
        return _Deeds(
            self.cut + effects["answers_cut_short"], self.worse + chain.points[-1].worsened, self.delay or delays
        )


@dataclass
class _Search:
    """The replays of one search, counted."""

    traffic: Traffic
    limits: Limits
    baseline_usd: float
    advance: Advance
    most: int = 0
    tried: list[Tried] = field(default_factory=list)

    def judged(self, chain: Chain, done: _Deeds) -> Tried:
        """The chain's last stack, measured against the logged traffic."""
        cost = chain.points[-1].cost_usd if chain.points else self.baseline_usd
        answers = chain.answers()
        hidden = done.delay and answers["requests_without_latency"]
        delay = None if hidden else float(answers["added_latency_ms"])
        unmeasured = tuple(step.query.name for step in chain.steps if _unmeasured(step))
        share = done.cut / self.traffic.requests
        lost = answers["answers_not_known_to_be_the_same"] + done.cut + done.worse
        quality = None if unmeasured else max(0, self.traffic.requests - lost) / self.traffic.requests
        made = Tried(tuple(chain.steps), cost, self.baseline_usd - cost, share, delay, quality, unmeasured)
        return replace(made, breaks=_broken(made, self.limits))

    def below(self, chain: Chain, done: _Deeds, techniques: Sequence[Sequence[WhatIf]], depth: int = 0) -> None:
        """Tries every stack that begins with the chain's and goes on with the techniques from this depth on."""
        before = chain.points[-1].cost_usd if chain.points else self.baseline_usd
        for place in range(depth, len(techniques)):
            for option in techniques[place]:
                longer = Chain(self.traffic, f"try{place}_", after=chain)
                point = longer.add(option)
                self.advance(len(self.tried) + 1, self.most)
                if point.failure or point.cost_usd >= before:
                    continue  # a step that saves nothing here is not part of the stack
                with_this = done.with_last(longer)
                self.tried.append(self.judged(longer, with_this))
                self.below(longer, with_this, techniques, place + 1)


def limits(words: Sequence[str]) -> Limits:
    """`truncated=1%`, `added-latency-ms=500`, `quality=0.95`; UsageError for anything else."""
    known = {"truncated": 1.0, "added-latency-ms": inf, "quality": 1.0}
    found: dict[str, float] = {}
    for word in words:
        name, equals, text = (part.strip() for part in word.partition("="))
        if name not in known:
            raise UsageError(f"there is no limit named {name}", hint=did_you_mean(name, list(known)))
        if name in found:
            raise UsageError(f"--limit {name} is given twice", hint="keep one of them")
        value = _number(text) if equals else None
        if value is None or not 0 <= value <= known[name]:
            raise UsageError(f"--limit {word}: not a value of {name}", hint=_EXAMPLES[name])
        found[name] = value
    return Limits(found.get("truncated"), found.get("added-latency-ms"), found.get("quality"))


_EXAMPLES = {
    "truncated": "the share of answers that caps may cut short, like truncated=1%",
    "added-latency-ms": "the milliseconds that no answer may come later by, like added-latency-ms=500",
    "quality": "the share of answers that must stay as good, like quality=0.95",
}


@dataclass(frozen=True)
class Space:
    """The settings of each technique to try, in the order of the headers, and the techniques that are not searched, by
    name, with the reason."""

    techniques: list[list[WhatIf]]
    refused: Mapping[str, str] = field(default_factory=dict)


def space(words: Sequence[str], *, changed_answers: bool = False) -> Space:
    """Where to search: the techniques that the words name; where they name none, or all, those that leave answers as
    they are too, and with `changed_answers` the others."""
    given = {step.query.name: step for step in (parse(word) for word in words if word != WORD)}
    placed = [query for query in registry.load("what_ifs").values() if "grid" in query.fields]
    for name in given:
        if name not in {query.name for query in placed}:
            raise UsageError(f"{name} is not part of --optimize", hint="simulate it alone or in a stack")
    wanted = [query for query in placed if not given or WORD in words or query.name in given]
    refused = allowed.refused(wanted, given, changed_answers=changed_answers)
    searched = sorted((q for q in wanted if q.name not in refused), key=lambda query: int(query.field("order")))
    return Space([_options(query, given.get(query.name)) for query in searched], refused)


def simulate(
    store: Store,
    space: Space,
    covered: Scope,
    bounds: Limits,
    dimensions: Sequence[str] = (),
    most: int = MOST_STACKS,
    advance: Advance = lambda done, of: None,
    *,
    advises: bool = True,
) -> Optimum:
    """Tries the stacks and replays the best of them with its ranges.

    Where there are more than `most`, the settings that save least alone are left out until there are not; those that
    break a limit alone go first.
    """
    # a model without a price is reported before anything is replayed
    searched = [[settled(store, step) for step in options] for options in space.techniques]
    traffic = Traffic.of(store, covered, dimensions)
    search = _Search(traffic, bounds, traffic.cost_usd("cost_0"), advance)
    kept, left_out = _worth_trying(search, searched, most)
    search.most = _stacks(kept) - 1
    start = Chain(traffic, "")
    nothing = search.judged(start, _Deeds())
    search.below(start, _Deeds(), kept)
    found = [nothing, *search.tried]
    # an empty stack keeps every limit, so that there is always a stack to choose
    chosen = min((one for one in found if not one.breaks), key=lambda one: (one.cost_usd, len(one.steps)))
    chain = Chain(traffic, "")
    for step in chosen.steps:
        chain.add(step)
    return Optimum(
        bounds,
        len(found),
        _frontier(found),
        chosen,
        left_out,
        projected(traffic, chain, advises=advises),
        space.refused,
    )


def _options(query: registry.Query, given: WhatIf | None) -> list[WhatIf]:
    """The settings of the query's grid; what the user set himself stays as he set it."""
    fixed = {name: given.values[name] for name in given.given} if given else {}
    made: list[WhatIf] = []
    for line in query.fields["grid"]:
        values = query.bind(settings(query, line)) | fixed
        if all(values != one.values for one in made):
            made.append(WhatIf(query, values, frozenset(fixed)))
    return made


def _worth_trying(
    search: _Search, searched: Sequence[Sequence[WhatIf]], most: int
) -> tuple[list[list[WhatIf]], list[LeftOut]]:
    """The settings that save something alone and are few enough; the others, and why they are left out."""
    kept: list[list[WhatIf]] = []
    left_out: list[LeftOut] = []
    alone: dict[str, Tried] = {}
    for options in searched:
        kept.append([])
        for option in options:
            why = _hopeless(search, option, alone)
            if why:
                left_out.append(LeftOut(option, why))
            else:
                kept[-1].append(option)
    while _stacks(kept) > most:
        worst = min(alone.values(), key=lambda one: (not one.breaks, one.saved_usd))
        [step] = worst.steps
        del alone[step.word]
        kept = [[one for one in options if one.word != step.word] for options in kept]
        why = f"breaks {' and '.join(worst.breaks)} alone" if worst.breaks else "saves least alone"
        left_out.append(LeftOut(step, f"not tried, to keep to {most:,} stacks: of those left it {why}"))
    return [options for options in kept if options], left_out


def _hopeless(search: _Search, option: WhatIf, alone: dict[str, Tried]) -> str | None:
    """Why a setting is not worth a place in any stack; else what it does alone is kept."""
    if search.limits.quality is not None and (reason := _unmeasured(option)):
        return f"cannot prove the quality asked for: {reason}"
    if not search.traffic.is_priced:
        return f"cannot be projected: {NO_PRICE}"
    chain = Chain(search.traffic, "alone_")
    point = chain.add(option)
    if point.failure:
        return f"cannot be projected: {point.failure.message}"
    if point.cost_usd >= search.baseline_usd:
        found = reasons(chain, 1)
        if not found.is_known:
            return f"cannot be projected: {' and '.join(found.said)}"
        return "; ".join([*(costs_more(chain, 1) or ["saves nothing alone"]), *found.said])
    alone[option.word] = search.judged(chain, _Deeds().with_last(chain))
    return None


def _unmeasured(step: WhatIf) -> str:
    """Why the quality of the step's answers is unknown; empty where it is known, for example by an outcomes file."""
    return "" if step.values.get("outcomes") is not None else step.query.field("unmeasured")


def _stacks(kept: Sequence[Sequence[WhatIf]]) -> int:
    """How many stacks there are: of each technique one setting or none."""
    return reduce(lambda product, options: product * (len(options) + 1), kept, 1)


def _broken(made: Tried, bounds: Limits) -> tuple[str, ...]:
    truncated, delay, _ = made.harm
    broken = {
        "truncated": bounds.truncated is not None and truncated > bounds.truncated,
        "added-latency-ms": bounds.added_latency_ms is not None and delay > bounds.added_latency_ms,
        "quality": bounds.quality is not None and (made.quality is None or made.quality < bounds.quality),
    }
    return tuple(name for name, holds in broken.items() if holds)


def _frontier(found: Sequence[Tried]) -> list[Tried]:
    """The stacks that no other one beats on every measure; the most expensive first."""
    kept: list[Tried] = []
    for one in sorted(found, key=lambda one: (one.cost_usd, one.harm, len(one.steps))):
        if not any(_no_worse(other, one) for other in kept):
            kept.append(one)
    return kept[::-1]


def _no_worse(other: Tried, one: Tried) -> bool:
    """Whether the other, which costs no more, does no more harm in any way."""
    return all(theirs <= ours for theirs, ours in zip(other.harm, one.harm, strict=True))


def _number(text: str) -> float | None:
    percent = text.endswith("%")
    try:
        value = numerals.read(text.removesuffix("%"), float)
    except ValueError:
        return None
    return (value / 100 if percent else value) if isfinite(value) else None
