"""Whose spend changed most between any two of many periods, found for all pairs at once.

What each value spent in each period is one array; the largest changes of every pair are read off it. Its sums are
rounded, so all values that come as close as rounding may be are kept, and the store orders these by exact sums.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from llmcost.engine.store import Store
from llmcost.explain.paired import Slices, body, concatenated
from llmcost.explain.periods import Pair
from llmcost.explain.shapley import Numbers
from llmcost.reports.scope import Row

if TYPE_CHECKING:
    import pyarrow as pa

_TOP = 5
"""Values of each key."""
_AT_ONCE = 100_000
"""Values whose spend is one array."""
_ROUNDING = 1e-12
"""Of all that was spent: more than a sum of a few doubles can be off."""


_SPENT = "select value, slice, cost_usd::double as usd from spent where place = $place"


def movers(store: Store, pairs: Sequence[Pair], slices: Slices, keys: int) -> list[Row]:
    """The values of each key whose spend changed most, in the order of the pairs; the table `spent` says what each
    spent."""
    found = [_columns().empty_table()]
    for place in range(keys):  # one after the other: a log may have as many values of each key as requests
        found += _candidates(store.arrow(_SPENT, {"place": place}), pairs, slices, place)
    with (
        store.relation("candidates", concatenated(found)),
        store.relation("sides", slices.sides(pairs)),
    ):
        return store.rows(body("movers"), {"top": _TOP})


def _candidates(spent: "pa.Table", pairs: Sequence[Pair], slices: Slices, place: int) -> Iterator["pa.Table"]:
    """Pair, place and value of those that may be among the first, of the key in this place."""
    import pyarrow as pa

    values = spent["value"].combine_chunks().dictionary_encode(null_encoding="encode")
    usd, of_slice, of_value = spent["usd"].to_numpy(), spent["slice"].to_numpy(), values.indices.to_numpy()
    order = np.argsort(of_value, kind="stable")
    near = _ROUNDING * usd.sum()
    for first in range(0, len(values.dictionary), _AT_ONCE):
        low, high = np.searchsorted(of_value[order], [first, first + _AT_ONCE])
        some = order[low:high]
        by_slice = np.zeros((slices.count, min(_AT_ONCE, len(values.dictionary) - first)))
        by_slice[of_slice[some], of_value[some] - first] = usd[some]
        by_period = {period: by_slice[list(of)].sum(axis=0) for period, of in slices.of_period.items()}
        for number, pair in enumerate(pairs):
            found = _largest(by_period[pair.later] - by_period[pair.earlier], near) + first
            made: dict[str, Any] = {"pair": np.full(len(found), number), "place": np.full(len(found), place)}
            yield pa.table(made | {"value": values.dictionary.take(pa.array(found))}, _columns())


def _columns() -> "pa.Schema":
    import pyarrow as pa

    return pa.schema({"pair": pa.int64(), "place": pa.int64(), "value": pa.string()})


def _largest(change: Numbers, near: float) -> Numbers:
    """Where the largest changes are, and those that are as near to them."""
    size = np.abs(change)
    at = max(len(size) - _TOP, 0)
    found: Numbers = np.flatnonzero((size >= np.partition(size, at)[at] - near) & (size > 0))
    return found
