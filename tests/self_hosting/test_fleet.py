"""Whom a machine can serve within the target at all."""

import numpy as np
import pytest

from llmcost.self_hosting.fleet import OutOfReachError, Target, reachable
from llmcost.self_hosting.replay import Engine, Traffic
from llmcost.self_hosting.timing import IterationTime

TIME = IterationTime(fixed_s=0.02, weights_s=0.0, per_token_s=1e-4, per_kv_token_s=1e-6, per_chunk_context_s=0.0)
ENGINE = Engine(kv_blocks=10_000, asynchronous=False)
TARGET = Target(ttft_ms=300, tpot_ms=23)


def drawn(count: int, seed: int) -> Traffic:
    """Requests of few different lengths, some of them with a part of the prompt in the cache."""
    random = np.random.default_rng(seed)
    prompts = random.choice([10, 900, 3000, 6000], count)
    cached = np.where(random.random(count) < 0.5, prompts // 2, 0)
    return Traffic(np.arange(count, dtype=np.float64) * 0.001, prompts, random.choice([1, 50, 400], count), cached)


def test_requests_of_the_same_lengths_are_judged_as_each_of_them_alone() -> None:
    for seed in range(5):
        traffic = drawn(200, seed)
        each = []
        for number in range(len(traffic)):
            try:
                each += list(reachable(traffic.take(slice(number, number + 1)), ENGINE, TIME, TARGET))
            except OutOfReachError:
                each.append(False)
        assert 0 < sum(each) < len(traffic)
        assert list(reachable(traffic, ENGINE, TIME, TARGET)) == each


def test_where_nobody_is_served_in_time_it_says_how_slow_all_of_them_are() -> None:
    """Ninety-nine of a hundred wait a fifth of a second, one for much longer."""
    traffic = Traffic(np.zeros(100), np.array([1800] * 99 + [6000]), np.full(100, 1))
    with pytest.raises(OutOfReachError, match="has a p95 TTFT of 200 ms, and 0%"):
        reachable(traffic, ENGINE, TIME, Target(ttft_ms=100))
