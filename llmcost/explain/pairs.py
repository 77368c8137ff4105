"""The changes between the months, the weeks or the days of a log: those that a page lets its reader choose from.

They are split as `llmcost explain` splits them, all at once: a period is whole days, so that requests summed by day say
enough, and each pair is a game of its own. Only prices that changed meanwhile take a look at single requests.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from llmcost.engine.compose import compose
from llmcost.engine.relations import priced
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError
from llmcost.explain import notes, pair_contributors, periods, traffic
from llmcost.explain.change import Change
from llmcost.explain.contributor import Contributor, usual_keys
from llmcost.explain.paired import Requests, body, concatenated, ends, pair_table, table
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
    """A change, who made it, and what a reader has to know of its periods."""

    change: Change
    contributors: Sequence[Contributor]  # none where the command has to be asked
    notes: Sequence[str]


@dataclass(frozen=True)
class _Split:
    """A pair whose bill has been split, and its days at the other period's prices where prices changed."""

    pair: Pair
    change: Change
    repriced: "pa.Table"


def compared(store: Store, covered: Scope) -> list[Compared]:
    """The changes between periods of a kind, the one that `llmcost explain` shows first; none for a single day."""
    oldest, newest = traffic.span(store, covered)
    if oldest is None or newest is None:
        return []
    log = Log(oldest, newest)
    store.bound_memory()
    keys = usual_keys(store, covered)
    keyed, tags = traffic.keyed_by(keys)
    of_log = Requests([*priced(*covered.steps()), keyed], covered.parameters() | tags, keys)
    store.keep("lasting_prompts", compose(covered.steps(), body("recurring-prompts")), covered.parameters())
    of_log.add_up(store, [])
    totals = _totals(store, log)
    pairs = _ordered(log, totals)
    if not pairs:
        return []
    places = {period: place for place, period in enumerate(totals)}
    with store.relation("periods", table(place=range(len(places)), **ends("", list(totals)))):
        store.keep("spent", compose(of_log.relations, body("spent")), of_log.parameters)
    movers = pair_contributors.movers(store, pairs, places, len(keys))
    of_log.add_up(store, movers)
    split = list(_split(store, covered, of_log, pairs, totals))
    who = pair_contributors.found(store, [(one.pair, one.repriced) for one in split], movers, pairs, keys)
    return [
        Compared(
            one.change,
            who.get(one.pair, ()),
            notes.about_periods(log, one.pair, (one.change.earlier, one.change.later), per_day=False),
        )
        for one in split
    ]


def _totals(store: Store, log: Log) -> dict[Period, tuple[str, Total]]:
    """The newest periods of each kind that have requests with a price."""
    listed = [(kind, period) for kind, found in periods.listed(log).items() for period in found]
    with store.relation("periods", table(place=range(len(listed)), **ends("", [period for _, period in listed]))):
        rows = store.rows(body("spans"))
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


def _split(
    store: Store, covered: Scope, of_log: Requests, pairs: Sequence[Pair], totals: dict[Period, tuple[str, Total]]
) -> Iterator[_Split]:
    left = _MOST_CELLS
    for first in range(0, len(pairs), _AT_ONCE):
        some = pairs[first : first + _AT_ONCE]
        with store.relation("pairs", pair_table(some)):
            repriced = _repriced(store, covered, of_log, some)
            known = [place for place in range(len(some)) if place in repriced]
            with store.relation("repriced_daily", concatenated(repriced[place] for place in known)):
                games = store.arrow(compose([("played", body("paired"))], body("games")))
        left -= games.num_rows
        if left < 0 and first:
            return
        sides = [(totals[pair.earlier][1], totals[pair.later][1]) for pair in some]
        changes = {game: later.cost_usd - earlier.cost_usd for game, (earlier, later) in enumerate(sides)}
        made = splits([games], changes)
        for place in known:
            change = Change(*sides[place], per_day=False, change_usd=changes[place], split=made[place])
            yield _Split(some[place], change, repriced[place])


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


def _repriced(store: Store, covered: Scope, of_log: Requests, pairs: Sequence[Pair]) -> dict[int, "pa.Table"]:
    """The days of each pair at the other period's prices, where prices changed; not of pairs with too many requests."""
    changed = {row["pair"]: row["requests"] for row in store.rows(body("repricing"))}
    nothing = store.arrow("select 0::bigint as pair, * from daily limit 0")
    found, left = {}, _MOST_REPRICED
    for place, pair in enumerate(pairs):
        left -= changed.get(place, 0)
        if place not in changed:
            found[place] = nothing
        elif left >= 0:
            requests, values = traffic.of_periods(covered, pair)
            steps = [*priced(*requests, ("requests", body("repriced"))), of_log.keyed]
            select = f"select $pair::bigint as pair, * from (\n{body('daily')}\n)"
            found[place] = store.arrow(compose(steps, select), of_log.parameters | values | {"pair": place})
    return found
