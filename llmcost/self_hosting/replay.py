"""Traffic through one server: arrivals and lengths in, times out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from llmcost.self_hosting.compiled import call
from llmcost.self_hosting.fitting import BLOCK_SIZE, Fit
from llmcost.self_hosting.prefixes import Prefixes, found
from llmcost.self_hosting.records import ENGINE, REQUEST, SETTINGS
from llmcost.self_hosting.scheduler import serve
from llmcost.self_hosting.timing import IterationTime

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Traffic:
    """Requests in order of arrival."""

    arrival_s: Floats  # from any common zero
    prompt_tokens: Integers  # at least 1
    output_tokens: Integers  # at least 1
    cached_tokens: Integers | None = None  # of the prompt, found in the server's prefix cache; none: nothing
    can_wait: NDArray[np.bool_] | None = field(default=None, kw_only=True)  # answered hours later as well; none: nobody
    prefixes: Prefixes | None = field(default=None, kw_only=True)  # by which each machine's cache finds what it holds

    def __len__(self) -> int:
        return len(self.arrival_s)

    def take(self, chosen: slice | NDArray[np.bool_] | Integers) -> "Traffic":
        """The chosen requests."""
        cached = None if self.cached_tokens is None else self.cached_tokens[chosen]
        can_wait = None if self.can_wait is None else self.can_wait[chosen]
        lengths = self.prompt_tokens[chosen], self.output_tokens[chosen]
        prefixes = None if self.prefixes is None else self.prefixes.take(chosen)
        return Traffic(self.arrival_s[chosen], *lengths, cached, can_wait=can_wait, prefixes=prefixes)


@dataclass(frozen=True)
class Engine:
    """A server's settings, with vLLM's defaults for an online server."""

    kv_blocks: int  # usable ones: what vLLM reports, less the one it keeps for itself
    block_size: int = BLOCK_SIZE
    max_batched_tokens: int = 2048
    max_running: int = 256
    max_waiting: int | None = None  # at least 1: beyond it requests are turned away
    asynchronous: bool = True  # plans the next iteration while the last one computes
    prefix_caching: bool = True
    whole_prompt: bool = True  # admits only where the whole prompt finds room

    @property
    def kv_tokens(self) -> int:
        """The longest request, prompt and output, that can be served at all."""
        return self.kv_blocks * self.block_size


# GPUs from which on vLLM's defaults for an online server are larger, but for A100 (its code, November 2026).
_ROOMY_GIB, _HUGE_GIB = 70, 160


def engine_on(fit: Fit) -> Engine:
    """A server with vLLM's defaults for this GPU."""
    memory = fit.gpu.memory_gib
    if memory < _ROOMY_GIB or fit.gpu.name.startswith("A100"):
        return Engine(kv_blocks=fit.kv_blocks)
    return Engine(kv_blocks=fit.kv_blocks, max_batched_tokens=16_384 if memory >= _HUGE_GIB else 8192, max_running=1024)


@dataclass(frozen=True)
class Served:
    """What became of each request, in the traffic's order. Times share its zero; infinite where turned away."""

    arrival_s: Floats
    output_tokens: Integers
    machine: Integers  # to which it was sent
    taken_s: Floats  # the engine found it in its inbox
    scheduled_s: Floats
    cached_tokens: Integers  # of the prompt, found in the prefix cache
    first_token_s: Floats
    last_token_s: Floats
    gpu_s: Floats  # its share of the iterations; they sum to busy_s
    preemptions: Integers
    iterations: int
    busy_s: float

    @property
    def turned_away(self) -> NDArray[np.bool_]:
        """Those who found the queue full."""
        return np.isinf(self.taken_s)


_OF_EACH = [one.name for one in fields(Served) if one.name not in ("iterations", "busy_s")]


def replay(traffic: Traffic, engine: Engine, time: IterationTime) -> Served:
    """Serves the traffic on one machine. Raises what `replay_on` does."""
    return replay_on(1, traffic, engine, time)


def replay_on(machines: int, traffic: Traffic, engine: Engine, time: IterationTime) -> Served:
    """Serves the traffic on equal machines, each request on the one with the least load when it comes.

    What each machine's prefix cache holds follows from who was sent there without one. Raises ValueError for a request
    longer than the cache (leave those out first) and for requests out of order.
    """
    if len(traffic) == 0:
        none, zero = np.zeros(0), np.zeros(0, np.int64)
        return Served(none, zero, zero, none, none, zero, none, none, none, zero, 0, 0.0)
    if np.any(np.diff(traffic.arrival_s) < 0):
        raise ValueError("requests must come in order of arrival")
    if np.max(traffic.prompt_tokens + traffic.output_tokens) > engine.kv_tokens:
        raise ValueError("a request is longer than the cache")
    if traffic.prefixes is None or traffic.cached_tokens is not None or not engine.prefix_caching:
        return _served(machines, traffic, engine, time)
    bare, prefixes = replace(traffic, prefixes=None), traffic.prefixes
    if machines <= 1:
        return _served(1, _with_cached(bare, prefixes, engine), engine, time)
    sent_to = _served(machines, traffic, engine, time).machine.copy()  # not the records that it is part of

    def parts() -> Iterator[tuple[Integers, Served]]:
        for machine in np.unique(sent_to):
            part = np.flatnonzero(sent_to == machine)
            own = _with_cached(bare.take(part), prefixes.take(part), engine)
            yield part, _served(1, own, engine, time)

    return replace(gathered(len(traffic), parts()), machine=sent_to)


def _with_cached(traffic: Traffic, prefixes: Prefixes, engine: Engine) -> Traffic:
    """The traffic of one machine, with what its cache holds of it."""
    lengths = traffic.prompt_tokens, traffic.output_tokens
    return replace(traffic, cached_tokens=found(prefixes, *lengths, engine.kv_blocks, engine.block_size))


def _served(machines: int, traffic: Traffic, engine: Engine, time: IterationTime) -> Served:
    """The traffic served with what is cached as given."""
    requests = np.zeros(len(traffic), REQUEST)
    zero_s = traffic.arrival_s[0]  # small numbers add up more exactly than seconds since 1970
    requests["arrival_s"] = traffic.arrival_s - zero_s
    requests["prompt_tokens"] = np.maximum(traffic.prompt_tokens, 1)
    requests["output_tokens"] = np.maximum(traffic.output_tokens, 1)
    if traffic.cached_tokens is not None:  # whole blocks, and never the last token
        reusable = np.minimum(traffic.cached_tokens, requests["prompt_tokens"] - 1)
        requests["cached_tokens"] = reusable // engine.block_size * engine.block_size
    for name in ("scheduled_s", "first_token_s", "last_token_s"):
        requests[name] = np.inf
    requests["freed_at"] = -1
    engines = np.zeros(max(machines, 1), ENGINE)
    call(serve, requests, engines, single=_settings(engine, time))
    for name in ("taken_s", "scheduled_s", "first_token_s", "last_token_s"):
        requests[name] += zero_s
    return Served(
        arrival_s=traffic.arrival_s,
        output_tokens=requests["output_tokens"],
        machine=requests["machine"],
        taken_s=requests["taken_s"],
        scheduled_s=requests["scheduled_s"],
        cached_tokens=requests["cached_tokens"],
        first_token_s=requests["first_token_s"],
        last_token_s=requests["last_token_s"],
        gpu_s=requests["gpu_s"],
        preemptions=requests["preemptions"],
        iterations=int(engines["iterations"].sum()),
        busy_s=float(engines["busy_s"].sum()),
    )


def gathered(count: int, parts: Iterable[tuple[Integers, Served]]) -> Served:
    """Parts of the traffic, which rows they are and what became of them, as one."""
    columns: dict[str, Floats] = {}
    iterations, busy_s = 0, 0.0
    for rows, served in parts:
        iterations += served.iterations
        busy_s += served.busy_s
        for name in _OF_EACH:
            values = getattr(served, name)
            columns.setdefault(name, np.empty(count, values.dtype))[rows] = values
    return Served(**columns, iterations=iterations, busy_s=busy_s)  # type: ignore[arg-type]


def _settings(engine: Engine, time: IterationTime) -> NDArray[Any]:
    settings = np.zeros(1, SETTINGS)
    settings["blocks"] = engine.kv_blocks
    settings["block_size"] = engine.block_size
    settings["max_batched_tokens"] = engine.max_batched_tokens
    settings["max_running"] = engine.max_running
    settings["max_waiting"] = -1 if engine.max_waiting is None else engine.max_waiting
    settings["in_flight"] = 2 if engine.asynchronous else 1
    settings["prefix_caching"] = engine.prefix_caching
    settings["whole_prompt"] = engine.whole_prompt
    for part in fields(time):
        settings[part.name] = getattr(time, part.name)
    return settings
