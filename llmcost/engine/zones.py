"""Time zones: what a clock shows at a moment, and at which moment it shows a time.

Stores hold UTC. Days, weeks, months and hours are those of one zone, by the engine's own table of zones, so that the
system needs none. The changes of its clocks while the log was written are looked up once and become the macro
`local_time`: comparing a time with a few constants is twenty times faster than looking each one up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST, LAST = datetime(2000, 1, 1), datetime(2050, 1, 1)
"""Changes of clocks beyond are not looked up: such times come from clocks that were wrong."""
MARGIN = timedelta(days=400)
"""Of the changes before and after the log: periods that a user names may reach beyond it."""


@dataclass(frozen=True)
class Zone:
    """A zone by its name, and from which moments on its clocks are how far ahead of UTC; the first holds before too."""

    name: str = "UTC"
    ahead: Sequence[tuple[datetime, timedelta]] = ((datetime.min, timedelta()),)

    def local(self, moment: datetime) -> datetime:
        """What the clock shows at a moment, UTC."""
        return moment + next((ahead for since, ahead in reversed(self.ahead) if moment >= since), self.ahead[0][1])

    def utc(self, shown: datetime) -> datetime:
        """The first moment, UTC, at which the clock shows this time or a later one."""
        moment = shown - self.ahead[0][1]
        for since, ahead in self.ahead[1:]:
            if moment < since:
                break
            moment = max(shown - ahead, since)
        return moment

    def utc_last(self, shown: datetime) -> datetime:
        """The last moment, UTC, at which the clock shows this time or an earlier one."""
        end = datetime.max
        for since, ahead in reversed(self.ahead[1:]):
            if shown - ahead >= since:
                return min(shown - ahead, end)
            end = since
        return min(shown - self.ahead[0][1], end)

    def macro(self) -> str:
        """The statement that defines `local_time` for a connection."""
        changes = [
            f"when ts >= timestamp '{since}' then {_interval(ahead)}" for since, ahead in reversed(self.ahead[1:])
        ]
        first = _interval(self.ahead[0][1])
        ahead = f"case {' '.join(changes)} else {first} end" if changes else first
        return f"create or replace temp macro local_time(ts) as ts + {ahead}"


UTC = Zone()


def _interval(ahead: timedelta) -> str:
    return f"interval '{round(ahead.total_seconds())} seconds'"
