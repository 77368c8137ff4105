"""Traffic that can wait, in the hours in which the machines would be idle."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from llmcost.self_hosting.replay import Engine, Floats, Served, Traffic, replay_on
from llmcost.self_hosting.timing import IterationTime

FILLED = 0.9
"""How much of an hour is filled: the rest is for traffic that comes when it is not expected."""

_HOUR_S = 3600.0


def placed(
    at_once: Traffic, waiting: Traffic, wait_s: float, machines: int, engine: Engine, time: IterationTime
) -> Floats:
    """When each request that can wait is sent, in seconds: in the first hour with room for its share of the GPUs'
    time, next to the traffic that is answered at once; nan where no hour within `wait_s` has room.

    What it takes of the GPUs is measured on all that can wait, one after the other without a pause.
    """
    sent = np.full(len(waiting), np.nan)
    if not len(waiting) or not machines:
        return sent
    first = float(min(traffic.arrival_s[0] for traffic in (at_once, waiting) if len(traffic)) // _HOUR_S)
    hours = int((float(waiting.arrival_s[-1]) + wait_s) // _HOUR_S - first) + 1
    room = np.full(hours, machines * _HOUR_S * FILLED) - _busy(at_once, first, hours, machines, engine, time)
    whole = room.copy()
    takes = _queued(waiting, machines, engine, time).gpu_s
    for number, (arrival_s, gpu_s) in enumerate(zip(waiting.arrival_s, takes, strict=True)):
        came = int(arrival_s // _HOUR_S - first)
        last = min(hours, int((arrival_s + wait_s) // _HOUR_S - first))  # an hour that ends in time
        free = np.flatnonzero(room[came:last] >= gpu_s)
        if len(free):
            hour = came + int(free[0])
            into = _HOUR_S * (1 - room[hour] / whole[hour])
            sent[number] = max(float(arrival_s), (first + hour) * _HOUR_S + into)
            room[hour] -= gpu_s
    return sent


def _busy(
    traffic: Traffic, first: float, hours: int, machines: int, engine: Engine, time: IterationTime
) -> NDArray[np.float64]:
    """Seconds of the GPUs' time that the traffic takes in each hour."""
    served = replay_on(machines, traffic, engine, time)
    hour = np.clip(served.first_token_s // _HOUR_S - first, 0, hours - 1) if len(traffic) else np.zeros(0)
    return np.bincount(hour.astype(np.int64), weights=served.gpu_s, minlength=hours).astype(np.float64)


def _queued(traffic: Traffic, machines: int, engine: Engine, time: IterationTime) -> Served:
    """All of the traffic, sent at one moment."""
    return replay_on(machines, replace(traffic, arrival_s=np.zeros(len(traffic))), engine, time)
