"""The changes between the months, the weeks or the days of a log: those that a page lets its reader choose from.

They are split as `llmcost explain` splits them, all at once: a period is whole days, so that requests summed by slices
of days say enough, and each pair is a game of its own. Only prices that changed meanwhile need single requests again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from llmcost.engine.compose import Relation, compose
from llmcost.engine.relations import priced
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError
from llmcost.explain import movers, notes, pair_contributors, periods, traffic
from llmcost.explain.change import Change
from llmcost.explain.contributor import Contributor
from llmcost.explain.paired import Slices, body, concatenated, ends, pair_table, table
from llmcost.explain.periods import Log, Pair, Period
from llmcost.explain.split import splits
from llmcost.explain.totals import Total
from llmcost.reports.scope import Row, Scope

if TYPE_CHECKING:
    import pyarrow as pa

MOST = {"month": 12, "week": 12, "day": 10}
"""Periods of each kind, the newest that have requests with a price."""
_ASKED = ("dated", "sliced", "spent", "recurring-features", "recurring-prompts", "cells")
"""The queries that read `priced`: its table has the columns that they name."""
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


def questions() -> list[str]:
    """The SQL of all that is asked of the table `priced`."""
    return [body(name) for name in _ASKED]


def compared(store: Store, covered: Scope, columns: Mapping[str, str]) -> list[Compared]:
    """The changes between periods of a kind, the one that `llmcost explain` shows first; none for a single day.

    `priced` is a table of the covered requests, with what `questions` name; these columns hold the contributors' keys.
    """
    oldest, newest = traffic.span(store, covered)
    if oldest is None or newest is None:
        return []
    log = Log(oldest, newest)
    store.keep("dated", body("dated"))
    totals = _totals(store, log)
    pairs = _ordered(log, totals)
    if not pairs:
        return []
    slices, keys = Slices.of(totals), list(columns)
    moved = _add_up(store, slices, columns, pairs)
    split = dict(_split(store, _Repriced(covered, keys), pairs, totals, slices))
    of_split = {pair: repriced for pair, (_, repriced) in split.items()}
    who = pair_contributors.found(store, slices, of_split, moved, pairs, keys)
    return [
        Compared(
            change,
            who.get(pair, ()),
            notes.about_periods(log, pair, (change.earlier, change.later), per_day=False),
        )
        for pair, (change, _) in split.items()
    ]


def _add_up(store: Store, slices: Slices, columns: Mapping[str, str], pairs: Sequence[Pair]) -> list[Row]:
    """Makes `played`, the sums by slice of all requests and of each value whose spend changed most; gives these."""
    sliced: list[Relation] = [traffic.keyed(columns.values()), ("priced", body("sliced"))]
    with store.relation("slices", slices.table()):
        store.keep("spent", compose(sliced, body("spent")))
        moved = pair_contributors.few(movers.movers(store, pairs, slices, len(columns)))
        values = {row["game"]: row for row in moved}.values()
        chosen = {name: [row[name] for row in values] for name in ("game", "place", "value")}
        store.keep("chosen", _CHOSEN, chosen)
        store.keep("lasting_features", compose(sliced, body("recurring-features")))
        store.keep("lasting_prompts", compose(sliced, body("recurring-prompts")))
        store.keep("cells", compose(sliced, body("cells")))
    store.keep("played", body("played"))
    return moved


_CHOSEN = (
    "select unnest($game::bigint[]) as game, unnest($place::bigint[]) as place, unnest($value::varchar[]) as value"
)


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
            counted = row["requests"], row["unpriced_requests"], row["cost_usd"], row["active_days"]
            found[period] = (kind, Total(period, log.days_of(period), *counted))
    return found


def _split(
    store: Store,
    repriced: "_Repriced",
    pairs: Sequence[Pair],
    totals: Mapping[Period, tuple[str, Total]],
    slices: Slices,
) -> Iterator[tuple[Pair, tuple[Change, "pa.Table"]]]:
    """Pairs with the split of their bill, and their cells at the other period's prices where prices changed."""
    left = _MOST_CELLS
    for first in range(0, len(pairs), _AT_ONCE):
        some = pairs[first : first + _AT_ONCE]
        with store.relation("pairs", pair_table(some)), store.relation("sides", slices.sides(some)):
            other = repriced.cells(store, some)
            known = [place for place in range(len(some)) if place in other]
            with store.relation("repriced_cells", concatenated(other[place] for place in known)):
                games = store.arrow(compose([("played", body("paired"))], body("games")))
        left -= games.num_rows
        if left < 0 and first:
            return
        sides = [(totals[pair.earlier][1], totals[pair.later][1]) for pair in some]
        changes = {game: later.cost_usd - earlier.cost_usd for game, (earlier, later) in enumerate(sides)}
        made = splits([games], changes)
        for place in known:
            change = Change(*sides[place], per_day=False, change_usd=changes[place], split=made[place])
            yield some[place], (change, other[place])


def _ordered(log: Log, totals: Mapping[Period, tuple[str, Total]]) -> list[Pair]:
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


@dataclass(frozen=True)
class _Repriced:
    """The covered requests at other prices."""

    covered: Scope
    keys: Sequence[str]

    def cells(self, store: Store, pairs: Sequence[Pair]) -> dict[int, "pa.Table"]:
        """The cells of each pair at the other period's prices, where prices changed; not of pairs with too many
        requests."""
        changed = {row["pair"]: row["requests"] for row in store.rows(body("repricing"))}
        nothing = store.arrow("select 0::bigint as pair, * from played limit 0")
        keyed, tags = traffic.keyed_by(self.keys)
        found, left = {}, _MOST_REPRICED
        for place, pair in enumerate(pairs):
            left -= changed.get(place, 0)
            if place not in changed:
                found[place] = nothing
            elif left >= 0:
                requests, values = traffic.of_periods(self.covered, pair)
                steps = [*priced(*requests, ("requests", body("repriced"))), keyed]
                cells = [*steps, ("cells", body("cells")), ("played", body("played"))]
                select = "select $pair::bigint as pair, * from played"
                found[place] = store.arrow(compose(cells, select), tags | values | {"pair": place})
        return found
