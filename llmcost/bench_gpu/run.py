"""From what was asked for to the steps that answer it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from llmcost.bench_gpu.child import Serving, serve
from llmcost.bench_gpu.client import Client
from llmcost.bench_gpu.server import meet
from llmcost.bench_gpu.serving import Arrival, Bench, Effort, Lengths
from llmcost.bench_gpu.session import Session


@dataclass(frozen=True)
class Endpoint:
    """A server that runs already, or will."""

    address: str = ""
    model: str | None = None  # null: the first that it lists
    api: str = "auto"  # completions | chat | auto
    key: str | None = None
    timeout_s: float = 600.0  # of one request


@dataclass(frozen=True)
class Closed:
    """A fixed number of requests in flight."""

    lengths: Sequence[Lengths]
    concurrencies: Sequence[int]


@dataclass(frozen=True)
class Open:
    """A rate of requests per second, at random times."""

    lengths: Sequence[Lengths]
    rates_per_s: Sequence[float]


@dataclass(frozen=True)
class Sweep:
    """More and more requests in flight, up to the knee."""

    lengths: Sequence[Lengths]
    most: int


@dataclass(frozen=True)
class Replay:
    """The user's own arrivals and lengths."""

    arrivals: Sequence[Arrival]
    compression: float


Load = Closed | Open | Sweep | Replay


def measure_endpoint(endpoint: Endpoint, load: Load, effort: Effort, session: Session) -> None:
    """Puts the load on a server that runs; every finished step is kept in the session."""
    asyncio.run(_measure(endpoint, load, effort, session))


def measure_served(serving: Serving, endpoint: Endpoint, load: Load, effort: Effort, session: Session) -> None:
    """Starts vLLM's server, puts the load on it, and stops it."""
    with serve(serving, session.progress.say) as address:
        measure_endpoint(replace(endpoint, address=address), load, effort, session)


async def _measure(endpoint: Endpoint, load: Load, effort: Effort, session: Session) -> None:
    async with Client(endpoint.address, key=endpoint.key, timeout_s=endpoint.timeout_s) as client:
        server = await meet(client, endpoint.model, endpoint.api, session.progress.say)
        bench = Bench(server, session, effort)
        match load:
            case Closed():
                for lengths in load.lengths:
                    for concurrency in load.concurrencies:
                        await bench.closed(lengths, concurrency)
            case Open():
                for lengths in load.lengths:
                    for rate_per_s in load.rates_per_s:
                        await bench.open(lengths, rate_per_s)
            case Sweep():
                for lengths in load.lengths:
                    await bench.sweep(lengths, load.most)
            case Replay():
                await bench.replay(load.arrivals, load.compression)
