"""Unusual days: found by a robust comparison with days of their kind, and explained in one line."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from llmcost.engine import store
from llmcost.engine.store import Store
from llmcost.prices import book
from llmcost.reports import anomalies
from llmcost.reports.scope import scope
from tests.logs import Row, call, ingested, write
from tests.what_ifs.traffic import fill

MONDAY = date(2026, 8, 3)


def day_of(number: int, calls: int, feature: str, **fields: Any) -> list[Row]:
    """A day's calls of one feature, its number counted from a Monday."""
    morning = datetime.fromisoformat(f"{MONDAY + timedelta(days=number)}T08:00:00")
    return [
        call(request_id=f"{feature}-{number}-{fields.get('prompt_id', '')}-{n}", feature=feature,
             ts=f"{(morning + timedelta(minutes=n)).isoformat()}Z", **fields)
        for n in range(calls)
    ]  # fmt: skip


def usual_weeks(weeks: int = 6) -> list[Row]:
    """Ten calls of search a day, thirty on Tuesdays, two on weekends; five of chat every day."""
    rows: list[Row] = []
    for number in range(7 * weeks):
        weekday = number % 7
        rows += day_of(number, {1: 30, 5: 2, 6: 2}.get(weekday, 10), "search", prompt_id="p-1")
        rows += day_of(number, 5, "chat", prompt_id="c-1")
    return rows


def found(tmp_path: Path, rows: list[Row]) -> list[Row]:
    with ingested(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", rows)) as (opened, _):
        return anomalies.find(opened, scope(opened))


def test_days_like_others_are_in_line(tmp_path: Path) -> None:
    assert found(tmp_path, usual_weeks()) == []  # though a Tuesday costs three times a Monday


def test_an_expensive_tuesday_is_compared_with_tuesdays_and_its_prompt_is_named(tmp_path: Path) -> None:
    rows = usual_weeks() + day_of(22, 53, "search", prompt_id="p-17") + day_of(22, 10, "search", prompt_id="p-2")
    whole, search = found(tmp_path, rows)
    assert (whole["day"], whole["feature"], whole["cause"]) == (date(2026, 8, 25), None, "search")
    assert anomalies.explained(whole) == "all features: 2.8× their usual Tuesday, all of it from feature search"
    assert anomalies.explained(search) == "search: 3.1× its usual Tuesday, 84% of it from prompt p-17"
    assert search["off_usd"] == pytest.approx(63 * (1000 * 1e-6 + 100 * 5e-6))
    assert (search["compared_days"], search["requests"], search["usual_requests"]) == (6, 93, 30)


def test_with_few_weeks_working_days_are_compared_with_each_other(tmp_path: Path) -> None:
    rows = [row for number in range(21) for row in day_of(number, 40 if number == 9 else 10, "search")]
    whole, search = found(tmp_path, rows)
    assert (whole["kind"], search["kind"], search["compared_days"]) == ("working day", "working day", 15)
    assert anomalies.explained(search) == "search: 4.0× its usual working day, all of it from model claude-haiku-4-5"


def test_a_day_that_falls_short_but_not_one_that_may_be_cut_off(tmp_path: Path) -> None:
    rows = [row for number in range(35) for row in day_of(number, 2 if number in (16, 34) else 20, "search")]
    lines = [anomalies.explained(row) for row in found(tmp_path, rows)]
    assert lines[0].startswith("all features: only 10% of their usual Wednesday, all of the fall from feature search")
    assert len(lines) == 2  # that day in all and of its feature, and not the last day


def test_a_feature_that_hardly_costs_anything_is_left_out(tmp_path: Path) -> None:
    small = [row for number in range(42) for row in day_of(number, 1, "tiny", input_tokens=10, output_tokens=1)]
    more = day_of(23, 60, "tiny", input_tokens=10, output_tokens=1, prompt_id="again")
    assert found(tmp_path, usual_weeks() + small + more) == []


@pytest.fixture
def opened() -> Iterator[Store]:
    with store.in_memory() as made:
        book.learn(made, [(None, "claude-haiku-4-5")])
        yield made


def of_days(opened: Store, *calls: int, **features: tuple[int, ...]) -> list[Row]:
    """The unusual days where each working day from Monday on has this many calls, also by feature."""
    rows = []
    for feature, counts in (features or {"f": calls}).items():
        for number, count in enumerate(counts):
            day = MONDAY + timedelta(days=number + 2 * (number // 5))
            ts = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp() * 1e6)
            usage = {"input_tokens": 1000, "output_tokens": 0}
            rows += [{"ts": ts, "feature": feature, "model": "claude-haiku-4-5", **usage}] * count
    fill(opened, rows)
    return anomalies.find(opened, scope(opened))


@pytest.mark.parametrize(
    ("calls", "days_found"),
    [
        ((10, 10, 10, 20, 10, 10), 0),  # exactly twice is in line
        ((10, 10, 10, 21, 10, 10), 1),
        ((10, 10, 10, 5, 10, 10), 0),  # and so is half
        ((10, 10, 10, 4, 10, 10), 1),
        ((10, 10, 30, 10), 0),  # four days tell nothing
        ((10, 10, 30, 10, 10), 1),
        ((30, 10, 10, 10, 10), 1),  # a first day may be long, but is never short
        ((2, 10, 10, 10, 10), 0),
        ((10, 10, 10, 10, 2), 0),
        # a median of 12, a robust deviation of ln(1.5) / 0.6745: within 3.5 of these, a factor of 8.2, is usual
        ((8, 12, 8, 12, 8, 98, 12, 8, 12, 8, 12), 0),
        ((8, 12, 8, 12, 8, 99, 12, 8, 12, 8, 12), 1),
    ],
)
def test_where_a_day_is_out_of_line(opened: Store, calls: tuple[int, ...], days_found: int) -> None:
    found = of_days(opened, *calls)
    assert len([row for row in found if row["feature"] is None]) == days_found


@pytest.mark.parametrize(("calls", "is_found"), [(10, False), (12, True)])
def test_a_feature_is_named_from_a_tenth_of_a_usual_day_on(opened: Store, calls: int, is_found: bool) -> None:
    """A usual day has 100 calls; the feature's own day of 1 becomes one of 10, or of 12."""
    found = of_days(opened, large=(99,) * 6, small=(1, 1, 1, calls, 1, 1))
    assert [row["feature"] for row in found] == (["small"] if is_found else [])


def test_names_from_a_log_are_only_text(tmp_path: Path) -> None:
    hostile = "[red]'; drop table requests;--"
    rows = usual_weeks() + day_of(22, 200, hostile)
    lines = [anomalies.explained(row) for row in found(tmp_path, rows)]
    assert lines == [f"all features: 6.7× their usual Tuesday, all of it from feature {hostile}"]


def test_an_empty_store_has_none(tmp_path: Path) -> None:
    assert found(tmp_path, [call(1, ts=None)]) == []
