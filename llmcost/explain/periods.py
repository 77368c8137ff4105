"""The two stretches of time that are compared: a user's words for them, and a choice where there are none."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from llmcost.errors import LlmcostError, UsageError
from llmcost.reports import calendar

Kind = Literal["month", "week", "days", "last"]

DAY = timedelta(days=1)
_LAST = re.compile(r"(\d{1,4})([dw])")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_LATE = timedelta(days=3)
"""A log that begins so late in a month still holds it: months begin on weekends and holidays."""
HINT = "a month (2026-10), a week (2026-W40), a day (2026-10-01), a range (2026-10-01..2026-10-15) or 7d"


@dataclass(frozen=True)
class Period:
    """A stretch of time from `since` up to, not including, `until`, as a clock of the time zone shows it."""

    name: str
    since: datetime
    until: datetime
    kind: Kind

    @property
    def days(self) -> float:
        """How long it is."""
        return (self.until - self.since) / DAY

    @property
    def words(self) -> str:
        """What --from and --to call it: a month, a week or a day of the calendar."""
        if self.kind == "month":
            return f"{self.since:%Y-%m}"
        return self.name.removeprefix("week ")


@dataclass(frozen=True)
class Log:
    """What a clock of the time zone showed when the oldest and the newest of the requests began."""

    oldest: datetime
    newest: datetime

    @property
    def first(self) -> datetime:
        """The beginning of its first day."""
        return _midnight(self.oldest.date())

    def holds(self, *periods: Period) -> bool:
        """Whether it has days of all of these."""
        return all(period.until > self.first and period.since <= self.newest for period in periods)

    def days_of(self, period: Period) -> float:
        """The days of a period that the log covers: whole days, up to its ends."""
        first = max(period.since, self.first)
        last = min(period.until, _midnight(self.newest.date() + DAY))
        return max((last - first) / DAY, 1.0)


@dataclass(frozen=True)
class Pair:
    """The periods compared, and why they were chosen where the user left that open."""

    earlier: Period
    later: Period
    why: str | None = None


def pair(log: Log, from_words: str | None, to_words: str | None) -> Pair:
    """What the words mean; a period that is left open is the one before, or after, of the same kind.

    Raises UsageError for words that are not a period, and for two that overlap.
    """
    if to_words is None and from_words is None:
        return _chosen(log)
    if to_words is not None:
        later = _period(to_words, log.newest, "--to")
        earlier = before(later) if from_words is None else _ending_before(from_words, later, log)
    else:
        assert from_words is not None
        earlier = _period(from_words, log.newest, "--from")
        later = after(earlier)
    if earlier.since < later.until and later.since < earlier.until:
        raise UsageError(
            f"{earlier.name} and {later.name} overlap", hint="compare two periods that have no day in common"
        )
    return Pair(earlier, later)


def listed(log: Log) -> dict[str, list[Period]]:
    """The months, weeks and days of the log, each newest first."""
    kinds: dict[str, Callable[[date], Period]] = {"month": _month, "week": _week, "day": _day}
    found = {}
    for kind, at in kinds.items():
        found[kind] = [at(log.newest.date())]
        while found[kind][-1].since > log.oldest:
            found[kind].append(before(found[kind][-1]))
    return found


def before(period: Period) -> Period:
    """The period of the same kind that ends where this one begins."""
    if period.kind == "month":
        return _month((period.since - DAY).date())
    if period.kind == "week":
        return _week((period.since - DAY).date())
    length = period.until - period.since
    if period.kind == "last":
        return Period(f"the {_length(length)} before", period.since - length, period.since, "last")
    return _days((period.since - length).date(), (period.since - DAY).date())


def after(period: Period) -> Period:
    """The period of the same kind that begins where this one ends."""
    if period.kind == "month":
        return _month(period.until.date())
    if period.kind == "week":
        return _week(period.until.date())
    length = period.until - period.since
    if period.kind == "last":
        raise UsageError("--from 7d alone leaves nothing to compare with", hint="--to 7d compares with the days before")
    return _days(period.until.date(), (period.until + length - DAY).date())


def _ending_before(words: str, later: Period, log: Log) -> Period:
    """What --from means: days before --to where it is 7d."""
    if (last := _LAST.fullmatch(words)) is None:
        return _period(words, log.newest, "--from")
    length = _long(last)
    return Period(f"the {_length(length)} before", later.since - length, later.since, "last")


def _chosen(log: Log) -> Pair:
    """The last whole month against the one before; weeks, then days, where the log is too short for that.

    A period is whole once the log has reached its last day, and the one before it when the log begins on its first day
    (in its first three, of a month) or earlier.
    """
    kinds: tuple[tuple[str, Callable[[date], Period]], ...] = (("months", _month), ("weeks", _week), ("days", _day))
    longer = None
    for kind, at in kinds:
        later = at(log.newest.date())
        if log.newest.date() < (later.until - DAY).date():
            later = before(later)
        earlier = before(later)
        if log.oldest < earlier.since + (_LATE if kind == "months" else DAY):
            return Pair(earlier, later, longer and _too_short(log, longer, kind))
        longer = kind
    raise LlmcostError(
        f"all requests are of one day, {log.newest:%Y-%m-%d}: there is nothing to compare it with",
        hint=f"read more logs; or name two periods with --from and --to: {HINT}",
    )


def _too_short(log: Log, longer: str, kind: str) -> str:
    return (
        f"the log, from {log.oldest:%Y-%m-%d} to {log.newest:%Y-%m-%d}, does not hold two whole {longer}:"
        f" {kind} are compared"
    )


def _period(words: str, newest: datetime, option: str) -> Period:
    if (last := _LAST.fullmatch(words)) is not None:
        length = _long(last)
        end = newest + timedelta(microseconds=1)  # the newest request is one of them
        return Period(f"the last {_length(length)}", end - length, end, "last")
    first, dots, last_words = words.partition("..")
    start = _calendar(first, option, words)
    if not dots:
        return start
    end_period = _calendar(last_words, option, words)
    if end_period.until <= start.since:
        raise UsageError(f"{option} {words} ends before it begins", hint="swap its ends")
    return _days(start.since.date(), (end_period.until - DAY).date())


def _calendar(text: str, option: str, words: str) -> Period:
    days = calendar.named(text)
    if days is None:
        raise UsageError(f"{option} {words} is not a period", hint=HINT)
    return {7: _month, 8: _week}.get(len(text), _day)(days[0])


def _month(day: date) -> Period:
    first = day.replace(day=1)
    end = calendar.following(first)
    return Period(f"{_MONTHS[first.month - 1]} {first.year}", _midnight(first), _midnight(end), "month")


def _week(day: date) -> Period:
    year, number, weekday = day.isocalendar()
    monday = day - timedelta(days=weekday - 1)
    return Period(f"week {year}-W{number:02d}", _midnight(monday), _midnight(monday + timedelta(days=7)), "week")


def _day(day: date) -> Period:
    return _days(day, day)


def _days(first: date, last: date) -> Period:
    name = f"{first}" if first == last else f"{first} to {last}"
    return Period(name, _midnight(first), _midnight(last + DAY), "days")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _long(last: re.Match[str]) -> timedelta:
    length = timedelta(weeks=int(last[1])) if last[2] == "w" else timedelta(days=int(last[1]))
    if not length:
        raise UsageError(f"{last[0]} is not a time", hint=HINT)
    return length


def _length(length: timedelta) -> str:
    return f"{length.days} days" if length.days != 1 else "24 hours"
