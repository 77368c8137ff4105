"""When a change began, and what chance explains of it."""

from datetime import date, timedelta

import numpy as np
import pytest

from llmcost.explain import noise, words
from llmcost.explain.began import Began, began
from llmcost.explain.days import Days
from tests.explain.traffic import MODELS, explained, request, traffic

MONDAY = date(2026, 9, 7)


def both(usd: list[float], earlier: int = 14) -> tuple[Days, Days]:
    """The days from a Monday on, as two periods."""
    days = [MONDAY + timedelta(days=number) for number in range(len(usd))]
    return (
        Days(days[:earlier], np.array(usd[:earlier], dtype=float)),
        Days(days[earlier:], np.array(usd[earlier:], dtype=float)),
    )


def around(level: float, count: int, seed: int = 1) -> list[float]:
    random = np.random.default_rng(seed)
    return [float(level * factor) for factor in random.uniform(0.9, 1.1, count)]


def found(usd: list[float]) -> Began:
    one = began(*both(usd))
    assert one is not None
    return one


def test_a_step_is_found_on_its_day() -> None:
    one = found(around(10, 17) + around(30, 11, 2))
    assert (one.shape, one.day, one.until) == ("step", MONDAY + timedelta(days=17), None)
    assert one.confidence is not None
    assert one.confidence > 0.95
    assert one.before_usd == pytest.approx(10, rel=0.1)
    assert one.after_usd == pytest.approx(30, rel=0.1)


def test_a_step_in_noise_is_less_sure_and_has_a_range() -> None:
    random = np.random.default_rng(3)
    usd = [*(10 + 6 * random.standard_normal(14)), *(16 + 6 * random.standard_normal(14))]
    one = began(*both([max(float(it), 0.0) for it in usd]))
    if one is not None and one.shape == "step":
        assert one.confidence is not None
        assert one.low is not None
        assert one.high is not None
        assert one.confidence < 0.9
        assert one.low < one.high


def test_between_periods_that_are_apart_no_day_is_sure() -> None:
    earlier, later = both(around(10, 14) + around(30, 14, 2))
    apart = Days([day + timedelta(days=60) for day in later.days], later.usd)
    one = began(earlier, apart)
    assert one is not None
    assert (one.day, one.unseen_since, one.confidence) == (apart.days[0], MONDAY + timedelta(days=14), None)
    assert one.low == one.unseen_since
    assert began(earlier, later).unseen_since is None  # type: ignore[union-attr]


def test_what_did_not_change_began_on_no_day() -> None:
    """A step of the first day, which the log holds a part of, makes no change: both periods cost the same."""
    usd = [9.9, *[10.0] * 27]
    assert began(*both(usd)) is None
    assert began(*both([8.0, *usd[1:]])) is not None


def test_a_slope_is_gradual() -> None:
    usd = [10 + day + noise for day, noise in enumerate(np.random.default_rng(4).uniform(-1, 1, 28))]
    assert found([float(it) for it in usd]).shape == "gradual"


def test_a_single_expensive_day_does_not_hide_the_step_that_made_the_change() -> None:
    for outlier in (5, 24):
        usd = around(10, 17) + around(30, 11, 2)
        usd[outlier] = 150.0
        one = found(usd)
        assert (one.shape, one.day, one.until) == ("step", MONDAY + timedelta(days=17), None), outlier


def test_a_day_set_aside_is_not_one_that_no_period_holds() -> None:
    usd = around(10, 17) + around(30, 11, 2)
    usd[16] = 150.0
    assert found(usd).unseen_since is None


def test_a_few_days_are_a_spell_with_an_end() -> None:
    usd = around(10, 28)
    usd[18:20] = [200.0, 210.0]
    one = found(usd)
    assert (one.shape, one.day, one.until) == (
        "spell", MONDAY + timedelta(days=18), MONDAY + timedelta(days=19)
    )  # fmt: skip


def test_weekends_are_no_change() -> None:
    """Working days at $10, weekends at $1, then both at twice that: the step is on the Monday."""
    usd = [(1.0 if (MONDAY + timedelta(days=n)).isoweekday() > 5 else 10.0) * (2 if n >= 14 else 1) for n in range(28)]
    one = found([it * (1 + 0.01 * (n % 3)) for n, it in enumerate(usd)])
    assert (one.shape, one.day) == ("step", MONDAY + timedelta(days=14))


@pytest.mark.parametrize("usd", [[10.0] * 28, [0.0] * 28, [3.0, 9.0], around(10, 28)])
def test_no_day_where_nothing_changed(usd: list[float]) -> None:
    earlier, later = both(usd, min(14, len(usd) // 2))
    assert began(earlier, later) is None


def test_what_fell_is_not_the_beginning_of_a_rise() -> None:
    """Half of the earlier days cost nothing, so the later ones cost more, and the last day is a fall."""
    earlier, later = both([0.0] * 3 + [50.0] * 11 + [45.0] * 13 + [0.0])
    one = began(earlier, later)
    assert one is None or one.day != MONDAY + timedelta(days=27)


def test_noise_is_what_the_same_days_drawn_again_rise_by() -> None:
    steady, wild = both([10.0] * 28), both([1.0, 50.0, 2.0, 30.0, 9.0, 4.0, 70.0] * 4)
    assert noise.of(*steady, per_day=False) == noise.Noise(0.0, 14)
    more = noise.of(*wild, per_day=False)
    assert more is not None
    assert more.rise > 0.3


def test_noise_of_a_longer_period_counts_its_days() -> None:
    """Seven days at $10, then fourteen: twice as much without any noise, the same by the day."""
    earlier, later = both([10.0] * 21, 7)
    assert noise.of(earlier, later, per_day=False) == noise.Noise(1.0, 7)
    assert noise.of(earlier, later, per_day=True) == noise.Noise(0.0, 7)


def test_four_days_say_nothing_of_noise() -> None:
    assert noise.of(*both([10.0, 20.0, 30.0, 40.0, 50.0, 60.0], 4), per_day=False) is None


def test_a_new_model_without_a_price_costs_no_known_dollars() -> None:
    later = [request(), request(model="home-grown-7b"), request(model=MODELS[1])]
    with traffic([request()], later) as opened:
        one = explained(opened, "model")
    costs = {row["model"]: row["cost_usd"] for row in one.models}
    assert costs["home-grown-7b"] is None
    assert costs[MODELS[1]] > 0
    assert "home-grown-7b (no price)" in str(words.models(one))


def test_the_sentence_of_periods_that_are_apart_names_the_days_between() -> None:
    with traffic([request(day=n) for n in range(20)], [request(day=n, input_tokens=9000) for n in range(20)]) as opened:
        said = words.began(explained(opened, "model"))
    assert said.startswith("It began between 2026-09-21 and 2026-10-01, which neither period holds, from $")


def test_the_range_of_the_day_holds_the_day() -> None:
    """Days that cost more vary by more dollars; the step is anywhere in the later period."""
    held = []
    for seed in range(80):
        random = np.random.default_rng(seed)
        usd, at = 10 * np.exp(random.normal(0, 0.4, 60)), int(random.integers(30, 50))
        usd[at:] *= 2.5
        one = began(*both([float(it) for it in usd], 30))
        if one is not None and one.low and one.high:
            held.append(one.low <= MONDAY + timedelta(days=at) <= one.high)
    assert len(held) > 60
    assert np.mean(held) >= 0.9
