"""Unusual days as the page and a budget list them; what is found is tested with the audit's findings."""

from datetime import date, timedelta
from pathlib import Path

from llmcost.reports import unusual
from llmcost.reports.scope import Scope
from tests.logs import Row, call, ingested, write

MONDAY = date(2026, 8, 3)


def day_of(number: int, calls: int, prompt: str = "p-1") -> list[Row]:
    day = MONDAY + timedelta(days=number)
    return [
        call(request_id=f"{prompt}-{number}-{n}", prompt_id=prompt, ts=f"{day}T08:{n:02}:00Z") for n in range(calls)
    ]


def found(tmp_path: Path, rows: list[Row]) -> list[Row]:
    with ingested(tmp_path / "llmcost.duckdb", write(tmp_path / "log.jsonl", rows)) as (opened, _):
        return unusual.find(opened, Scope())


def test_a_weekday_that_always_differs_is_usual(tmp_path: Path) -> None:
    rows = [row for number in range(42) for row in day_of(number, {1: 30, 5: 2, 6: 2}.get(number % 7, 10))]
    assert found(tmp_path, rows) == []


def test_a_step_is_listed_once_before_a_cheap_day(tmp_path: Path) -> None:
    """And the cheap day before it is not, though it lies further from what is usual."""
    calls = [1 if number == 9 else 5 if number < 21 else 15 for number in range(42)]
    rows = [row for number, count in enumerate(calls) for row in day_of(number, count)]
    step, cheap = found(tmp_path, rows)
    assert (step["subject"], step["first_day"], step["is_high"]) == ("since 2026-08-24", date(2026, 8, 24), True)
    assert (cheap["subject"], cheap["first_day"], cheap["is_high"]) == ("2026-08-12", date(2026, 8, 12), False)


def test_names_from_a_log_are_only_text(tmp_path: Path) -> None:
    hostile = "[red]'; drop table requests;--"
    rows = [row for number in range(35) for row in day_of(number, 5)] + day_of(22, 50, hostile)
    [row] = found(tmp_path, rows)
    assert unusual.explained(row) == f"2026-08-25: 11.0 times the usual spend of a Tuesday, most of it {hostile}"


def test_without_a_time_there_are_none(tmp_path: Path) -> None:
    assert found(tmp_path, [call(1, ts=None)]) == []
