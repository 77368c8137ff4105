"""When a sweep ends, and where its knee is."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from llmcost.bench_gpu.sweep import following, knee


def steps(*rates: float) -> list[dict[str, Any]]:
    """Steps of 1, 2, 4 … in flight with these output rates."""
    return [
        {"concurrency": 2**number, "output_tokens_per_s": rate, "ok": 8, "requests": 8}
        for number, rate in enumerate(rates)
    ]


def test_it_doubles_while_that_pays() -> None:
    assert following([], 512) == 1
    assert following(steps(100), 512) == 2
    assert following(steps(100, 190, 350), 512) == 8


def test_it_ends_when_a_doubling_gains_too_little() -> None:
    assert following(steps(100, 190, 199), 512) is None
    assert following(steps(100, 190, 150), 512) is None


def test_it_ends_when_requests_fail() -> None:
    done = steps(100, 190)
    done[-1]["ok"] = 7
    assert following(done, 512) is None


def test_it_ends_at_the_most_allowed() -> None:
    assert following(steps(100, 190), 3) is None
    assert following(steps(100, 190), 4) == 4


def test_the_knee_is_the_fewest_in_flight_near_the_best() -> None:
    assert knee(steps(100, 180, 199))["concurrency"] == 4
    assert knee(steps(100, 195, 199))["concurrency"] == 2
    assert knee(steps(100, 195, 120))["concurrency"] == 2
    assert knee([]) is None
    assert knee(steps(0.0)) is None


@given(st.lists(st.floats(0.1, 1e6), min_size=1, max_size=10))
def test_the_knee_loses_at_most_a_twentieth(rates: list[float]) -> None:
    found = knee(steps(*rates))
    assert found["output_tokens_per_s"] >= 0.95 * max(rates)
