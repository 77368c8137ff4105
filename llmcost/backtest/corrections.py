"""What other than a scenario changed a bill: volume, mix and price, split as `llmcost explain` splits a change.

The bill is a sum over cells (feature, prompt) that have requests before and since:

    requests × share of the feature × share of the prompt in it × dollars of a request

Each factor is a cause, and its part the Shapley value (`llmcost/explain/shapley.py`), so that it does not matter which
is taken first. Cells without requests since have disappeared, with all they cost.
"""

from collections.abc import Mapping, Sequence
from math import fsum

import numpy as np

from llmcost.explain import shapley
from llmcost.explain.shapley import Numbers

Key = tuple[str, str | None]


def split(
    requests: Mapping[Key, tuple[float, float]], usd_each: Mapping[Key, tuple[float, float]], disappeared_usd: float
) -> dict[str, float]:
    """Dollars by cause, which add up to the change of the bill.

    Args:
        requests: of each cell before and since, both above 0.
        usd_each: US dollars of one of its requests before, and of the same at the prices since.
        disappeared_usd: what the cells cost before that have no requests since.
    """
    keys = list(requests)
    volume = mix = price = 0.0
    if keys:
        of_cell = np.array([requests[key] for key in keys], float).T  # period × cell
        of_feature = _summed(of_cell, [key[0] for key in keys])
        of_all = np.broadcast_to(of_cell.sum(axis=1, keepdims=True), of_cell.shape)
        each = np.array([usd_each[key] for key in keys], float).T
        factors = (of_all, of_feature / of_all, of_cell / of_feature, each)
        volume, *mixes, price = (fsum(part) for part in shapley.parts(_bills(factors)))
        mix = fsum(mixes)
    return {"volume": volume, "mix": mix, "price": price, "disappeared": -disappeared_usd}


def _bills(factors: Sequence[Numbers]) -> Numbers:
    """The bill of each cell with every combination of factors before and since: an axis of two for each factor."""
    bills = np.ones(factors[0].shape[-1])
    for factor in reversed(factors):
        ahead = factor.reshape(2, *(1,) * (bills.ndim - 1), factor.shape[-1])
        bills = ahead * bills[None]
    return bills


def _summed(of_cell: Numbers, features: Sequence[str]) -> Numbers:
    """For each cell, the requests of its feature."""
    _, place = np.unique(np.array(features), return_inverse=True)
    sums = np.array([np.bincount(place, weights=period) for period in of_cell])
    return np.array(sums[:, place])
