"""Random logs whose level moves as is known: each move is told once, with its day, whatever else the days do."""

from datetime import date, timedelta

import numpy as np
import pytest

from llmcost.reports import levels
from llmcost.reports.levels import Numbers

START = date(2026, 3, 2)  # a Monday
SEEDS = range(12)


def drawn(seed: int, shape: str, *, noise: float = 0.2) -> tuple[list[date], Numbers, int]:
    """Days with a known move, weekends at a level of their own, single days far off and days without spend; and the
    place of the move among the days that are left."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(28, 160))
    logs = rng.normal(3, noise, count)
    at = int(rng.integers(8, count - 12))
    size = np.log(rng.uniform(2.6, 6))
    if shape == "step":
        logs[at:] += size
    elif shape == "drop":
        logs[at:] -= size
    elif shape == "spell":
        logs[at : at + 6] += size
    elif shape == "slope":
        logs += size * np.clip((np.arange(count) - 5) / (count - 10), 0, 1)
    days = [START + timedelta(days=place) for place in range(count)]
    weekend = np.array([day.isoweekday() >= 6 for day in days])
    logs[weekend] += np.log(rng.choice([1.0, 0.3, 0.1]))
    far = rng.choice(count, count // 30, replace=False)
    logs[far] += np.log(rng.choice([8.0, 0.1], len(far)))
    kept = rng.random(count) > 0.06
    kept[at] = True
    places = np.flatnonzero(kept)
    return [days[place] for place in places], np.exp(logs[places]), int(np.flatnonzero(places == at)[0])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("shape", ["step", "drop", "spell"])
def test_a_move_is_one_with_its_day(shape: str, seed: int) -> None:
    days, usd, at = drawn(seed, shape)
    [move] = levels.found(days, usd).moves
    assert move.shape == ("spell" if shape == "spell" else "step")
    assert (move.level > move.base) == (shape != "drop")
    assert abs(move.first - at) <= 1, "a day that is far off by itself may stand next to it"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_slope_is_no_step(seed: int) -> None:
    days, usd, _ = drawn(seed, "slope", noise=0.1)
    [move] = levels.found(days, usd).moves
    assert move.shape == "gradual"


@pytest.mark.parametrize("noise", [0.05, 0.3, 0.9])
@pytest.mark.parametrize("seed", SEEDS)
def test_one_level_does_not_move(seed: int, noise: float) -> None:
    days, usd, _ = drawn(seed, "none", noise=noise)
    assert not levels.found(days, usd).moves


def test_few_days_have_one_level() -> None:
    for count in range(6):
        days = [START + timedelta(days=place) for place in range(count)]
        assert not levels.found(days, np.ones(count)).moves


def test_levels_are_not_compared_over_weeks_without_spend() -> None:
    days = [START + timedelta(days=place) for place in (*range(20), *range(60, 80))]
    assert not levels.found(days, np.array([1.0] * 20 + [9.0] * 20)).moves
    [move] = levels.found(days, np.array([1.0] * 8 + [5.0] * 12 + [9.0] * 20)).moves
    assert (move.first, move.end) == (8, 20)
