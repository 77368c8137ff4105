"""The periods that words stand for, and those that are chosen where there are none."""

from datetime import datetime

import pytest

from llmcost.errors import LlmcostError, UsageError
from llmcost.explain.periods import Log, pair

YEAR = Log(datetime(2026, 1, 1, 9), datetime(2026, 11, 12, 15))


def said(from_words: str | None, to_words: str | None, log: Log = YEAR) -> list[str]:
    found = pair(log, from_words, to_words)
    return [f"{period.since:%m-%d}..{period.until:%m-%d}" for period in (found.earlier, found.later)]


@pytest.mark.parametrize(
    ("from_words", "to_words", "expected"),
    [
        ("2026-09", "2026-10", ["09-01..10-01", "10-01..11-01"]),
        (None, "2026-10", ["09-01..10-01", "10-01..11-01"]),
        (None, "2026-03", ["02-01..03-01", "03-01..04-01"]),
        ("2026-02", None, ["02-01..03-01", "03-01..04-01"]),
        (None, "2026-W40", ["09-21..09-28", "09-28..10-05"]),
        ("2026-W40", None, ["09-28..10-05", "10-05..10-12"]),
        (None, "2026-10-01", ["09-30..10-01", "10-01..10-02"]),
        (None, "2026-10-01..2026-10-15", ["09-16..10-01", "10-01..10-16"]),
        ("2026-01..2026-03", "2026-04..2026-06", ["01-01..04-01", "04-01..07-01"]),
        (None, "7d", ["10-29..11-05", "11-05..11-12"]),
        ("2w", "2026-10", ["09-17..10-01", "10-01..11-01"]),
        ("2026-10", "2026-09", ["10-01..11-01", "09-01..10-01"]),
    ],
)
def test_words(from_words: str | None, to_words: str | None, expected: list[str]) -> None:
    assert said(from_words, to_words) == expected


def test_the_last_days_end_with_the_newest_request() -> None:
    found = pair(YEAR, None, "1d")
    assert found.later.since <= datetime(2026, 11, 11, 15, 0, 0, 1) <= YEAR.newest < found.later.until
    assert found.earlier.until == found.later.since


@pytest.mark.parametrize(
    ("oldest", "newest", "expected"),
    [
        ("2026-08-15", "2026-11-12", ["09-01..10-01", "10-01..11-01"]),
        ("2026-09-03", "2026-11-12", ["09-01..10-01", "10-01..11-01"]),
        ("2026-09-01", "2026-10-31", ["09-01..10-01", "10-01..11-01"]),  # October is over: its last day is there
        ("2026-09-01", "2026-10-30", ["10-12..10-19", "10-19..10-26"]),  # it is not, and of August nothing is
        ("2026-10-05", "2026-11-12", ["10-26..11-02", "11-02..11-09"]),
        ("2026-11-03", "2026-11-05", ["11-04..11-05", "11-05..11-06"]),
    ],
)
def test_without_words_the_last_whole_months_weeks_or_days(oldest: str, newest: str, expected: list[str]) -> None:
    log = Log(datetime.fromisoformat(f"{oldest}T09:00"), datetime.fromisoformat(f"{newest}T17:00"))
    assert said(None, None, log) == expected
    assert (pair(log, None, None).why is None) == ("01.." in expected[0] and expected[0].endswith("-01"))


def test_one_day_has_nothing_before_it() -> None:
    with pytest.raises(LlmcostError, match="nothing to compare"):
        pair(Log(datetime(2026, 11, 3, 9), datetime(2026, 11, 3, 10)), None, None)


@pytest.mark.parametrize(
    ("from_words", "to_words"),
    [
        (None, "october"), (None, "2026-13"), (None, "2026-W54"), (None, "0001-01"), (None, "9999-12"), (None, ""),
        (None, "2026-10-01.."), (None, "2026-10-05..2026-10-01"), (None, "0d"), ("7d", None),
        ("2026-10", "2026-10"), ("2026-10", "2026-W41"), (None, "2026-02-30"),
    ],
)  # fmt: skip
def test_wrong_words(from_words: str | None, to_words: str | None) -> None:
    with pytest.raises(UsageError):
        pair(YEAR, from_words, to_words)
