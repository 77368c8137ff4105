"""The sweep: more and more requests in flight, until more of them bring nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

_GAIN = 0.05  # a doubling that adds less output than this to the best so far has met saturation
_NEAR = 0.95  # of the most output seen


def following(done: Sequence[Mapping[str, Any]], most: int) -> int | None:
    """How many requests in flight to try after these steps; null when the sweep is over.

    Doubles from 1. Over when a doubling gains less than 5% of output tokens a second, when requests failed, or past
    `most`.
    """
    if not done:
        return 1
    last, before = done[-1], done[:-1]
    best = max((_rate(step) for step in before), default=0.0)
    saturated = _rate(last) < best * (1 + _GAIN)
    failed = last["ok"] < last["requests"]
    doubled = int(last["concurrency"]) * 2
    return None if saturated or failed or doubled > most else doubled


def knee(done: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The step where throughput stops growing: the fewest requests in flight that reach 95% of the most output.

    Beyond it a request only waits longer. Null when nothing was measured.
    """
    best = max((_rate(step) for step in done), default=0.0)
    reached = [step for step in done if _rate(step) >= best * _NEAR and _rate(step) > 0]
    return min(reached, key=lambda step: int(step["concurrency"]), default=None)


def _rate(step: Mapping[str, Any]) -> float:
    return float(step.get("output_tokens_per_s") or 0.0)
