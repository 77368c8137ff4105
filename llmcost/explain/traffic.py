"""What both periods asked for and paid, added up by the store."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from llmcost.engine import registry
from llmcost.engine.compose import Relation, compose
from llmcost.engine.relations import priced
from llmcost.engine.store import Store
from llmcost.errors import UsageError
from llmcost.explain.periods import Pair
from llmcost.reports import spend
from llmcost.reports.filters import NO_FILTERS
from llmcost.reports.scope import Row, Scope

if TYPE_CHECKING:
    import pyarrow as pa

MOST_KEYS = 8
"""How many keys contributors are grouped by at once: the columns of the queries."""
MOST_VALUES = 1000
"""How many values of a key are contributors: each is split by itself."""
_MOST_TAG_VALUES = 50
"""A tag of more values names requests, not groups of them."""

_ROWS_AT_ONCE = 100_000
"""Of cells: what splitting them takes is a thousand bytes each."""
_PLACES = 1024
"""How many values `place` has in `queries/explain/games.sql`."""

_Values = dict[str, registry.Value]


@dataclass(frozen=True)
class Traffic:
    """Both periods: the contributors whose spend changed most, the starting point of every split, and the days."""

    contributors: Sequence[Row]  # with the number of their game
    games: Iterable["pa.Table"]  # game 0 is the whole traffic; to be read while the store is open
    days: Sequence[Row]
    unpriced: Sequence[Row]  # by model
    models: Sequence[Row]  # that only one of the periods asked: model, is_new, requests, cost_usd
    timeless: Row


def added_up(
    store: Store, covered: Scope, compared: Pair, keys: Sequence[str], top: int, lengths: tuple[float, float]
) -> Traffic:
    """The traffic of both periods, the `top` values of each key by how much their spend changed.

    `lengths` are the days that both are divided by, 1 where whole periods are compared.
    """
    if len(keys) > MOST_KEYS:
        raise UsageError(f"--by accepts at most {MOST_KEYS} keys here", hint="leave some out")
    if not 1 <= top <= MOST_VALUES:
        raise UsageError(
            f"--top {top:,} is none of 1 to {MOST_VALUES:,}", hint="each contributor has a split of its own"
        )
    periods, values = of_periods(covered, compared)
    keyed, tags = keyed_by(keys)
    values |= tags
    weights = {"earlier_weight": 1 / lengths[0], "later_weight": 1 / lengths[1]}
    chosen = compose([*priced(*periods), keyed, ("moved", _body("moved"))], _body("chosen"))
    store.keep("chosen", chosen, values | weights | {"keys": len(keys), "top": top})
    store.keep("lasting_features", compose(priced(*periods), _body("lasting-features")), values)
    store.keep("lasting_prompts", compose(periods, _body("lasting-prompts")), values)
    store.keep("cells", _cells(store, periods, keyed, values), values)
    played: Relation = ("played", _body("played"))
    [timeless] = store.rows(compose(priced(*covered.steps()), _body("timeless")), values)
    return Traffic(
        store.rows(compose([played], _body("contributors"))), _games(store, len(keys)),
        store.rows(_body("days")), store.rows(_body("unpriced")), store.rows(_body("models")), timeless,
    )  # fmt: skip


def span(store: Store, covered: Scope) -> tuple[datetime | None, datetime | None]:
    """What a clock showed when the oldest and the newest request of the days covered began.

    Filters by name change nothing: before the first request of a feature the log holds days on which it cost nothing.
    """
    every = replace(covered, filters=NO_FILTERS)
    sql = compose(every.steps(), "select min(local_time(ts)) as oldest, max(local_time(ts)) as newest from requests")
    [row] = store.rows(sql, every.parameters())
    return row["oldest"], row["newest"]


def telling_tags(store: Store, covered: Scope, most: int) -> list[str]:
    """The tags that split most requests into a few groups."""
    values: _Values = {"most": most, "most_values": _MOST_TAG_VALUES}
    rows = store.rows(compose(covered.steps(), _body("tag-names")), covered.parameters() | values)
    return [row["name"] for row in rows]


def labels(store: Store, prompts: Sequence[str | None]) -> dict[str, str]:
    """How to call these prompts, by their ids."""
    known = [prompt for prompt in prompts if prompt is not None]
    sql = "select prompt_id, label from prompts where list_contains($known, prompt_id)"
    return {row["prompt_id"]: row["label"] for row in store.rows(sql, {"known": known})} if known else {}


def _cells(store: Store, periods: Sequence[Relation], keyed: Relation, values: _Values) -> str:
    """SQL: the cells at the prices of their own period, and where prices changed, at those of the other."""
    own = compose([*priced(*periods), keyed], _body("cells"))
    repriced: Relation = ("requests", _body("repriced"))
    if not store.rows(compose([*periods, repriced], "select 1 as it from requests limit 1"), values):
        return f"select *, false as is_repriced from (\n{own}\n)"
    other = compose([*priced(*periods, repriced), keyed], _body("cells"))
    return (
        f"select *, false as is_repriced from (\n{own}\n)\nunion all\nselect *, true as is_repriced from (\n{other}\n)"
    )


def _games(store: Store, keys: int) -> "Iterator[pa.Table]":
    """The cells of all games, some prompts at a time: those of the whole traffic, then those of each key's values."""
    for game in ("0", *(f"game_{place}" for place in range(keys))):
        played: Relation = ("played", f"select {game} as game, * from cells where {game} is not null")
        store.keep("summed", compose([played], _body("games")))
        store.keep("games", "from summed order by place")  # a step of its own, or both take memory at once
        parts = min(store.value("select count(*) from games") // _ROWS_AT_ONCE + 1, _PLACES)
        ends = [_PLACES * part // parts for part in range(parts + 1)]
        for first, end in pairwise(ends):
            yield store.arrow("from games where place >= $first and place < $end", {"first": first, "end": end})


def of_periods(covered: Scope, compared: Pair) -> tuple[list[Relation], _Values]:
    """The requests of both periods, and the parameters of what reads them."""
    ends: _Values = {
        "earlier_since": _text(compared.earlier.since),
        "earlier_until": _text(compared.earlier.until),
        "later_since": _text(compared.later.since),
        "later_until": _text(compared.later.until),
    }
    return [*covered.steps(), ("requests", _body("compared"))], covered.parameters() | ends


def keyed_by(keys: Sequence[str]) -> tuple[Relation, _Values]:
    """`priced` with the keys as the columns key_0 to key_7, and its parameters."""
    values: _Values = {}
    columns = []
    for place, name in enumerate(keys):
        sql, tag = spend.column(name, f"tag_{place}")
        columns.append(sql)
        values |= tag
    return keyed(columns), values


def keyed(columns: Iterable[str]) -> Relation:
    """The same with the SQL of each key."""
    padded = [*columns, *["null::varchar"] * MOST_KEYS][:MOST_KEYS]
    listed = ", ".join(f"{sql} as key_{place}" for place, sql in enumerate(padded))
    return "priced", f"select {listed}, * from priced"


def _body(name: str) -> str:
    return registry.find("explain", name).body


def _text(moment: datetime) -> str:
    return moment.isoformat(sep=" ")
