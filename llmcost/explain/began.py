"""When the change began: a day on which the level of the daily spend moved, or a slope.

The days of both periods, working days and weekends brought to one level, are described in four ways: as one level, as a
straight line, as a step to a new level, and as a spell of days at another level. What is described is the logarithm of
their spend: days that cost more differ by more dollars, and would make a day look surer than it is. The best
description has the least Bayesian information criterion (G. Schwarz, Estimating the Dimension of a Model, 1978), so
that a step has to be worth the day that it names. The confidence in the day is the share of draws in which the same day
comes out, when the days' distances from their levels are drawn again (a bootstrap of residuals). The random numbers are
the same every time.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from llmcost.explain.days import Days
from llmcost.explain.periods import DAY
from llmcost.explain.shapley import Numbers

DRAWS = 500
LEAST_DAYS = 6
"""Fewer days hold no pattern."""
_LEAST_CHANGE = 0.005
"""Of the average day: a change below it is said to be none, and began on no day."""
_LEAST_SHARE = 0.5
"""Of the change between the periods: a spell that makes less of it is not how that began, and is set aside."""
_MOST_SPELLS = 3
"""Spells that are set aside."""
_ADDED = 0.1
"""Of the average day, before the logarithm is taken: a day that cost nothing is low, and not infinitely low."""
_LEVEL, _LINE, _STEP, _SPELL = 1, 2, 3, 4
"""How many numbers each description has: levels, and days at which they change."""
_ROUNDING = 1e-20
"""Squared, by which logarithms of equal days differ."""
_PRECISE = 1e-6
"""Of the whole variation what is left at least: a perfect fit is not infinitely better than a good one."""

Shape = Literal["step", "spell", "gradual"]


@dataclass(frozen=True)
class Began:
    """How the spend moved: on a day (`step`), from a day on for some days (`spell`), or little by little."""

    shape: Shape
    day: date | None  # None: gradual
    until: date | None  # of a spell its last day
    confidence: float | None  # that it was this day; None: gradual, or on a day between the periods
    low: date | None  # the days between which it began in nine draws of ten
    high: date | None
    before_usd: float  # a day, on average
    after_usd: float
    unseen_since: date | None = None
    """The first of the days between the periods, where it began on one of those that neither holds."""


def began(earlier: Days, later: Days) -> Began | None:
    """None where no day and no slope stands out, or where what does went the other way than the bill."""
    if len(earlier.days) + len(later.days) < LEAST_DAYS or not len(earlier.days) or not len(later.days):
        return None
    means = earlier.usd.mean(), later.usd.mean()
    if abs(means[1] - means[0]) < _LEAST_CHANGE * max(means):
        return None
    every = [*earlier.days, *later.days]
    kept = _kept(earlier, later)
    days, usd = [every[place] for place in kept], np.concatenate([earlier.usd, later.usd])[kept]
    rising = means[1] >= means[0]
    level = _levelled(usd, np.concatenate([earlier.weekend, later.weekend])[kept])
    best, start, stop = _described(level)
    if best == _LEVEL:
        return None
    if best == _LINE:
        slope = np.polyfit(np.arange(len(level)), level, 1)[0]
        if (slope > 0) != rising:
            return None
        return Began("gradual", None, None, None, None, None, float(earlier.usd.mean()), float(later.usd.mean()))
    inside = _between(start, stop, len(days))
    if (level[inside].mean() > level[~inside].mean()) != rising:
        return None
    drawn = _drawn(_scaled(level), inside)
    starts = _best_step(drawn)[0] if best == _STEP else _best_spell(drawn)[0]
    at = int(kept[start])
    unseen = every[at - 1] + DAY if at and every[at] - every[at - 1] > DAY else None
    low, high = np.quantile(starts, [0.05, 0.95], method="closest_observation")
    return Began(
        "step" if best == _STEP else "spell", days[start], None if best == _STEP else days[stop - 1],
        None if unseen else float((starts == start).mean()), unseen or days[int(low)], days[int(high)],
        float(usd[~inside].mean()), float(usd[inside].mean()), unseen,
    )  # fmt: skip


def _kept(earlier: Days, later: Days) -> Numbers:
    """The places of the days without those of spells that made little of the change."""
    usd = np.concatenate([earlier.usd, later.usd])
    weekend = np.concatenate([earlier.weekend, later.weekend])
    is_later = np.arange(len(usd)) >= len(earlier.days)
    change = later.usd.mean() - earlier.usd.mean()
    kept = np.arange(len(usd))
    for _ in range(_MOST_SPELLS):
        level = _levelled(usd[kept], weekend[kept])
        best, start, stop = _described(level)
        inside = _between(start, stop, len(kept))
        if best != _SPELL or len(kept) - inside.sum() < LEAST_DAYS:
            break
        more_days = inside[is_later[kept]].mean() - inside[~is_later[kept]].mean()
        made = (level[inside].mean() - level[~inside].mean()) * more_days
        if made * np.sign(change) >= _LEAST_SHARE * abs(change):
            break
        kept = kept[~inside]
    return kept


def _described(level: Numbers) -> tuple[int, int, int]:
    """The best description, and the first day of the other level and the day after its last."""
    level = _scaled(level)
    total = float(((level - level.mean()) ** 2).sum())
    if total <= _ROUNDING * len(level):
        return _LEVEL, 0, 0
    first, end, left = _best_spell(level[None])
    step, step_left = _best_step(level[None])
    fits = {_LEVEL: total, _LINE: _line_left(level), _STEP: float(step_left[0]), _SPELL: float(left[0])}
    best = min(fits, key=lambda numbers: _criterion(fits[numbers], total, len(level), numbers))
    return best, *((int(first[0]), int(end[0])) if best == _SPELL else (int(step[0]), len(level)))


def _scaled(level: Numbers) -> Numbers:
    mean = float(level.mean())
    return np.log(level / mean + _ADDED) if mean > 0 else np.zeros(len(level))


def _between(first: int, end: int, count: int) -> Numbers:
    inside = np.zeros(count, dtype=bool)
    inside[first:end] = True
    return inside


def _levelled(usd: Numbers, weekend: Numbers) -> Numbers:
    """Weekends brought to the level of working days, by their means."""
    level = usd.copy()
    if weekend.any() and not weekend.all():
        working, free = float(usd[~weekend].mean()), float(usd[weekend].mean())
        if free > 0 and working > 0:
            level[weekend] *= working / free
    return level


def _criterion(left: float, total: float, days: int, numbers: int) -> float:
    return days * float(np.log(max(left, total * _PRECISE) / days)) + numbers * float(np.log(days))


def _line_left(level: Numbers) -> float:
    at = np.arange(len(level), dtype=float)
    slope, start = np.polyfit(at, level, 1)
    return float(((level - start - slope * at) ** 2).sum())


def _best_step(levels: Numbers) -> tuple[Numbers, Numbers]:
    """For each row the first day of the new level with which least is left unexplained, and how much that is."""
    days = levels.shape[1]
    sums = np.cumsum(levels, axis=1)
    at = np.arange(1, days)
    before, whole = sums[:, :-1], sums[:, -1:]
    explained = before**2 / at + (whole - before) ** 2 / (days - at)
    best = explained.argmax(axis=1)
    return best + 1, (levels**2).sum(axis=1) - explained[np.arange(len(levels)), best]


def _best_spell(levels: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """The same for a spell that ends before the last day: its first day, the day after it, and what is left."""
    days = levels.shape[1]
    first, end = (part.ravel() for part in np.meshgrid(np.arange(1, days), np.arange(1, days), indexing="ij"))
    first, end = first[first < end], end[first < end]
    sums = np.concatenate([np.zeros((len(levels), 1)), np.cumsum(levels, axis=1)], axis=1)
    inside, whole = sums[:, end] - sums[:, first], sums[:, -1:]
    length = end - first
    explained = inside**2 / length + (whole - inside) ** 2 / (days - length)
    best = explained.argmax(axis=1)
    return first[best], end[best], (levels**2).sum(axis=1) - explained[np.arange(len(levels)), best]


def _drawn(level: Numbers, inside: Numbers) -> Numbers:
    """The levels with the distances from them drawn again, those of each level by themselves."""
    random = np.random.default_rng(18)
    drawn = np.empty((DRAWS, len(level)))
    for part in (inside, ~inside):
        mean = level[part].mean()
        drawn[:, part] = mean + random.choice(level[part] - mean, size=(DRAWS, int(part.sum())))
    return drawn
