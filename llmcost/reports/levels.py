"""The level of a log's daily spend, and the days on which it moved to another.

Days are compared on the logarithm of their spend, since dollars a day are spread over orders of magnitude, with what
their weekday usually differs by taken off. They are cut into stretches of one level each so that what is left
unexplained, and a charge for each cut, are least (the optimal partition of B. Jackson et al., An Algorithm for Optimal
Partitioning of Data on an Interval, 2005). Single days far off are drawn in before, so that none makes a level of its
own. Where levels follow one another as a slope does, they are described as that.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Shape = Literal["step", "spell", "gradual"]

LEAST_DAYS = 5
"""Comparable days that show what is usual of them."""
_APART = 14
"""Days without spend between two stretches: how the level moved meanwhile is not known, and none is said to have."""
_LEVEL_DAYS = 3
"""Days of a level: as many as the median of five keeps."""
LEAST_FACTOR = 2.0
"""Between two levels: a smaller move is no finding."""
_LEAST_NOISE = float(np.log(1.1))
"""By which days are assumed to vary where the log shows less."""
_NORMAL = 1.4826
"""Times the median absolute deviation: the standard deviation of what is normally distributed."""
_DRAWN_IN = 2.0
"""Standard deviations from the median of its neighbours beyond which a day counts as that far off."""
_CHARGE = 6.0
"""For a cut, times the logarithm of the days: three times the Bayesian criterion's, as a day is like the one before."""
_SLOPES = 24
"""Days at which a slope is tried to begin and to end."""
_SLOPE_DAYS = 10
"""A slope of fewer days cannot be told from a step."""


@dataclass(frozen=True)
class Move:
    """A lasting change of level, or a spell of days at another, by the places of its days."""

    shape: Shape
    first: int  # of a slope where it begins
    counted_from: int
    """The first day that costs more or less because of it; not among the first of a stretch, by which that is told."""
    last: int  # the last day before the level moves again; of a slope where it ends
    end: int  # one after the last day that costs more or less because of it
    base: float  # the level before
    level: float  # the level after

    def later(self, days: int) -> "Move":
        """The same so many places later."""
        moved = {name: getattr(self, name) + days for name in ("first", "counted_from", "last", "end")}
        return replace(self, **moved)


@dataclass(frozen=True)
class Levels:
    """Of each day its place among the plateaus between the moves, and the logarithm of what is usual on it."""

    plateau: npt.NDArray[np.int64]
    usual: Numbers
    offset: Numbers  # what its weekday adds to the level
    moves: Sequence[Move]


def found(days: Sequence[date], usd: Numbers) -> Levels:
    """The levels of days that spent something, in order."""
    if not len(days):
        nothing = np.empty(0)
        return Levels(np.empty(0, dtype=np.int64), nothing, nothing, ())
    logs = np.log(usd)
    offset = _offsets(days, logs)
    flat = logs - offset
    noise = max(_spread(np.diff(flat, prepend=flat[0])) / np.sqrt(2), _LEAST_NOISE)
    level, plateau = np.empty(len(flat)), np.zeros(len(flat), dtype=np.int64)
    moves: list[Move] = []
    breaks = [place for place in range(1, len(days)) if (days[place] - days[place - 1]).days > _APART]
    for start, stop in pairwise([0, *breaks, len(days)]):
        level[start:stop], own = _stretch(flat[start:stop], noise)
        plateau[start:] += start > 0
        for move in own:
            plateau[start + move.counted_from :] += 1
            if move.end < stop - start and move.shape == "spell":
                plateau[start + move.end :] += 1
            moves.append(move.later(start))
    return Levels(plateau, level + offset, offset, moves)


def _stretch(flat: Numbers, noise: float) -> tuple[Numbers, Sequence[Move]]:
    """The level of each of these days, and its moves."""
    drawn = _drawn_in(flat)
    ends = [*_cuts(drawn / noise), len(flat)]
    level = np.empty(len(flat))
    for first, end in pairwise([0, *ends]):
        level[first:end] = np.median(flat[first:end])
    return level, _moves(drawn, level, ends[:-1])


def distance(off: Numbers) -> float | None:
    """How far days lie from what is usual on them, as a robust standard deviation; None of too few."""
    return _NORMAL * float(np.median(np.abs(off))) if len(off) >= LEAST_DAYS else None


def _offsets(days: Sequence[date], logs: Numbers) -> Numbers:
    """What each day's weekday differs by from the week around it; that of working days or weekends where a weekday is
    too rare to tell."""
    ordinal = np.array([day.toordinal() for day in days])
    low, high = np.searchsorted(ordinal, ordinal - 3), np.searchsorted(ordinal, ordinal + 4)
    around = [float(np.median(logs[a:b])) if b - a >= LEAST_DAYS else np.nan for a, b in zip(low, high, strict=True)]
    differs = logs - np.array(around)
    weekday = ordinal % 7  # 1 January of the year 1 was a Monday, with the ordinal 1: 0 is a Sunday, 6 a Saturday
    weekend = np.isin(weekday, (0, 6))
    offset = np.zeros(len(logs))
    for group in (*(weekend == kind for kind in (False, True)), *(weekday == kind for kind in range(7))):
        known = differs[group & ~np.isnan(differs)]
        if len(known) >= LEAST_DAYS:
            offset[group] = np.median(known)
    return offset


def _drawn_in(flat: Numbers) -> Numbers:
    """The days with those far from their neighbours drawn in: a median of five keeps a step, and no day or two."""
    middle = np.array([np.median(flat[max(at - 2, 0) : at + 3]) for at in range(len(flat))])
    reach = max(_DRAWN_IN * _spread(flat - middle), _LEAST_NOISE)
    return np.clip(flat, middle - reach, middle + reach)


def _spread(values: Numbers) -> float:
    return _NORMAL * float(np.median(np.abs(values - np.median(values))))


def _cuts(values: Numbers) -> list[int]:
    """The first places of all stretches but the first."""
    count = len(values)
    sums, squares = (np.concatenate([[0.0], np.cumsum(of)]) for of in (values, values**2))
    charge = _CHARGE * np.log(max(count, 2))
    least = np.full(count + 1, np.inf)
    least[0] = -charge
    before = np.zeros(count + 1, dtype=np.int64)
    for end in range(_LEVEL_DAYS, count + 1):
        first = np.arange(end - _LEVEL_DAYS + 1)
        left = squares[end] - squares[first] - (sums[end] - sums[first]) ** 2 / (end - first)
        cost = least[first] + left + charge
        before[end] = np.argmin(cost)
        least[end] = cost[before[end]]
    made = []
    at = int(before[count])
    while at > 0:
        made.append(at)
        at = int(before[at])
    return made[::-1]


def _moves(drawn: Numbers, level: Numbers, cuts: Sequence[int]) -> list[Move]:
    """The moves that are worth a finding. `level` becomes a slope where that describes its days better."""
    steps: list[Move] = []
    for chain in _chains(level, cuts):
        slope = _sloped(drawn, level, chain, cuts)
        steps += [slope] if slope else [_step(level, at) for at in chain]
    large = [step for step in steps if abs(step.level - step.base) >= np.log(LEAST_FACTOR)]
    made: list[Move] = []
    place = 0
    while place < len(large):
        move, after = large[place], large[place + 1] if place + 1 < len(large) else None
        end = after.first if after else len(level)
        back = after is not None and abs(after.level - move.base) < np.log(LEAST_FACTOR)
        if after and back and move.shape == after.shape == "step":
            made.append(replace(move, shape="spell", last=end - 1, end=end))
            place += 2
            continue
        last = move.last if move.shape == "gradual" else end - 1
        made.append(replace(move, last=last, end=end))
        place += 1
    return made


def _step(level: Numbers, at: int) -> Move:
    return Move("step", at, at, at, at, float(level[at - 1]), float(level[at]))


def _chains(level: Numbers, cuts: Sequence[int]) -> list[list[int]]:
    """Cuts one after the other at which the level moves the same way."""
    chains: list[list[int]] = []
    for at in cuts:
        up = level[at] > level[at - 1]
        if chains and (level[chains[-1][-1]] > level[chains[-1][-1] - 1]) == up:
            chains[-1].append(at)
        else:
            chains.append([at])
    return chains


def _sloped(drawn: Numbers, level: Numbers, chain: Sequence[int], cuts: Sequence[int]) -> Move | None:
    """The slope that describes the days around these cuts better than steps do, if there is one; `level` follows it."""
    start = max([0, *(cut for cut in cuts if cut < chain[0])])
    end = min([len(level), *(cut for cut in cuts if cut > chain[-1])])
    values, days = drawn[start:end], np.arange(end - start)
    best, ends = np.inf, (0, 0)
    tried = np.unique(np.linspace(0, len(values) - 1, _SLOPES).astype(int))
    for first in tried:
        for last in tried[tried >= first + _SLOPE_DAYS]:
            left = float(((values - _slope(values, days, first, last)) ** 2).sum())
            if left < best:
                best, ends = left, (int(first), int(last))
    stepped = float(((values - level[start:end]) ** 2).sum())
    if not np.isfinite(best) or _criterion(best, len(values), 4) >= _criterion(
        stepped, len(values), 2 * len(chain) + 1
    ):
        return None
    described = _slope(values, days, *ends)
    level[start:end] = described
    first, last = start + ends[0], start + ends[1]
    return Move("gradual", first, max(first, _LEVEL_DAYS), last, last, float(described[0]), float(described[-1]))


def _slope(values: Numbers, days: npt.NDArray[np.int64], first: int, last: int) -> Numbers:
    """One level up to a day, another from a later day on, and a straight line between, as near as may be."""
    share = np.clip((days - first) / (last - first), 0.0, 1.0)
    mean = share.mean()
    spread = float(((share - mean) ** 2).sum())
    rise = float(((share - mean) * (values - values.mean())).sum()) / spread if spread > 0 else 0.0
    described: Numbers = values.mean() + rise * (share - mean)
    return described


def _criterion(left: float, days: int, numbers: int) -> float:
    """The Bayesian information criterion of a description with so many numbers."""
    return days * float(np.log(max(left / days, _LEAST_NOISE**2 / 100))) + numbers * float(np.log(days))
