"""Why a step changes nothing, or less than it could: what the log lacks, names that it does not know, settings.

And why it costs more than it saves, by what is paid for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from llmcost.engine.compose import compose
from llmcost.engine.registry import Value
from llmcost.engine.store import Store
from llmcost.errors import UsageError
from llmcost.what_ifs.engine import names
from llmcost.what_ifs.engine.chain import Chain
from llmcost.what_ifs.engine.step import WhatIf

_NEARLY_ALL = 0.95
_CENT = 0.005


@dataclass(frozen=True)
class Lack:
    """What not all of the requests hold, though the step has to know it of them."""

    words: str  # what it is
    share: float  # of the requests that hold it, 0 to 1
    decides: bool  # whether the step leaves a request without it as it is

    @property
    def of_all(self) -> bool:
        """Whether no request holds it."""
        return self.share == 0

    def __str__(self) -> str:
        if self.of_all:
            return f"no request has {self.words}"
        share = f"{self.share:.0%}" if self.share >= 0.005 else "fewer than 1%"
        return f"{share} of the requests have {self.words}{'; the others do not change' if self.decides else ''}"


@dataclass(frozen=True)
class Reasons:
    """Caveats of a step that could be run: whether the log shows what it does at all, and why it is not more."""

    is_known: bool
    changed: bool  # whether it does anything to the traffic
    said: list[str]


def reasons(chain: Chain, number: int) -> Reasons:
    """Of a step of the chain, counted from 1, that was run without a failure."""
    store, step = chain.traffic.store, chain.steps[number - 1]
    found, changed = lacks(store, step, "stage_0"), changes(chain, number)
    missing = [str(lack) for lack in found if lack.of_all]
    if missing and not changed:
        return Reasons(False, changed, missing)
    said = [*map(str, found), *names.absent(store, step, chain.before(number))]
    if not changed and (held := _held_back(chain, number) or _held_by_default(chain, number)):
        said.append(held)
    return Reasons(True, changed, said)


def lacks(store: Store, what_if: WhatIf, relation: str) -> list[Lack]:
    """What the step needs of the requests, where not nearly all of them hold it."""
    found = []
    for place, need in enumerate(what_if.query.fields.get("needs", ())):
        condition, _, words = need.partition(": ")
        told = (
            "select coalesce(sum(case when is_known then calls end), 0) as known, sum(calls) as requests"
            f" from (select calls, {condition} as is_known from requests)"
        )
        read = [("requests", f"select * from {relation}"), *what_if.query.reads]
        [row] = store.rows(compose(read, told), what_if.values)
        if (share := row["known"] / row["requests"]) < _NEARLY_ALL:
            found.append(Lack(words, share, place == 0))
    return found


def costs_more(chain: Chain, number: int) -> list[str]:
    """In one line: by how much a step, counted from 1, raises and lowers each kind of cost; none where it saves."""
    cost = chain.points[number - 1].cost_usd
    before = chain.points[number - 2].cost_usd if number > 1 else chain.traffic.cost_usd("cost_0")
    if cost - before < _CENT:
        return []
    kinds = sorted(chain.costs_by_kind(number).items(), key=lambda kind: -kind[1])
    said = [
        f"{name.removesuffix('_usd').replace('_', ' ')} {'+' if usd > 0 else '−'}{_dollars(abs(usd))}"
        for name, usd in kinds
        if abs(usd) >= _CENT
    ]
    return [f"costs {_dollars(cost - before)} more: {', '.join(said)}"]


def _dollars(usd: float) -> str:
    return f"${usd:,.2f}"


def changes(chain: Chain, number: int) -> bool:
    """Whether a step, counted from 1, does anything to the traffic."""
    before = chain.points[number - 2].cost_usd if number > 1 else chain.traffic.cost_usd("cost_0")
    return bool(
        chain.points[number - 1].cost_usd != before or any(chain.effects(number).values()) or chain.moves(number)
    )


def _held_back(chain: Chain, number: int) -> str:
    """The setting of the user's without which the step would change something; empty where no one is to blame."""
    step = chain.steps[number - 1]
    for parameter in step.query.parameters:
        value = step.values[parameter.name]
        if parameter.name not in step.given or value == parameter.default:
            continue
        if _would_change(chain, number, {parameter.name: parameter.default}):
            return (
                f"changes nothing with {parameter.name}={parameter.written(value)}, but would with"
                f" {parameter.written(parameter.default)}, the default ({parameter.meaning.rstrip('.')})"
            )
    return ""


def _held_by_default(chain: Chain, number: int) -> str:
    """The setting of the header's `instead` with which the step would change something; empty where it would not."""
    query = chain.steps[number - 1].query
    for instead in query.fields.get("instead", ()):
        settings, _, why = instead.partition(": ")
        given = dict(word.split("=", 1) for word in settings.split(","))
        bound = query.bind(given)
        if not given.keys() & chain.steps[number - 1].given and _would_change(
            chain, number, {name: bound[name] for name in given}
        ):
            return f"changes nothing, since {why}; it would with {settings}"
    return ""


def _would_change(chain: Chain, number: int, values: Mapping[str, Value]) -> bool:
    """Whether the step, counted from 1, would do anything to the traffic with these values; not where what the user set
    needs the other one too, as an encoder without a threshold of its own does."""
    step = chain.steps[number - 1]
    freed = Chain(chain.traffic, "freed_", after=chain.until(number - 1))
    changed = replace(step, values={**step.values, **values})
    try:
        return not freed.add(changed).failure and changes(freed, number)
    except UsageError:
        return False
