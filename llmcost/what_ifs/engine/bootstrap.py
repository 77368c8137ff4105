"""What other traffic of the same kind would give: days, or else sessions, drawn again with replacement.

Requests of one day are not independent of one another, so whole days are drawn (or, where there are too few, whole
sessions), and the share saved is taken of each draw. B. Efron, R. Tibshirani, An Introduction to the Bootstrap, 1993,
chapters 8 and 13.
"""

from collections.abc import Mapping

LEVEL = 0.9
"""The share of the draws inside the interval."""

LEAST_BLOCKS = 8
"""Days, or else sessions, that traffic needs before its variation is estimated."""

LEAST_SHARE = 0.5
"""The share of the cost that must belong to days or sessions."""

Costs = Mapping[str | None, float]
"""US dollars by block; None holds what belongs to none: requests without a time, or without a session."""

_DRAWS = 2000
_SEED = 0

COUNTED = "count(distinct ts::date) as days, count(distinct session_id) as sessions"
"""SQL: what `blocks` decides on, over a relation of requests."""

_BLOCKS = {
    None: "cast(null as varchar)",
    "days": "strftime(ts, '%Y-%m-%d')",
    "sessions": "substr(md5(session_id), 1, 3)",  # at most 4,096 groups of whole sessions
}


def blocks(counted: Mapping[str, int]) -> str | None:
    """What is drawn from traffic with this many days and sessions: `days` or `sessions`; None for too few."""
    return next((name for name in ("days", "sessions") if counted[name] >= LEAST_BLOCKS), None)


def block(name: str | None) -> str:
    """SQL: the day or the group of sessions that a request belongs to; null where nothing is drawn."""
    return _BLOCKS[name]


def interval(start: Costs, before: Costs, after: Costs) -> tuple[float | None, float | None]:
    """The ends of the interval of a saving that holds LEVEL of the draws, in US dollars of this traffic.

    Each mapping gives US dollars by block: of the traffic as it came, before the step, after it. What belongs to no
    block, under None, is not drawn: its saving is added as it is. None where there are no blocks to draw, the traffic
    cost nothing, or most of its cost belongs to no block.
    """
    import numpy as np

    blocks = [block for block in start if block is not None]
    costs = np.array([start[block] for block in blocks])
    total = costs.sum()
    if total <= 0 or total < LEAST_SHARE * sum(start.values()):
        return None, None
    saved = np.array([before.get(block, 0.0) - after.get(block, 0.0) for block in blocks])
    draws = np.random.default_rng(_SEED).multinomial(len(costs), np.full(len(costs), 1 / len(costs)), size=_DRAWS)
    spent = draws @ costs
    shares = np.divide(draws @ saved, spent, out=np.zeros(_DRAWS), where=spent > 0)
    low, high = np.quantile(shares, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) * total
    as_it_is = before.get(None, 0.0) - after.get(None, 0.0)
    return float(low + as_it_is), float(high + as_it_is)
