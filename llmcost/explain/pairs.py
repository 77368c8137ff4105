"""The changes between the months, the weeks or the days of a log: those that a page lets its reader choose from.

They are split as `llmcost explain` splits them, all at once: a period is whole days, so that requests summed by day say
enough, and each pair is a game of its own. Only prices that changed meanwhile take a look at single requests.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from llmcost.engine import registry
from llmcost.engine.compose import compose
from llmcost.engine.relations import priced
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError
from llmcost.explain import notes, periods, traffic
from llmcost.explain.change import Change
from llmcost.explain.periods import Log, Pair, Period
from llmcost.explain.split import splits
from llmcost.explain.totals import Total
from llmcost.reports.scope import Scope

if TYPE_CHECKING:
    import pyarrow as pa

MOST = {"month": 12, "week": 12, "day": 10}
"""Periods of each kind, the newest that have requests with a price."""
_ENOUGH_WEEKS = 4
"""With so many weeks, days are not compared."""
_AT_ONCE = 24
_MOST_CELLS = 100_000
"""Cells that are split; pairs beyond are left to `llmcost explain`."""
_MOST_REPRICED = 2_000_000
"""Requests that are priced again, in the same sense."""


@dataclass(frozen=True)
class Compared:
    """A change, and what a reader has to know of its periods."""

    change: Change
    notes: Sequence[str]


def compared(store: Store, covered: Scope) -> list[Compared]:
    """The changes between periods of a kind, the one that `llmcost explain` shows first; none for a single day."""
    oldest, newest = traffic.span(store, covered)
    if oldest is None or newest is None:
        return []
    log = Log(oldest, newest)
    store.keep("lasting_prompts", compose(covered.steps(), _body("recurring-prompts")), covered.parameters())
    store.keep("daily", compose(priced(*covered.steps()), _body("daily")), covered.parameters())
    totals = _totals(store, log)
    return list(_changes(store, covered, log, totals)) if totals else []


def _totals(store: Store, log: Log) -> dict[Period, tuple[str, Total]]:
    """The newest periods of each kind that have requests with a price."""
    listed = [(kind, period) for kind, found in periods.listed(log).items() for period in found]
    with store.relation("periods", _table(place=range(len(listed)), **_ends("", [period for _, period in listed]))):
        rows = store.rows(_body("spans"))
    found: dict[Period, tuple[str, Total]] = {}
    of_kind = dict.fromkeys(MOST, 0)
    for row in rows:
        kind, period = listed[row["place"]]
        if row["requests"] == row["unpriced_requests"]:
            continue
        if of_kind[kind] < MOST[kind] and not (kind == "day" and of_kind["week"] >= _ENOUGH_WEEKS):
            of_kind[kind] += 1
            counted = row["requests"], row["unpriced_requests"], row["cost_usd"]
            found[period] = (kind, Total(period, log.days_of(period), *counted))
    return found


def _changes(store: Store, covered: Scope, log: Log, totals: dict[Period, tuple[str, Total]]) -> Iterator[Compared]:
    left = _MOST_CELLS
    pairs = _ordered(log, totals)
    for first in range(0, len(pairs), _AT_ONCE):
        some = pairs[first : first + _AT_ONCE]
        table = _table(
            game=range(len(some)),
            **_ends("earlier_", [pair.earlier for pair in some]),
            **_ends("later_", [pair.later for pair in some]),
        )
        with store.relation("pairs", table):
            repriced, skipped = _repriced(store, covered, some)
            with store.relation("repriced_daily", repriced):
                games = store.arrow(compose([("played", _body("paired"))], _body("games")))
        left -= games.num_rows
        if left < 0 and first:
            return
        sides = [(totals[pair.earlier][1], totals[pair.later][1]) for pair in some]
        changes = {game: later.cost_usd - earlier.cost_usd for game, (earlier, later) in enumerate(sides)}
        for game, split in splits(games, changes).items():
            if game not in skipped:
                change = Change(*sides[game], per_day=False, change_usd=changes[game], split=split)
                yield Compared(change, notes.about_periods(log, some[game], sides[game], per_day=False))


def _ordered(log: Log, totals: dict[Period, tuple[str, Total]]) -> list[Pair]:
    """The usual pair, then neighbours, then the others, each newest first."""
    found = []
    for kind in MOST:
        own = sorted((period for period, (of, _) in totals.items() if of == kind), key=lambda one: one.since)
        places = {period: place for place, period in enumerate(own)}
        found += [(places[later] - places[earlier] > 1, earlier, later) for earlier, later in combinations(own, 2)]
    found.sort(key=lambda one: one[2].since, reverse=True)
    found.sort(key=lambda one: one[0])
    pairs = [Pair(earlier, later) for _, earlier, later in found]
    try:
        usual = periods.pair(log, None, None)
    except LlmcostError:  # a single day
        return []
    same = [pair for pair in pairs if (pair.earlier, pair.later) == (usual.earlier, usual.later)]
    return [*(usual for _ in same), *(pair for pair in pairs if pair not in same)]


def _repriced(store: Store, covered: Scope, pairs: Sequence[Pair]) -> tuple["pa.Table", set[int]]:
    """The days at the other period's prices, where prices changed; and the pairs that have too many such requests."""
    import pyarrow as pa

    tables, skipped, left = [store.arrow("select 0::bigint as game, * from daily limit 0")], set(), _MOST_REPRICED
    for row in store.rows(_body("repricing")):
        left -= row["requests"]
        if left < 0:
            skipped.add(row["game"])
            continue
        requests, values = traffic.of_periods(covered, pairs[row["game"]])
        steps = priced(*requests, ("requests", _body("repriced")))
        select = f"select $game::bigint as game, * from (\n{_body('daily')}\n)"
        tables.append(store.arrow(compose(steps, select), values | {"game": row["game"]}))
    return pa.concat_tables(tables), skipped


def _ends(side: str, found: Sequence[Period]) -> dict[str, Sequence[object]]:
    return {
        f"{side}since": [period.since.date() for period in found],
        f"{side}until": [period.until.date() for period in found],
    }


def _table(**columns: Sequence[object]) -> "pa.Table":
    import pyarrow as pa

    return pa.table({name: pa.array(list(values)) for name, values in columns.items()})


def _body(name: str) -> str:
    return registry.find("explain", name).body
