"""How much a bill would rise by chance: the days of the earlier period, drawn again.

Both periods are drawn from the days of the earlier one, a working day from working days and a weekend day from weekend
days: that is what two bills of the same traffic would look like. The rise that only one draw in twenty exceeds is what
the earlier period's noise explains. The random numbers are the same every time.
"""

from dataclasses import dataclass

import numpy as np

from llmcost.explain.days import Days
from llmcost.explain.shapley import Numbers

DRAWS = 2000
EXPLAINED = 0.95
LEAST_DAYS = 5
"""Fewer days say too little of how much they vary."""
_LEAST_ALIKE = 2


@dataclass(frozen=True)
class Noise:
    """The rise, as a share of the earlier bill, that chance exceeds once in twenty."""

    rise: float
    days: int


def of(earlier: Days, later: Days, *, per_day: bool) -> Noise | None:
    """None where the earlier period has too few days, or spent nothing."""
    if len(earlier.days) < LEAST_DAYS or not len(later.days) or not earlier.usd.sum() > 0:
        return None
    random = np.random.default_rng(18)
    before, after = (_drawn(earlier, days.weekend, random) for days in (earlier, later))
    if per_day:
        before, after = before / len(earlier.days), after / len(later.days)
    spent = before > 0
    rises = after[spent] / before[spent] - 1.0
    return Noise(max(float(np.quantile(rises, EXPLAINED)), 0.0), len(earlier.days)) if len(rises) else None


def _drawn(known: Days, weekend: Numbers, random: np.random.Generator) -> Numbers:
    """The sums of DRAWS stretches of days of these kinds."""
    sums = np.zeros(DRAWS)
    for kind in (False, True):
        alike = known.usd[known.weekend == kind]
        from_days = alike if len(alike) >= _LEAST_ALIKE else known.usd
        count = int((weekend == kind).sum())
        if count:
            sums += random.choice(from_days, size=(DRAWS, count)).sum(axis=1)
    return sums
