"""What a saved scenario promised, against what the log shows since it was applied.

Requests of a feature and prompt, the cells of `explain`, are compared with those of the same before. What a request of
a cell cost before, as logged and under the scenario, is paid for as many requests as the cell has since, at the prices
of then: that takes out volume, mix and price. The difference of the two is what was promised for this traffic, that of
the first and the bill what was realised. A cell that the time before does not have is left out of both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from math import fsum

from llmcost.backtest import corrections
from llmcost.engine import registry
from llmcost.engine.compose import compose
from llmcost.engine.relations import priced
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError, UsageError
from llmcost.reports.scope import Row, Scope
from llmcost.what_ifs import scenarios
from llmcost.what_ifs.engine.chain import Chain, Traffic
from llmcost.what_ifs.engine.ranges import ranges
from llmcost.what_ifs.engine.step import ENDS, WhatIf, at, parse, settled

KINDS = ("input_usd", "cache_reads_usd", "cache_writes_usd", "output_usd", "fees_usd", "other_usd")
_CACHES = ("response-caching", "semantic-caching")

Cells = Mapping[tuple[str, str | None], Row]


@dataclass(frozen=True)
class Verification:
    """A promise and what came of it. Dollars are US dollars."""

    scenario: str
    steps: tuple[str, ...]
    since: datetime
    requests_before: int
    requests_since: int  # of the cells that the time before has too
    cost_before_usd: float
    cost_since_usd: float  # of the same
    promised_then_usd: float  # of the traffic before, at its prices
    without_usd: float  # what the traffic since would have cost without the scenario
    promised_usd: float  # for the traffic since
    low_usd: float  # the ends of what was promised for it: by the assumptions and by how other days or sessions vary
    high_usd: float
    realised_usd: float
    corrections: Mapping[str, float]  # from cost_before_usd to without_usd: volume, mix, price, disappeared
    differences: Mapping[str, float]  # by what is paid for: realised beyond what was promised
    new_requests: int  # of cells that the time before does not have
    new_usd: float
    notes: Sequence[str]

    @property
    def held(self) -> bool | None:
        """Whether what was realised lies in the promised range; None where no range was promised."""
        if self.low_usd == self.high_usd:
            return None
        return self.low_usd <= self.realised_usd <= self.high_usd


def verify(store: Store, name: str, after: Scope) -> Verification:
    """The scenario of this name against the requests covered, which begin at `after.since`, with its own filters.

    Raises UsageError for a scenario that there is not, LlmcostError where one of the two times has no priced requests.
    """
    scenario = scenarios.find(store, name)
    if not scenario.words:
        raise UsageError(f"{name} promises nothing", hint="name a scenario saved with simulate --save")
    if after.since is None:
        raise UsageError("a time is needed since which the scenario is applied", hint="for example --since 2026-11-01")
    ends = [end for end in (scenario.covered.until, after.since) if end is not None]
    before = replace(scenario.covered, until=min(ends))
    since = _cells(store, "requests", replace(after, filters=before.filters))
    traffic = Traffic.of(store, before, ())
    steps = [settled(store, parse(word)) for word in scenario.words]
    chain = _chain(traffic, "", steps)
    baseline = traffic.cost_usd("cost_0")
    if not traffic.is_priced or not any(row["requests"] for row in since.values()):
        raise LlmcostError("there are no priced requests to compare", hint="check --since, and ingest the newer logs")
    day = store.value(
        "select quantile_disc(ts, 0.5)::date from requests where ts >= $since and ($until is null or ts < $until)",
        {"since": after.since, "until": after.until},
    )
    logged = _cells(store, "stage_0", Scope("stage_0"), day)
    known = {key: row["requests"] for key, row in since.items() if key in logged and logged[key]["requests"]}
    then = _cells(store, "stage_0", Scope("stage_0"))

    def paid(cells: Cells, kind: str = "cost_usd") -> float:
        """What a cell's requests before cost, for as many as it has since."""
        return fsum(cells[key][kind] / logged[key]["requests"] * many for key, many in known.items() if key in cells)

    without = paid(logged)
    planned = _cells(store, chain.stage, Scope(chain.stage), day)
    at_ends = [_chain(traffic, f"{end}_", [at(end, step) for step in steps]).stage for end in ENDS]
    promised = without - paid(planned)
    saved = [promised, *(without - paid(_cells(store, stage, Scope(stage), day)) for stage in at_ends)]
    promised_then = baseline - chain.points[-1].cost_usd
    spread = ranges(traffic, chain, baseline).whole
    if spread.traffic_low_usd is not None and spread.traffic_high_usd is not None and promised_then:
        saved += [end / promised_then * promised for end in (spread.traffic_low_usd, spread.traffic_high_usd)]
    bill = fsum(since[key]["cost_usd"] for key in known)
    before_usd = fsum(row["cost_usd"] for row in then.values())
    before_requests = sum(row["requests"] for row in then.values())
    new = [row for key, row in since.items() if key not in known]
    return Verification(
        scenario=name,
        steps=scenario.words,
        since=after.since,
        requests_before=before_requests,
        requests_since=sum(known.values()),
        cost_before_usd=before_usd,
        cost_since_usd=bill,
        promised_then_usd=promised_then,
        without_usd=without,
        promised_usd=promised,
        low_usd=min(saved),
        high_usd=max(saved),
        realised_usd=without - bill,
        corrections=corrections.split(
            {key: (then[key]["requests"], many) for key, many in known.items()},
            {key: (_each(then[key]), _each(logged[key])) for key in known},
            fsum(row["cost_usd"] for key, row in then.items() if key not in known),
        ),
        differences={kind: paid(planned, kind) - fsum(since[key][kind] for key in known) for kind in KINDS},
        new_requests=sum(row["requests"] for row in new),
        new_usd=fsum(row["cost_usd"] for row in new),
        notes=_notes(steps, since, new),
    )


def _chain(traffic: Traffic, name: str, steps: Sequence[WhatIf]) -> Chain:
    chain = Chain(traffic, name)
    for step in steps:
        if failure := chain.add(step).failure:
            raise failure
    return chain


def _cells(store: Store, relation: str, covered: Scope, day: date | None = None) -> Cells:
    """What each feature and prompt costs; at the prices of a day, where one is given."""
    source = f"select * from {relation}"
    if day is not None:
        source = f"select * replace (coalesce(priced_on, $day::date) as priced_on) from {relation}"
    steps = [("requests", source), *covered.steps()[1:]]
    sql = compose(priced(*steps), registry.find("spend", "cells").body)
    rows = store.rows(sql, covered.parameters() | {"day": str(day)})
    return {(row["feature"], row["prompt_id"]): row for row in rows}


def _each(cell: Row) -> float:
    """What one of the cell's requests costs, in dollars."""
    return float(cell["cost_usd"] / cell["requests"])


def _notes(steps: Sequence[WhatIf], since: Cells, new: Sequence[Row]) -> list[str]:
    said = []
    caches = [step.query.name for step in steps if step.query.name in _CACHES]
    if caches and not any(row["answered_by_a_cache"] for row in since.values()):
        said.append(
            f"{caches[0]}: the newer log has no request that a cache answered; where such requests are not logged, what"
            " they save looks like less traffic, and is not counted"
        )
    if new:
        said.append("features and prompts without requests before cannot be compared, and are left out")
    said.append("what changed within a prompt for other reasons, such as longer inputs, counts as the scenario's")
    return said
