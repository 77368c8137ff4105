"""When the machines run, and what they cost."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from llmcost.errors import UsageError
from llmcost.self_hosting.machine_prices import Kind

Pace = Literal["likely", "fast", "slow"]
Hours = Literal["always", "office", "scale-to-zero", "autoscale"]
HOURS: tuple[Hours, ...] = get_args(Hours)

HOURS_PER_MONTH = 730  # 365 * 24 / 12
_PAID_WHILE_ON: tuple[Kind, ...] = ("on-demand", "spot")
_DAY_S = 86_400
_WEEKEND = (5, 6)  # Monday is 0


COLD_STARTS_S: dict[Pace, float] = {"fast": 82.0, "likely": 294.0, "slow": 510.0}
"""From nothing to a server that answers: the least, the middle and the most of seven published, by how fast one is. T4s
on EKS took 131 and 160 tuned, 300, 428 and 510 otherwise; an L40S with Llama 3.1 8B 294, and 82 from a cache."""


@dataclass(frozen=True)
class Schedule:
    """The hours in which the machines run."""

    hours: Hours = "always"
    office_from: int = 9  # o'clock UTC, Monday to Friday
    office_to: int = 18
    cold_start_s: float | None = None  # from the first request to a server that answers; none: as others published
    idle_minutes: float = 15.0  # without a request, after which the machines stop

    def start_s(self, pace: Pace = "likely") -> float:
        """How long a start takes."""
        return COLD_STARTS_S[pace] if self.cold_start_s is None else self.cold_start_s

    def settled(self, pace: Pace) -> "Schedule":
        """With the start that is likely at that pace, where none was measured."""
        return replace(self, cold_start_s=self.start_s(pace))


@dataclass(frozen=True)
class Span:
    """A log's time, an hour at least, in seconds since 1970 (UTC)."""

    from_s: float
    to_s: float

    @classmethod
    def of(cls, at_s: NDArray[np.float64]) -> "Span":
        """From the first of these moments to the last."""
        first, last = (float(at_s[0]), float(at_s[-1])) if len(at_s) else (0.0, 0.0)
        return cls(first, max(last, first + 3600))

    @property
    def hours(self) -> float:
        """How long it is."""
        return (self.to_s - self.from_s) / 3600


@dataclass(frozen=True)
class Running:
    """What a schedule does to the requests of a log."""

    open: NDArray[np.bool_]  # the machines run, or start, when the request comes
    ready_s: NDArray[np.float64]  # when the request can enter the queue
    span_hours: float  # of the log
    hours: float  # of those, in which each machine runs
    share: float  # of all hours in the long run


def bill(kind: Kind, on: Running) -> float:
    """The hours of one machine to be paid for the log's time. What is reserved or owned is paid while off, too."""
    return on.hours if kind in _PAID_WHILE_ON else on.span_hours


def monthly_hours(kind: Kind, on: Running) -> float:
    """The hours of one machine to be paid a month, if the log's time is like any other."""
    return HOURS_PER_MONTH * (on.share if kind in _PAID_WHILE_ON else 1.0)


def running(
    schedule: Schedule, at_s: NDArray[np.float64], span: Span, busy_until_s: NDArray[np.float64] | None = None
) -> Running:
    """Applies a schedule to requests in order of arrival (seconds since 1970, UTC) within a log's time.

    `busy_until_s`: when each request was done, where that is known from a first replay; a machine that scales
    to zero stops only after it.
    """
    if not 0 <= schedule.office_from < schedule.office_to <= 24:
        raise UsageError("office hours must begin before they end, between 0 and 24")
    if schedule.hours in ("always", "autoscale"):  # what the latter pays follows from the machines of each hour
        return Running(np.ones(len(at_s), bool), at_s, span.hours, span.hours, 1.0)
    if schedule.hours == "office":
        share = 5 * (schedule.office_to - schedule.office_from) / (7 * 24)
        return Running(_in_office(schedule, at_s), at_s, span.hours, _office_s(schedule, span) / 3600, share)
    return _scaled_to_zero(schedule, at_s, at_s if busy_until_s is None else busy_until_s, span)


def _in_office(schedule: Schedule, at_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    day, second = np.divmod(at_s, _DAY_S)
    weekday = (day + 3) % 7  # 1970 began on a Thursday
    hour = second / 3600
    return (weekday < _WEEKEND[0]) & (hour >= schedule.office_from) & (hour < schedule.office_to)


def _office_s(schedule: Schedule, span: Span) -> float:
    """Seconds of office hours in a time."""
    days = np.arange(span.from_s // _DAY_S, span.to_s // _DAY_S + 1)
    days = days[(days + 3) % 7 < _WEEKEND[0]]
    opens, closes = days * _DAY_S + schedule.office_from * 3600, days * _DAY_S + schedule.office_to * 3600
    return float(np.maximum(0, np.minimum(closes, span.to_s) - np.maximum(opens, span.from_s)).sum())


def _scaled_to_zero(
    schedule: Schedule, at_s: NDArray[np.float64], busy_until_s: NDArray[np.float64], span: Span
) -> Running:
    """Sessions: the machines start with the first request after a pause, and stop idle."""
    if len(at_s) == 0:
        return Running(np.ones(0, bool), at_s, span.hours, 0.0, 0.0)
    idle_s = schedule.idle_minutes * 60
    done_s = np.maximum.accumulate(busy_until_s)
    starts = np.concatenate([[True], at_s[1:] > done_s[:-1] + idle_s])
    session = np.cumsum(starts) - 1
    begins_s = at_s[starts]
    ready_s = np.maximum(at_s, (begins_s + schedule.start_s())[session])
    ends_s = np.append(done_s[:-1][starts[1:]], done_s[-1]) + idle_s
    on_s = float((np.maximum(ends_s, begins_s + schedule.start_s()) - begins_s).sum())
    share = min(1.0, on_s / (span.hours * 3600 + idle_s))
    return Running(np.ones(len(at_s), bool), ready_s, span.hours, on_s / 3600, share)
