"""Simulations kept by name: any report runs on what they make of the traffic, and two can be laid side by side."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from llmcost.engine.store import Store
from llmcost.errors import UsageError, did_you_mean
from llmcost.reports import assumed, provenance, spend
from llmcost.reports.filters import Filters
from llmcost.reports.scope import Row, Scope
from llmcost.what_ifs.engine.chain import Chain, Traffic
from llmcost.what_ifs.engine.step import WhatIf, parse

LOGGED = "logged"
"""The name of the traffic as it was logged."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FILTERS = tuple(one.name for one in fields(Filters))
_MEASURES = ("requests", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "cost_usd")


@dataclass(frozen=True)
class Scenario:
    """A stack and the requests that it replays."""

    name: str
    words: tuple[str, ...]
    covered: Scope = field(default_factory=Scope)


@dataclass(frozen=True)
class Comparison:
    """Spend under two scenarios: by key, and in all. Rows hold `a_…` and `b_…` of each measure, `difference_usd`."""

    names: tuple[str, str]
    dimensions: tuple[str, ...]
    rows: list[Row]
    total: Row
    notes: list[str]


def check(name: str) -> None:
    """Raises UsageError for a name that no scenario can have."""
    if name == LOGGED:
        raise UsageError(f"{LOGGED} is the name of the traffic as logged", hint="use another name")
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is not a valid name", hint="use up to 64 letters, digits, points, - and _")


def save(opened: Store, name: str, stack: Sequence[WhatIf], covered: Scope) -> None:
    """Keeps a stack under a name, in place of what had it before. Needs the right to change the store."""
    check(name)
    ends = {end: covered.parameters()[end] for end in ("since", "until")}
    values = {"name": name, "words": [step.word for step in stack]} | ends
    values |= {kind: list(getattr(covered.filters, kind)) for kind in _FILTERS}
    columns = ", ".join(f"${column} as {column}" for column in values)
    opened.execute(f"insert or replace into scenarios by name select {columns}", values)


def listed(opened: Store) -> list[Scenario]:
    """Every scenario, by name."""
    return [_read(row) for row in opened.rows("from scenarios order by name")]


def find(opened: Store, name: str) -> Scenario:
    """A scenario by name; `logged` is the traffic without any step. Raises UsageError naming the nearest."""
    if name == LOGGED:
        return Scenario(LOGGED, ())
    known = {scenario.name: scenario for scenario in listed(opened)}
    if name not in known:
        hint = did_you_mean(name, [LOGGED, *known]) if known else "save one with: llmcost simulate … --save NAME"
        raise UsageError(f"there is no scenario named {name}", hint=hint)
    return known[name]


def relation(opened: Store, scenario: Scenario, place: str = "") -> str:
    """The relation that the scenario makes of the traffic, for this connection. `place` keeps two of them apart.

    It costs what `simulate` says: requests without a price in the log stay as they were logged, without one.
    """
    if not scenario.words:
        return "requests"
    traffic = Traffic.of(opened, scenario.covered, ())
    chain = Chain(traffic, f"scenario{place}_")
    for word in scenario.words:
        if failure := chain.add(parse(word)).failure:
            raise failure
    return traffic.as_counted(chain.stage, f"scenario{place}")


def compare(opened: Store, first: str, second: str, dimensions: Sequence[str]) -> Comparison:
    """Spend by the dimensions under two scenarios, the greatest difference first."""
    chosen = [find(opened, name) for name in (first, second)]
    scopes = [Scope(relation(opened, scenario, place)) for scenario, place in zip(chosen, "ab", strict=True)]
    by_key: dict[tuple[Any, ...], dict[str, Row]] = {}
    for place, scope in zip("ab", scopes, strict=True):
        for row in spend.spend(opened, dimensions, scope):
            by_key.setdefault(tuple(row[name] for name in dimensions), {})[place] = row
    rows = [dict(zip(dimensions, key, strict=True)) | _beside(found) for key, found in by_key.items()]
    rows.sort(key=lambda row: (-abs(row["difference_usd"] or 0.0), str([row[name] for name in dimensions])))
    totals = [spend.spend(opened, (), scope)[0] for scope in scopes]
    said = [*provenance.moved(opened, scopes[0]), *assumed.said(assumed.find(opened, scopes[0])), *notes(chosen)]
    if unpriced := max(total["unpriced_requests"] for total in totals):
        have = (
            "request has no price: it stays as logged and is"
            if unpriced == 1
            else ("requests have no price: they stay as logged and are")
        )
        said.append(f"{unpriced:,} {have} excluded from totals")
    return Comparison((first, second), tuple(dimensions), rows, _beside(dict(zip("ab", totals, strict=True))), said)


def _beside(found: dict[str, Row]) -> Row:
    made: Row = {
        f"{place}_{name}": found[place][name] if place in found else (None if name == "cost_usd" else 0)
        for name in _MEASURES
        for place in "ab"
    }
    # a scenario without such requests pays nothing for them; one whose requests have no price pays an unknown amount
    before, after = (made[f"{place}_cost_usd"] if made[f"{place}_requests"] else 0.0 for place in "ab")
    return made | {"difference_usd": None if before is None or after is None else after - before}


def notes(chosen: Sequence[Scenario]) -> list[str]:
    """In words: what the scenarios are, and whether they cover the same requests."""
    said = [f"scenario {one.name}: {', then '.join(one.words)}" for one in chosen if one.words]
    if any(one.covered != chosen[0].covered for one in chosen):
        said.append("the two cover different times or filters, so the steps are not the only difference")
    return said


def _read(row: Row) -> Scenario:
    filters = Filters(**{kind: tuple(row[kind] or ()) for kind in _FILTERS})
    return Scenario(row["name"], tuple(row["words"]), Scope("requests", row["since"], row["until"], filters))
