"""As many machines as each hour needs, from none to the busiest hour's."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from llmcost.self_hosting.fleet import Target, needed
from llmcost.self_hosting.hosting import Running, Span
from llmcost.self_hosting.replay import Engine, Floats, Integers, Served, Traffic, gathered, replay_on
from llmcost.self_hosting.timing import IterationTime

_HOUR_S = 3600.0


@dataclass(frozen=True)
class Hourly:
    """How many machines there are in each hour of the clock, from the hour that begins at `from_s` on."""

    from_s: float
    machines: Integers

    @property
    def most(self) -> int:
        """In the busiest hour."""
        return int(self.machines.max(initial=0))

    def running(self, arrival_s: Floats, span: Span, start_s: float, spare: int) -> Running:
        """What is paid of a log's time, as hours of each of the most machines; `spare` more always run.

        A machine that an hour adds starts before it, and is paid while it does.
        """
        begins_s = self.from_s + _HOUR_S * np.arange(len(self.machines))
        within_s = np.minimum(begins_s + _HOUR_S, span.to_s) - np.maximum(begins_s, span.from_s)
        added = np.maximum(np.diff(self.machines, prepend=0), 0).sum()
        on_s = float((self.machines * np.maximum(within_s, 0)).sum() + added * start_s)
        hours = (on_s / _HOUR_S + spare * span.hours) / max(self.most + spare, 1)
        return Running(np.ones(len(arrival_s), bool), arrival_s, span.hours, hours, hours / span.hours)


def of(traffic: Traffic, engine: Engine, time: IterationTime, target: Target) -> Hourly:
    """The least number that keeps the target in each hour, for traffic that is `reachable`."""
    parts = list(_parts(traffic))
    if not parts:
        return Hourly(0.0, np.zeros(0, np.int64))
    machines = np.zeros(parts[-1][0] + 1, np.int64)
    for hour, rows in parts:
        machines[hour] = needed(traffic.take(rows), engine, time, target)
    return Hourly(float(traffic.arrival_s[0] // _HOUR_S * _HOUR_S), machines)


def served_by(hourly: Hourly, spare: int, traffic: Traffic, engine: Engine, time: IterationTime) -> Served:
    """Each hour's traffic on that hour's machines, which begin it with nothing to do."""

    def parts() -> Iterator[tuple[Integers, Served]]:
        for hour, rows in _parts(traffic):
            machines = int(hourly.machines[hour]) + spare
            yield np.arange(rows.start, rows.stop), replay_on(machines, traffic.take(rows), engine, time)

    return gathered(len(traffic), parts()) if len(traffic) else replay_on(0, traffic, engine, time)


def _parts(traffic: Traffic) -> Iterator[tuple[int, slice]]:
    """The rows of each hour in which somebody comes, and how many hours after the first it is."""
    if not len(traffic):
        return
    hour = (traffic.arrival_s // _HOUR_S - traffic.arrival_s[0] // _HOUR_S).astype(np.int64)
    found, first = np.unique(hour, return_index=True)
    for number, one in enumerate(found):
        last = int(first[number + 1]) if number + 1 < len(first) else len(hour)
        yield int(one), slice(int(first[number]), last)
