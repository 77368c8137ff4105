"""The arithmetic: what a step's observations come to."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmcost.bench_gpu.observation import Answered, Observation

PERCENTILES = (50, 90, 95, 99)


@dataclass(frozen=True)
class Targets:
    """Latencies that a request has to keep to be counted as goodput; null: any."""

    ttft_ms: float | None = None
    tpot_ms: float | None = None
    e2e_ms: float | None = None

    def given(self) -> bool:
        """Whether there is any target."""
        return (self.ttft_ms, self.tpot_ms, self.e2e_ms) != (None, None, None)

    def met(self, answered: Answered) -> bool:
        """Whether a request met all of them."""
        pairs = (
            (answered.ttft_ms, self.ttft_ms),
            (answered.tpot_ms, self.tpot_ms),
            (answered.e2e_ms, self.e2e_ms),
        )
        return all(target is None or value is None or value <= target for value, target in pairs)


def summarise(observations: Sequence[Observation], targets: Targets) -> dict[str, Any]:
    """Counts, rates, latencies and goodput, under the names of the columns of `measurements`.

    Rates are over the time from the first request sent to the last answer ended, failed ones included, as in the
    field's benchmarks; tokens and latencies are those of the requests that succeeded.
    """
    well = [seen for seen in observations if seen.outcome == "ok"]
    answered = [seen.answered() for seen in well]
    outcomes = Counter(seen.outcome for seen in observations)
    result: dict[str, Any] = {
        "requests": len(observations),
        "ok": len(well),
        "errors": outcomes["error"],
        "cut": outcomes["cut"],
        "without_usage": outcomes["without_usage"],
        "failures": dict(Counter(seen.failure for seen in observations if seen.failure)),
        "resent": sum(max(seen.attempts - 1, 0) for seen in observations),
        "other_length": sum(seen.input_tokens != seen.planned.input_tokens for seen in well),
        "ttft_target_ms": targets.ttft_ms,
        "tpot_target_ms": targets.tpot_ms,
        "e2e_target_ms": targets.e2e_ms,
    }
    if not observations:
        return result
    began_s = min(seen.sent_s for seen in observations)
    duration_s = max(seen.ended_s for seen in observations) - began_s
    result |= rates(answered, duration_s)
    if targets.given():
        good = sum(targets.met(one) for one in answered)
        result |= {"goodput_per_s": good / duration_s, "goodput_share": good / len(observations)}
    result |= spread("ttft_ms", [one.ttft_ms for one in answered])
    result |= spread("tpot_ms", [one.tpot_ms for one in answered if one.tpot_ms is not None])
    result |= spread("itl_ms", [gap_s * 1e3 for seen in well for gap_s in seen.gaps_s])
    result |= spread("e2e_ms", [one.e2e_ms for one in answered])
    result["trace"] = [
        {
            "sent_s": one.sent_s - began_s,
            "input_tokens": one.input_tokens,
            "output_tokens": one.output_tokens,
            "ttft_ms": one.ttft_ms,
            "e2e_ms": one.e2e_ms,
        }
        for one in sorted(answered, key=lambda one: one.sent_s)
    ]
    return result


def rates(answered: Sequence[Answered], duration_s: float) -> dict[str, Any]:
    """Tokens and requests, and how many of them a second."""
    input_tokens = sum(one.input_tokens for one in answered)
    output_tokens = sum(one.output_tokens for one in answered)
    return {
        "duration_s": duration_s,
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "requests_per_s": len(answered) / duration_s,
        "input_tokens_per_s": input_tokens / duration_s,
        "output_tokens_per_s": output_tokens / duration_s,
        "total_tokens_per_s": (input_tokens + output_tokens) / duration_s,
    }


def spread(name: str, values: Sequence[float]) -> Mapping[str, float | None]:
    """Mean and percentiles of a latency, as NAME_mean, NAME_p50 …; null where there are no values."""
    ordered = sorted(values)
    mean = math.fsum(ordered) / len(ordered) if ordered else None
    return {f"{name}_mean": mean} | {
        f"{name}_p{percent}": percentile(ordered, percent) if ordered else None for percent in PERCENTILES
    }


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The value below which that percentage of the ordered values lies, interpolated linearly between neighbours."""
    position = (len(ordered) - 1) * percent / 100
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)
