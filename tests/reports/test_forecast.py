"""The forecast: days drawn from days of their kind, with a range, the same every time."""

from datetime import date, timedelta

import pytest

from llmcost.reports.forecast import PAST_DAYS, PastDay, rest

MONDAY = date(2026, 8, 3)


def past(days: int, today: date, working: float = 10.0, weekend: float = 1.0, later: float = 0.25) -> list[PastDay]:
    """Days before today, `later` the share that each spent after this time of the day."""
    found = []
    for number in range(days, 0, -1):
        day = today - timedelta(days=number)
        spent = weekend if day.weekday() >= 5 else working
        found.append(PastDay(day, spent, later * spent))
    return found


def middle(days: list[PastDay], today: date, last: date) -> float:
    found = rest(days, today, last)
    assert found is not None
    assert 0 <= found.low_usd <= found.middle_usd <= found.high_usd
    return found.middle_usd


def test_today_costs_what_its_kind_spent_later_in_the_day() -> None:
    found = rest(past(PAST_DAYS, MONDAY), MONDAY, MONDAY)
    assert found is not None
    assert (found.low_usd, found.middle_usd, found.high_usd) == (2.5, 2.5, 2.5)


def test_days_to_come_are_drawn_from_their_kind() -> None:
    sunday = MONDAY + timedelta(days=6)
    assert middle(past(PAST_DAYS, MONDAY), MONDAY, sunday) == pytest.approx(2.5 + 4 * 10 + 2 * 1, rel=0.02)
    saturday = MONDAY - timedelta(days=2)
    assert middle(past(PAST_DAYS, saturday), saturday, saturday + timedelta(days=1)) == pytest.approx(1.25, rel=0.02)


def test_the_same_weekday_where_there_are_enough() -> None:
    tuesdays = [PastDay(one.day, 50.0, 0.0) if one.day.weekday() == 1 else one for one in past(PAST_DAYS, MONDAY)]
    week = middle(tuesdays, MONDAY, MONDAY + timedelta(days=1))
    assert week == pytest.approx(2.5 + 50, rel=0.02)
    few = middle(tuesdays[-14:], MONDAY, MONDAY + timedelta(days=1))
    assert few < 40  # two Tuesdays among ten working days


@pytest.mark.parametrize("name", ["Friday", "Saturday", "Sunday", "Monday"])
def test_with_few_weeks_a_day_is_like_others_of_its_half_of_the_week(name: str) -> None:
    """Three weeks hold three of each weekday, one less than is enough."""
    today = next(day for day in (MONDAY + timedelta(days=n) for n in range(7)) if day.strftime("%A") == name)
    spent = 1.0 if name in ("Saturday", "Sunday") else 10.0
    found = rest(past(21, today), today, today)
    assert found is not None
    assert (found.low_usd, found.middle_usd, found.high_usd) == (0.25 * spent,) * 3


def test_four_of_a_weekday_are_enough_and_three_are_not() -> None:
    def odd_mondays(days: int) -> float:
        varied = [PastDay(one.day, 50.0, 5.0) if one.day.weekday() == 0 else one for one in past(days, MONDAY)]
        return middle(varied, MONDAY, MONDAY)

    assert odd_mondays(28) == 5.0
    assert odd_mondays(27) < 5.0


def test_three_days_alike_are_enough_and_two_are_not() -> None:
    saturday = MONDAY - timedelta(days=2)
    weekend = [one for one in past(15, saturday) if one.day.weekday() >= 5]
    working = [one for one in past(15, saturday) if one.day.weekday() < 5]
    assert middle([*working, *weekend[-3:]], saturday, saturday) == 0.25
    assert middle([*working, *weekend[-2:]], saturday, saturday) > 0.25


def test_a_change_of_level_is_followed() -> None:
    days = past(PAST_DAYS, MONDAY)
    doubled = [PastDay(one.day, one.spent_usd * (2 if number >= 42 else 1), 0.0) for number, one in enumerate(days)]
    whole_week = middle(doubled, MONDAY, MONDAY + timedelta(days=7)) / middle(days, MONDAY, MONDAY + timedelta(days=7))
    assert 1.3 < whole_week <= 2


def test_an_outlier_widens_the_range_more_than_it_moves_the_middle() -> None:
    days = past(PAST_DAYS, MONDAY, weekend=10.0)
    ends = MONDAY + timedelta(days=20)
    plain, odd = rest(days, MONDAY, ends), rest([*days[:-1], PastDay(days[-1].day, 500.0, 0.0)], MONDAY, ends)
    assert plain is not None
    assert odd is not None
    assert odd.high_usd - plain.high_usd > 3 * (odd.middle_usd - plain.middle_usd)


def test_the_longer_the_rest_the_wider_the_range() -> None:
    def width(days: int) -> float:
        found = rest(past(PAST_DAYS, MONDAY), MONDAY, MONDAY + timedelta(days=days))
        assert found is not None
        return (found.high_usd - found.low_usd) / found.middle_usd

    noisy = past(10, MONDAY)  # less than three whole weeks: how far the level moves is not known
    known, unknown = width(25), rest(noisy, MONDAY, MONDAY + timedelta(days=25))
    assert unknown is not None
    assert (unknown.high_usd - unknown.low_usd) / unknown.middle_usd > 2 * known + 0.2


def test_it_is_the_same_every_time() -> None:
    days = past(30, MONDAY)
    assert rest(days, MONDAY, MONDAY + timedelta(days=9)) == rest(days, MONDAY, MONDAY + timedelta(days=9))


def test_no_past_no_forecast_and_no_spend_no_cost() -> None:
    assert rest([], MONDAY, MONDAY) is None
    nothing = rest(past(30, MONDAY, 0.0, 0.0), MONDAY, MONDAY + timedelta(days=9))
    assert nothing is not None
    assert nothing.high_usd == 0


def test_one_day_is_enough_for_a_first_guess() -> None:
    assert middle([PastDay(MONDAY - timedelta(days=1), 4.0, 1.0)], MONDAY, MONDAY) == 1.0
