"""Machines that are taken away, as spot machines are: what was on one is sent again, and a replacement has to start."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from llmcost.self_hosting.hosting import HOURS_PER_MONTH
from llmcost.self_hosting.replay import Engine, Integers, Served, Traffic, replay_on
from llmcost.self_hosting.timing import IterationTime

_COLUMNS = ("taken_s", "scheduled_s", "cached_tokens", "first_token_s", "last_token_s", "gpu_s", "preemptions")


@dataclass(frozen=True)
class Interruptions:
    """How often that happens."""

    a_month: float  # to each machine
    start_s: float  # until the replacement answers

    def moments(self, machines: int, from_s: float, to_s: float) -> Iterator[tuple[float, int]]:
        """When which machine is taken, in order: at equal distances, the machines in turn."""
        if not self.a_month:
            return
        every_s = HOURS_PER_MONTH * 3600 / (self.a_month * machines)
        for number in range(int(max(0.0, np.ceil((to_s - from_s) / every_s - 0.5)))):
            yield from_s + (number + 0.5) * every_s, number % machines


NEVER = Interruptions(0.0, 0.0)


@dataclass(frozen=True)
class Interrupted:
    """Traffic served on such machines."""

    served: Served
    interruptions: int
    repeated: int  # requests that were on a machine when it was taken


def serve(
    machines: int, traffic: Traffic, engine: Engine, time: IterationTime, often: Interruptions = NEVER
) -> Interrupted:
    """As `replay_on` serves it, but for what interruptions change.

    What was on a machine that is taken, and what would have come to it until its replacement answers, goes to the
    others in turn; where there are none it waits. A replacement's prefix cache is empty.
    """
    served = replay_on(machines, traffic, engine, time)
    if not len(traffic):
        return Interrupted(served, 0, 0)
    moments = list(often.moments(max(machines, 1), float(traffic.arrival_s[0]), float(traffic.arrival_s[-1])))
    if not moments:
        return Interrupted(served, 0, 0)
    fleet = _Fleet(traffic, served.machine.copy(), engine, time)
    down_until_s = np.full(max(machines, 1), -np.inf)
    for at_s, machine in moments:
        up_s = at_s + often.start_s
        down_until_s[machine] = up_s
        fleet.take_away(machine, at_s, up_s, np.flatnonzero(down_until_s <= at_s))
    return Interrupted(fleet.rest(served), len(moments), int((fleet.repeats > 0).sum()))


class _Fleet:
    """Which machine each request is on, from when on, and what became of it."""

    def __init__(self, traffic: Traffic, machine: Integers, engine: Engine, time: IterationTime) -> None:
        self.traffic, self.engine, self.time = traffic, engine, time
        self.machine, self.sent_s = machine, traffic.arrival_s.copy()
        self.settled = np.zeros(len(traffic), bool)
        self.repeats = np.zeros(len(traffic), np.int64)
        self.lost_gpu_s = np.zeros(len(traffic))
        self.columns: dict[str, Any] = {}

    def take_away(self, machine: int, at_s: float, up_s: float, others: Integers) -> None:
        """Ends what the machine has done until then, and sends the rest of it elsewhere."""
        on_it = (self.machine == machine) & ~self.settled
        lost = self._run(np.flatnonzero(on_it & (self.sent_s < at_s)), at_s)
        self.repeats[lost] += 1
        coming = np.flatnonzero(on_it & (self.sent_s >= at_s) & (self.sent_s < up_s))
        moved = np.concatenate([lost, coming])
        self.sent_s[lost] = at_s
        if len(others):
            self.machine[moved] = others[np.arange(len(moved)) % len(others)]
        else:
            self.sent_s[moved] = up_s

    def rest(self, served: Served) -> Served:
        """Runs what is left; all of it as one, in place of what was served without interruptions."""
        for machine in np.unique(self.machine):
            self._run(np.flatnonzero((self.machine == machine) & ~self.settled), np.inf)
        gpu_s = self.columns.pop("gpu_s") + self.lost_gpu_s
        return replace(served, **self.columns, machine=self.machine, gpu_s=gpu_s, busy_s=float(gpu_s.sum()))

    def _run(self, rows: Integers, until_s: float) -> Integers:
        """Runs these on a machine of their own, keeps what became of those that end in time, and gives the others."""
        if not len(rows):
            return rows
        rows = rows[np.lexsort((self.traffic.arrival_s[rows], self.sent_s[rows]))]
        part = replace(self.traffic.take(rows), arrival_s=self.sent_s[rows])
        served = replay_on(1, part, self.engine, self.time)
        ended = served.turned_away | (served.last_token_s <= until_s)
        for name in _COLUMNS:
            values = getattr(served, name)
            self.columns.setdefault(name, np.zeros(len(self.settled), values.dtype))[rows[ended]] = values[ended]
        self.settled[rows[ended]] = True
        lost = rows[~ended]
        self.lost_gpu_s[lost] += served.gpu_s[~ended] * _done(served, until_s)[~ended]
        return lost


def _done(served: Served, until_s: float) -> NDArray[np.float64]:
    """What share of each request's time on the GPU had passed."""
    took_s = np.maximum(served.last_token_s - served.scheduled_s, 1e-9)
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(np.clip((until_s - served.scheduled_s) / took_s, 0.0, 1.0))
