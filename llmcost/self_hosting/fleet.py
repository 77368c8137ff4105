"""How many equal machines the traffic needs."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from llmcost.errors import LlmcostError
from llmcost.self_hosting.interruptions import NEVER, Interruptions, serve
from llmcost.self_hosting.latency import tpot_s
from llmcost.self_hosting.replay import Engine, Served, Traffic, replay
from llmcost.self_hosting.timing import IterationTime

MOST_MACHINES = 1024
_PEAK = 20_000  # requests of the busiest stretch, on which a number is tried first


class OutOfReachError(LlmcostError):
    """Even a machine to itself is too slow for too many requests."""


@dataclass(frozen=True)
class Target:
    """What the machines must keep: this share of the requests within both limits."""

    ttft_ms: float = 10_000.0
    tpot_ms: float = 100.0
    share: float = 0.95


def within(served: Served, target: Target) -> NDArray[np.bool_]:
    """Who meets both limits; who was turned away meets none."""
    per_token_s = tpot_s(served.first_token_s, served.last_token_s, served.output_tokens)
    slow = per_token_s * 1e3 > target.tpot_ms  # an output of one token has no pace: nan is not slow
    return (served.first_token_s - served.arrival_s <= target.ttft_ms / 1e3) & ~slow


def reachable(traffic: Traffic, engine: Engine, time: IterationTime, target: Target) -> NDArray[np.bool_]:
    """Whom such machines can serve within the target: who meets it with a machine to itself, whose cache is empty.

    Raises OutOfReachError where nobody does.
    """
    if len(traffic) == 0:
        return np.zeros(0, bool)
    one_of_each, which = _distinct(traffic)
    meet = within(_alone(traffic.take(one_of_each), engine, time), target)[which]
    if not meet.any():
        raise _out_of_reach(_alone(traffic, engine, time), target)
    return meet


def needed(
    traffic: Traffic,
    engine: Engine,
    time: IterationTime,
    target: Target,
    often: Interruptions = NEVER,
    *,
    peak_only: bool = False,
) -> int:
    """The least number of machines with which the target is met by traffic that is `reachable`: first for the busiest
    stretch, then for all. Raises LlmcostError for more machines than anybody has.
    """
    if len(traffic) == 0:
        return 0
    count = _least(_peak(traffic), engine, time, target, often, 1)
    return count if peak_only or len(traffic) <= _PEAK else _least(traffic, engine, time, target, often, count)


def _out_of_reach(alone: Served, target: Target) -> OutOfReachError:
    """What is wrong where nobody meets the target with a machine to itself."""
    p95_ms = {
        "TTFT": _p95_ms(alone.first_token_s - alone.arrival_s),
        "TPOT": _p95_ms(tpot_s(alone.first_token_s, alone.last_token_s, alone.output_tokens)),
    }
    measured = " and ".join(f"a p95 {name} of {value:,.0f} ms" for name, value in p95_ms.items() if value is not None)
    return OutOfReachError(
        f"no number of these machines meets the target: with one to itself a request has {measured}, and 0% are within"
        f" {target.ttft_ms:,.0f} and {target.tpot_ms:,.0f} ms ({target.share:.0%} wanted)",
        hint="use a faster GPU or a smaller model, or set ttft_ms and tpot_ms higher",
    )


def _p95_ms(values_s: NDArray[np.float64]) -> float | None:
    """None where no value is known: an output of one token has no pace."""
    known = values_s[~np.isnan(values_s)]
    return float(np.percentile(known, 95)) * 1e3 if len(known) else None


def _least(
    traffic: Traffic, engine: Engine, time: IterationTime, target: Target, often: Interruptions, start: int
) -> int:
    """The least number that meets the target, from `start` on: doubling, then halving the gap."""
    low, high = start - 1, start
    while not _met(high, traffic, engine, time, target, often):
        low, high = high, high * 2
        if high > MOST_MACHINES:
            raise LlmcostError(
                f"the traffic needs more than {MOST_MACHINES} of these machines",
                hint="use a faster GPU" if often == NEVER else "use a faster GPU, or one that is taken away less often",
            )
    while high - low > 1:
        middle = (low + high) // 2
        if _met(middle, traffic, engine, time, target, often):
            high = middle
        else:
            low = middle
    return high


def _met(
    machines: int, traffic: Traffic, engine: Engine, time: IterationTime, target: Target, often: Interruptions
) -> bool:
    return float(within(serve(machines, traffic, engine, time, often).served, target).mean()) >= target.share


def _peak(traffic: Traffic) -> Traffic:
    """The period in which this many requests come fastest."""
    if len(traffic) <= _PEAK:
        return traffic
    spans = traffic.arrival_s[_PEAK - 1 :] - traffic.arrival_s[: len(traffic) - _PEAK + 1]
    first = int(np.argmin(spans))
    return traffic.take(slice(first, first + _PEAK))


def _alone(traffic: Traffic, engine: Engine, time: IterationTime) -> Served:
    """Each request on a machine to itself, whose cache is empty."""
    return replay(replace(traffic, arrival_s=_apart(traffic, time), prefixes=None), engine, time)


def _distinct(traffic: Traffic) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A request of each combination of lengths, and of each request its combination: a day drawn from a log has the
    same ones many times."""
    combined = np.zeros(len(traffic), np.int64)
    for lengths in (traffic.prompt_tokens, traffic.output_tokens, traffic.cached_tokens):
        if lengths is not None:
            values, numbers = np.unique(lengths, return_inverse=True)
            combined = np.unique(combined * len(values) + numbers, return_inverse=True)[1]
    _, first, which = np.unique(combined, return_index=True, return_inverse=True)
    return first, which


def _apart(traffic: Traffic, time: IterationTime) -> NDArray[np.float64]:
    """Arrivals so far apart that no two requests overlap."""
    longest = float(traffic.output_tokens.max()) + 64.0
    slowest_s = time.fixed_s + time.weights_s + (time.per_token_s + time.per_kv_token_s + time.per_sequence_s) * 1e6
    return np.arange(len(traffic), dtype=np.float64) * (longest * slowest_s)
