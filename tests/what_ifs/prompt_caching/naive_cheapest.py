"""The plainest possible second version of ttl=auto and breakpoints=best: every way tried out, the cheapest taken."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

from llmcost.engine import store
from tests.what_ifs.calls import Buckets, Call
from tests.what_ifs.prompt_caching import naive
from tests.what_ifs.prompt_caching.naive_rules import MARKED, RULES, Assumed, assumed

READ_SAVES, WRITE_ADDS = 0.9, {"5m": 0.25, "1h": 1.0}
"""Of the price of input, where a model has no price: what a token read saves, and one written adds, by its life."""

SLIGHT = 1e-6
"""Sums of the same numbers in another order."""

Outcome = dict[str, Buckets]


def disagreements(opened: store.Store, calls: list[Call], after: Mapping[str, Buckets], **given: Any) -> list[str]:
    """Names of calls whose buckets are those of no cheapest way; of equally cheap ways any will do."""
    wrong: list[str] = []
    open_questions = assumed(given.get("pessimistic", "none"), given.get("optimistic", "none"))
    for model in {call.model for call in calls}:
        same = [call for call in calls if call.model == model]
        outcomes = _outcomes(opened, same, model, **given)
        plain = {call.name: (call.total, 0, 0, 0) for call in same}
        left_alone = _left_alone(outcomes, same)
        groups: dict[object, list[Call]] = defaultdict(list)
        for call in same:
            if call.name in left_alone:
                wrong += [call.name] if after[call.name] != call.buckets else []
            else:
                groups[_beginning(call, open_questions)].append(call)
        adds = {way: {call.name: _adds(way, outcome[call.name]) for call in same} for way, outcome in outcomes.items()}
        replayed = [call for group in groups.values() for call in group]
        for group in groups.values():
            ways = _cheapest(adds, group, replayed) if len(outcomes) > 1 else set(outcomes)
            expected = [{**outcomes, "none": plain}[way] for way in ways]
            if not any(all(after[call.name] == one[call.name] for call in group) for one in expected):
                wrong += [call.name for call in group]
    return wrong


def _outcomes(opened: store.Store, calls: list[Call], model: str, **given: Any) -> dict[str, Outcome]:
    """What becomes of the calls of one model under each way to cache."""
    ttl, breakpoints = given.pop("ttl", "5m"), given.pop("breakpoints", "auto")
    rule = RULES.get(model)
    if rule is None:
        return {"": {call.name: call.buckets for call in calls}}
    lives = ["5m", "1h"] if ttl == "auto" and rule.life is None else ["5m" if ttl == "auto" else ttl]
    placements = [breakpoints]
    if breakpoints == "best":
        kind = "breakpoints" if model in MARKED else rule.kind
        placements = {"breakpoints": ["implicit", "tools", "system", "explicit"],
                      "messages": ["implicit", "system", "explicit"]}.get(kind, ["auto"])  # fmt: skip
        if model in MARKED and given.get("automatic") == "keep":
            placements.remove("implicit")
    found = {}
    for life, placement in product(lives, placements):
        said = "provider" if rule.life is not None and life != "endless" else life
        way = f"{said} {placement}" if len(placements) > 1 else said
        found[way] = naive.replayed(opened, calls, ttl=life, breakpoints=placement, way=way, **given)
    return found


def _left_alone(outcomes: Mapping[str, Outcome], calls: Iterable[Call]) -> set[str]:
    """Calls that no way replays: their own buckets come out of each."""
    return {call.name for call in calls if all(outcome[call.name] is call.buckets for outcome in outcomes.values())}


def _cheapest(adds: Mapping[str, Mapping[str, float]], group: list[Call], calls: list[Call]) -> set[str]:
    """The ways that may be taken for calls with one beginning: their prompts', where these agree, else its own."""
    own = _least(adds, group)
    prompts = [_least(adds, [call for call in calls if _prompt(call) == one]) for one in {_prompt(c) for c in group}]
    agreed = set.intersection(*prompts)
    return agreed if agreed and all(len(ways) == 1 for ways in prompts) else agreed | own


def _least(adds: Mapping[str, Mapping[str, float]], calls: list[Call]) -> set[str]:
    sums = {way: sum(of[call.name] for call in calls) for way, of in adds.items()}
    least = min(sums.values())
    ways = {way for way, usd in sums.items() if usd <= least + SLIGHT} if least <= SLIGHT else set()
    return ways | ({"none"} if least > -SLIGHT else set())


def _adds(way: str, buckets: Buckets) -> float:
    """What a call costs more than without a cache."""
    life = way.partition(" ")[0]
    return (buckets[2] + buckets[3]) * WRITE_ADDS.get(life, 0.25) - buckets[1] * READ_SAVES


def _beginning(call: Call, open_questions: Assumed) -> object:
    """Calls that can share an entry have the first block in common that is long enough to be one."""
    rule = RULES[call.model]
    rules = [rule, MARKED.get(call.model, rule)]
    least = min(open_questions.number("minimum", one.least) for one in rules)
    first = next((name for name, tokens in call.blocks or () if tokens >= least), None)
    by_project = open_questions.truth("isolation", rule.projects)
    group = ("key", call.cache_key) if rule.keys and call.cache_key is not None else by_project and call.project
    return call.provider, call.organisation, group, first


def _prompt(call: Call) -> object:
    named: list[tuple[str, str | None]] = [("prompt", call.prompt_id), ("feature", call.feature)]
    return call.provider, next((pair for pair in named if pair[1]), ("project", call.project))
