"""What will have been spent when a period ends: drawn from the days before it, with a range.

Every future day is drawn from similar past days: the same weekday where there
are enough of these, else working days or weekends, else all days. Younger days are drawn
more often. Of today only the rest of the day is drawn: what past days spent after this
time. Each of the DRAWS futures gives the past days its own weights (the Bayesian
bootstrap: D. B. Rubin, The Bayesian Bootstrap, Annals of Statistics 9, 1981), so that
the range also holds how little a short past says about what is usual.

Days drawn one by one would make a month too sure of itself, for spend also drifts: in each
future the level moves from week to week by as much as it has in the past (the root mean
square of the logarithms of one week's spend over the week's before).

A method of sums, not of means: one outlier in the past widens the range upwards more than
it moves the middle. The random numbers are the same every time. How often the range held
what came is in docs/budgets.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import log, sqrt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

PAST_DAYS = 56
"""Eight weeks: as many of each weekday; the oldest count little."""

HALF_LIFE_DAYS = 10
"""A day so much older is drawn half as often: a change of level is followed within some weeks."""

UNKNOWN_DRIFT = 0.25
"""What a week's level is taken to move by, as a logarithm, where the past has fewer than three whole weeks with spend:
a guess, a quarter up or down."""

MOST_DRIFT = 1.0
"""Bursts of a single person's work say little about a month: a level moves by no more than e, 2.7 times, a week."""

DRAWS = 2000
LOW, HIGH = 0.1, 0.9
"""The ends of the range as quantiles: four times in five the period should end inside it."""

_ENOUGH_WEEKDAYS = 4
_ENOUGH_ALIKE = 3


@dataclass(frozen=True)
class PastDay:
    """A whole day before today: what it spent, and what of it after the time of day that it is now."""

    day: date
    spent_usd: float
    later_usd: float


@dataclass(frozen=True)
class Forecast:
    """US dollars still to be spent until the period's end."""

    low_usd: float
    middle_usd: float
    high_usd: float


def rest(past: Sequence[PastDay], today: date, last_day: date) -> Forecast | None:
    """What the rest of today and the days up to and including the last will cost; None without any past day."""
    import numpy as np

    if not past:
        return None
    random = np.random.default_rng(0)
    total = np.zeros(DRAWS)
    coming = [today + timedelta(days=number) for number in range((last_day - today).days + 1)]
    levels = _levels(past, len(coming), random)
    pools: dict[Any, list[date]] = {}
    for day in coming:
        pools.setdefault(_kind(past, day), []).append(day)
    for kind, days in pools.items():
        pool = [one for one in past if kind is None or kind in _kinds(one.day)]
        age_days = np.array([(today - one.day).days for one in pool])
        weights = 0.5 ** (age_days / HALF_LIFE_DAYS) * random.exponential(size=(DRAWS, len(pool)))
        upto = np.cumsum(weights, axis=1)
        for day in days:
            spent = np.array([one.later_usd if day == today else one.spent_usd for one in pool])
            total += spent[_drawn(upto, random.random(DRAWS))] * levels[:, (day - today).days]
    low, middle, high = (float(value) for value in np.quantile(total, [LOW, 0.5, HIGH]))
    return Forecast(low, middle, high)


def _levels(past: Sequence[PastDay], days: int, random: "np.random.Generator") -> "np.ndarray[Any, Any]":
    """By what the level of each future has moved by each of the days, beginning at 1 today."""
    import numpy as np

    walk = np.cumsum(random.normal(0, _drift(past), size=(DRAWS, days // 7 + 1)), axis=1)
    weeks = np.arange(days) / 7
    started = np.concatenate([np.zeros((DRAWS, 1)), walk], axis=1)
    whole = weeks.astype(int)
    return np.asarray(np.exp(started[:, whole] + (started[:, whole + 1] - started[:, whole]) * (weeks - whole)))


def _drift(past: Sequence[PastDay]) -> float:
    """By what the logarithm of a week's spend differs from that of the week before, as a root mean square."""
    newest_first = [one.spent_usd for one in reversed(past)]
    weeks = [sum(newest_first[at : at + 7]) for at in range(0, len(newest_first) - 6, 7)]
    moves = [log(later / earlier) for later, earlier in pairwise(weeks) if later > 0 and earlier > 0]
    return UNKNOWN_DRIFT if len(moves) < 2 else min(MOST_DRIFT, sqrt(sum(move**2 for move in moves) / len(moves)))


def _drawn(upto: "np.ndarray[Any, Any]", at: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """For each row of cumulated weights, the index that a number from 0 to 1 falls on."""
    import numpy as np

    below: np.ndarray[Any, Any] = upto < (at * upto[:, -1])[:, None]
    return np.asarray(below.sum(axis=1))


def _kinds(day: date) -> tuple[str, ...]:
    return day.strftime("%A"), "weekend" if day.weekday() >= 5 else "working day"


def _kind(past: Sequence[PastDay], day: date) -> str | None:
    """The narrowest kind of day that the past has enough of; None: any day."""
    for kind, enough in zip(_kinds(day), (_ENOUGH_WEEKDAYS, _ENOUGH_ALIKE), strict=True):
        if sum(kind in _kinds(one.day) for one in past) >= enough:
            return kind
    return None
