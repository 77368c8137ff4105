"""When things happen: the days of the story, and arrivals that follow the published shapes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from sample_logs.generator.draw import Draw
from sample_logs.generator.figures import AZURE_MINUTE_LOAD_PERCENT, HOUR_PERMILLE, WEEKDAY_PERMILLE

FIRST_DAY = date(2026, 10, 22)
LAST_DAY = date(2026, 11, 20)
DAYS = tuple(FIRST_DAY + timedelta(days=number) for number in range((LAST_DAY - FIRST_DAY).days + 1))

RUNAWAY_DAY = date(2026, 11, 12)
"""An agent retries one failing tool all day: spend triples."""

OUTAGE = ("2026-11-04T15:00:00.000Z", "2026-11-04T16:30:00.000Z")
"""The provider is overloaded: many calls fail, some of them after they were paid for."""

_HOUR_MS = 3_600_000
_MINUTE_MS = 60_000


def midnight_ms(day: date) -> int:
    """The day's first millisecond, UTC, since 1970."""
    return (day - date(1970, 1, 1)).days * 24 * _HOUR_MS


END_MS = midnight_ms(LAST_DAY + timedelta(days=1))


def iso(at_ms: int) -> str:
    """2026-11-20T13:45:10.123Z"""
    whole = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


def day_of(at_ms: int) -> date:
    return date(1970, 1, 1) + timedelta(days=at_ms // (24 * _HOUR_MS))


def arrivals(draw: Draw, day: date, per_day: int) -> list[int]:
    """Times on this day, in order; `per_day` of them on the mean day of a week."""
    weekly = per_day * 7 * WEEKDAY_PERMILLE[day.weekday()]
    count = weekly * draw.between(85, 115) // 100_000
    bursts: dict[int, list[int]] = {}
    times = []
    for _ in range(count):
        hour = draw.place(HOUR_PERMILLE)
        if hour not in bursts:
            bursts[hour] = [1 + draw.quantile(AZURE_MINUTE_LOAD_PERCENT) for _ in range(60)]
        minute = draw.place(bursts[hour])
        times.append(midnight_ms(day) + hour * _HOUR_MS + minute * _MINUTE_MS + draw.below(_MINUTE_MS))
    return sorted(times)


def daily_arrivals(draw: Draw, per_day: int) -> Iterator[int]:
    """Times over the whole story."""
    for day in DAYS:
        yield from arrivals(draw, day, per_day)
