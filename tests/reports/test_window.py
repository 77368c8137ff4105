"""The days, weeks and months of a report, to the ends of what was asked, and the days that an average is of."""

from collections.abc import Iterator

import pytest

from llmcost.engine import store
from llmcost.engine.store import Store
from llmcost.explain.explanation import explain
from llmcost.prices import book
from llmcost.reports import spend
from llmcost.reports.filters import Filters
from llmcost.reports.scope import scope
from tests.reports.test_scope import micros
from tests.what_ifs.traffic import fill

HAIKU = "claude-haiku-4-5"


@pytest.fixture
def opened() -> Iterator[Store]:
    """Requests on 10 and 20 November, one of them of a feature that began that day; none in between."""
    with store.in_memory() as made:
        book.learn(made, [(None, HAIKU)])
        base = {"model": HAIKU, "input_tokens": 1000, "output_tokens": 0}
        fill(
            made,
            [
                base | {"ts": micros("2026-11-10T10:00:00"), "feature": "old"},
                base | {"ts": micros("2026-11-20T10:00:00"), "feature": "old"},
                base | {"ts": micros("2026-11-20T11:00:00"), "feature": "new"},
            ],
        )
        yield made


def days(opened: Store, since: str | None, until: str | None, *features: str) -> tuple[str, str, int]:
    covered = scope(opened, since, until, filters=Filters(features=features))
    found = [row["day"] for row in spend.by(opened, ("day",), covered).rows]
    return found[0], found[-1], len(found)


def test_days_reach_the_ends_that_were_asked(opened: Store) -> None:
    assert days(opened, "2026-11-08", "2026-11-12") == ("2026-11-08", "2026-11-12", 5)
    assert days(opened, None, "2026-11-12") == ("2026-11-10", "2026-11-12", 3)
    assert days(opened, "2026-11-15", None) == ("2026-11-15", "2026-11-20", 6)
    assert days(opened, "2026-11-15T12:00", "2026-11-21T00:00") == ("2026-11-15", "2026-11-20", 6)


def test_days_without_a_feature_are_days_on_which_it_spent_nothing(opened: Store) -> None:
    assert days(opened, None, None, "new") == ("2026-11-10", "2026-11-20", 11)


def test_weeks_and_months_reach_them_too(opened: Store) -> None:
    covered = scope(opened, "2026-10", "2026-12")
    assert [row["month"] for row in spend.by(opened, ("month",), covered).rows] == ["2026-10", "2026-11", "2026-12"]
    covered = scope(opened, "2026-11-16", "2026-12-01")
    assert [row["week"] for row in spend.by(opened, ("week",), covered).rows] == ["2026-W47", "2026-W48", "2026-W49"]


def test_local_days_reach_the_local_ends(opened: Store) -> None:
    opened.use_zone("Asia/Tokyo")
    assert days(opened, "2026-11-09", "2026-11-12") == ("2026-11-09", "2026-11-12", 4)


def test_days_that_the_log_does_not_hold_are_named(opened: Store) -> None:
    said = "the log begins on 2026-11-10 and ends on 2026-11-20; what lies outside is listed without spend"
    assert said in spend.by(opened, ("day",), scope(opened, "2026-11-08", "2026-11-22")).notes
    assert said not in spend.by(opened, ("day",), scope(opened, "2026-11-12", "2026-11-20")).notes


def test_an_average_is_one_of_days_of_the_log(opened: Store) -> None:
    found = spend.overview(opened, scope(opened, "2026-11-08", "2026-11-14"))
    assert [row["key"] for row in found.sections["day"]] == [f"2026-11-{day}" for day in range(10, 15)]


def test_a_day_of_a_clock_that_was_wrong_adds_no_thousands_of_days(opened: Store) -> None:
    opened.execute("update requests set ts = timestamp '1975-01-01' where feature = 'new'")
    assert days(opened, None, None, "old") == ("2026-11-10", "2026-11-20", 11)


def test_a_period_in_which_a_feature_spent_nothing_has_the_days_of_the_log(opened: Store) -> None:
    covered = scope(opened, filters=Filters(features=("new",)))
    found = explain(opened, covered, "2026-11-10..2026-11-15", "2026-11-16..2026-11-20", per_day=True)
    assert (found.earlier.days, found.later.days) == (6, 5)
    assert found.change_usd == pytest.approx(found.later.cost_usd / 5)
