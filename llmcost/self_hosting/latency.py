"""The field's latency metrics, of a replay or of a recording alike.

TTFT is from a moment the caller chooses (the arrival, or when the engine took the request in) to the first
token; TPOT is (last token - first token) / (output tokens - 1), with single-token outputs left out; E2E to the
last token.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PERCENTILES = (50, 90, 95, 99)


@dataclass(frozen=True)
class Distribution:
    """Mean and percentiles, in milliseconds; nan without values."""

    mean: float
    p50: float
    p90: float
    p95: float
    p99: float


@dataclass(frozen=True)
class Latency:
    """How long requests took."""

    ttft_ms: Distribution
    tpot_ms: Distribution
    e2e_ms: Distribution
    makespan_s: float  # first start to last token


def distribution(seconds: NDArray[np.float64]) -> Distribution:
    """Mean and linearly interpolated percentiles of these seconds, in milliseconds."""
    if seconds.size == 0:
        return Distribution(*[float("nan")] * 5)
    return Distribution(*(float(value) * 1e3 for value in (seconds.mean(), *np.percentile(seconds, PERCENTILES))))


def tpot_s(
    first_s: NDArray[np.float64], last_s: NDArray[np.float64], output_tokens: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Seconds per output token after the first; nan for outputs of one token, and for requests that never ended."""
    generating_s = np.subtract(last_s, first_s, out=np.full(len(last_s), np.nan), where=np.isfinite(last_s))
    return np.where(output_tokens > 1, generating_s / np.maximum(output_tokens - 1, 1), np.nan)


def measure(
    start_s: NDArray[np.float64],
    first_s: NDArray[np.float64],
    last_s: NDArray[np.float64],
    output_tokens: NDArray[np.int64],
) -> Latency:
    """The metrics of requests that all ended."""
    per_token_s = tpot_s(first_s, last_s, output_tokens)
    return Latency(
        ttft_ms=distribution(first_s - start_s),
        tpot_ms=distribution(per_token_s[~np.isnan(per_token_s)]),
        e2e_ms=distribution(last_s - start_s),
        makespan_s=float(last_s.max() - start_s.min()) if last_s.size else 0.0,
    )
