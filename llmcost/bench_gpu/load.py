"""The ways to put load on a server. Each sends planned requests and returns what became of them."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter

from llmcost.bench_gpu.observation import Observation, Planned

Send = Callable[[Planned], Awaitable[Observation]]


async def closed(
    send: Send, requests: Sequence[Planned], concurrency: int, max_s: float | None = None
) -> list[Observation]:
    """Keeps this many requests in flight until all are sent, or `max_s` seconds are over; waits for those in flight."""
    observations: list[Observation] = []
    waiting = iter(requests)
    started = perf_counter()

    async def worker() -> None:
        for planned in waiting:  # shared: each request goes to whoever is free first
            observations.append(await send(planned))
            if max_s is not None and perf_counter() - started > max_s:
                return

    async with asyncio.TaskGroup() as group:
        for _ in range(min(concurrency, len(requests))):
            group.create_task(worker())
    return observations


async def scheduled(send: Send, requests: Sequence[Planned], max_s: float | None = None) -> list[Observation]:
    """Sends each request at its time, however many are still unanswered; those due after `max_s` are not sent."""
    started = perf_counter()
    tasks: list[asyncio.Task[Observation]] = []

    async def one(planned: Planned) -> Observation:
        return await send(planned)

    async with asyncio.TaskGroup() as group:
        for planned in sorted(requests, key=lambda request: request.at_s):
            if max_s is not None and planned.at_s > max_s:
                break
            await asyncio.sleep(max(0.0, started + planned.at_s - perf_counter()))
            tasks.append(group.create_task(one(planned)))
    return [task.result() for task in tasks]


def poisson(rate_per_s: float, count: int, rng: random.Random) -> list[float]:
    """Times, in seconds, of this many independent arrivals: exponential gaps of mean 1/rate."""
    times = [0.0]
    while len(times) < count:
        times.append(times[-1] + rng.expovariate(rate_per_s))
    return times[:count]
