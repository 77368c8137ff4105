"""Who made the changes between periods: for each pair, the values of each key whose spend changed most."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from llmcost.engine.compose import compose
from llmcost.engine.store import Store
from llmcost.explain import traffic
from llmcost.explain.contributor import Contributor, telling
from llmcost.explain.paired import body, concatenated, pair_table, strings, table
from llmcost.explain.periods import Pair, Period
from llmcost.explain.split import splits
from llmcost.reports.scope import Row

if TYPE_CHECKING:
    import pyarrow as pa

_TOP = 5
"""Values of each key."""
_MOST_PAIRS = 24
"""The pair that is shown first and neighbours, most often: of many users and sessions each pair takes long."""
_FEW_VALUES = 20_000
"""What values spent in periods: with no more of these, every pair is looked at."""
_MOST_ROWS = 1_500
"""Contributors of all pairs; those of pairs beyond are left to `llmcost explain`, as are those with too many cells."""
_MOST_CELLS = 200_000
_AT_ONCE = 4


def movers(store: Store, pairs: Sequence[Pair], places: Mapping[Period, int], keys: int) -> list[Row]:
    """Whose spend changed most in each pair, in the order of the pairs; `spent` says what each value spent."""
    is_small = store.value("select count(*) from spent") <= _FEW_VALUES
    some = pairs if is_small else pairs[:_MOST_PAIRS]
    sides = table(
        pair=range(len(some)),
        earlier_period=[places[pair.earlier] for pair in some],
        later_period=[places[pair.later] for pair in some],
    )
    with store.relation("pairs", sides):
        rows = store.rows(body("movers"), {"keys": keys, "top": _TOP})
    last = rows[_MOST_ROWS]["pair"] if len(rows) > _MOST_ROWS else len(pairs)
    return [row for row in rows if row["pair"] < last]


def found(
    store: Store,
    split: Sequence[tuple[Pair, "pa.Table"]],
    moved: Sequence[Row],
    pairs: Sequence[Pair],
    keys: Sequence[str],
) -> dict[Pair, list[Contributor]]:
    """The contributors of each pair. `split` are pairs with their days at other prices, `daily` sums the values."""
    of_pair: dict[Pair, list[Row]] = {}
    for row in moved:
        of_pair.setdefault(pairs[row["pair"]], []).append(row)
    known = [(pair, repriced) for pair, repriced in split if pair in of_pair]
    labels = traffic.labels(store, [row["value"] for row in moved if keys[row["place"]] == "prompt"])
    made: dict[Pair, list[Contributor]] = {}
    left = _MOST_CELLS
    for first in range(0, len(known), _AT_ONCE):
        some = known[first : first + _AT_ONCE]
        rows = [(place, row) for place, (pair, _) in enumerate(some) for row in of_pair[pair]]
        games = pair_table(
            [some[place][0] for place, _ in rows],
            game=range(1, len(rows) + 1),
            pair=[place for place, _ in rows],
            value_number=[row["value_number"] for _, row in rows],
            place=[row["place"] for _, row in rows],
            rank=[row["rank"] for _, row in rows],
            value=strings([row["value"] for _, row in rows]),
        )
        repriced = concatenated(
            own.set_column(0, "pair", table(pair=[place] * own.num_rows)["pair"].cast("int64"))
            for place, (_, own) in enumerate(some)
        )
        with store.relation("pairs", games), store.relation("repriced_daily", repriced):
            store.keep("played", body("paired"))
            cells = store.arrow(body("games"))
            found = store.rows(compose([("chosen", "select * from pairs")], body("contributors")))
        left -= cells.num_rows
        if left < 0 and first:
            break
        changes = {row["game"]: row["later_usd"] - row["earlier_usd"] for row in found}
        parts = splits([cells], changes)
        for place, (pair, _) in enumerate(some):
            own = telling([row for row in found if rows[row["game"] - 1][0] == place])
            made[pair] = [
                Contributor.of(
                    row, keys[row["place"]], labels.get(row["value"]), changes[row["game"]], parts[row["game"]]
                )
                for row in own
            ]
    return made
