"""Days, weeks and months that a user names."""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta

_MONTH = re.compile(r"(\d{4})-(\d{2})")
_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_YEARS = (1970, 3000)
MOST_DAYS = 3660
"""Ten years: a longer gap comes from a clock that was wrong."""
_WRITTEN: Mapping[int, Callable[[date], str]] = {
    len("2026-10"): lambda day: f"{day:%Y-%m}",
    len("2026-W40"): lambda day: f"{day:%G-W%V}",
    len("2026-10-01"): lambda day: f"{day:%Y-%m-%d}",
}


def named(text: str) -> tuple[date, date] | None:
    """The first day of a month (2026-10), an ISO week (2026-W40) or a day, and the first day after it; else None."""
    try:
        if (month := _MONTH.fullmatch(text)) is not None:
            first = date(int(month[1]), int(month[2]), 1)
            end = following(first)
        elif (week := _WEEK.fullmatch(text)) is not None:
            first = date.fromisocalendar(int(week[1]), int(week[2]), 1)
            end = first + timedelta(days=7)
        elif _DAY.fullmatch(text):
            first = date.fromisoformat(text)
            end = first + timedelta(days=1)
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return (first, end) if _YEARS[0] <= first.year < _YEARS[1] else None


def following(first: date) -> date:
    """The first day of the month after this one."""
    return (first.replace(day=1) + timedelta(days=31)).replace(day=1)


def written(day: date, like: str) -> str:
    """The day, week or month of a day, written as `like` is."""
    return _WRITTEN[len(like)](day)


def between(first: str, last: str) -> list[str]:
    """All days, weeks or months from one to another, written as they are; none where they are not such."""
    start, end = named(first), named(last)
    if start is None or end is None or (end[0] - start[0]).days > MOST_DAYS:
        return []
    made, at = [], start[0]
    while at < end[1]:
        made.append(written(at, first))
        at = following(at) if len(first) == len("2026-10") else at + (start[1] - start[0])
    return made
