"""Who made the changes between periods: for each pair, the values of each key whose spend changed most."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from llmcost.engine.compose import compose
from llmcost.engine.store import Store
from llmcost.explain import traffic
from llmcost.explain.contributor import Contributor, telling
from llmcost.explain.paired import Slices, body, concatenated, pair_table, strings, table
from llmcost.explain.periods import Pair
from llmcost.explain.split import splits
from llmcost.reports.scope import Row

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_ROWS = 1_500
"""Contributors of all pairs; those of pairs beyond are left to `llmcost explain`, as are those with too many cells."""
_MOST_CELLS = 200_000
_AT_ONCE = 4


def few(moved: Sequence[Row]) -> list[Row]:
    """The movers of the first pairs, as many as a page holds."""
    if len(moved) <= _MOST_ROWS:
        return list(moved)
    return [row for row in moved if row["pair"] < moved[_MOST_ROWS]["pair"]]


def found(
    store: Store,
    slices: Slices,
    split: Mapping[Pair, "pa.Table"],
    moved: Sequence[Row],
    pairs: Sequence[Pair],
    keys: Sequence[str],
) -> dict[Pair, list[Contributor]]:
    """The contributors of each pair. `split` are pairs with their cells at other prices, `played` has all others."""
    of_pair: dict[Pair, list[Row]] = {}
    for row in moved:
        of_pair.setdefault(pairs[row["pair"]], []).append(row)
    known = [(pair, repriced) for pair, repriced in split.items() if pair in of_pair]
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
            value_number=[row["game"] for _, row in rows],
            place=[row["place"] for _, row in rows],
            rank=[row["rank"] for _, row in rows],
            value=strings([row["value"] for _, row in rows]),
        )
        repriced = concatenated(
            own.set_column(0, "pair", table(pair=[place] * own.num_rows)["pair"].cast("int64"))
            for place, (_, own) in enumerate(some)
        )
        with (
            store.relation("pairs", games),
            store.relation("sides", slices.sides([pair for pair, _ in some])),
            store.relation("repriced_cells", repriced),
        ):
            store.keep("paired", body("paired"))
            played = ("played", "select * from paired")
            cells = store.arrow(compose([played], body("games")))
            found = store.rows(compose([("chosen", "select * from pairs"), played], body("contributors")))
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
