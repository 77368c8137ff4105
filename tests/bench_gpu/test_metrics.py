"""The arithmetic, on observations made up by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.bench_gpu.metrics import Targets, percentile, spread, summarise
from llmcost.bench_gpu.observation import Observation, Planned

PLANNED = Planned(input_tokens=10, output_tokens=5)


def answered(sent_s: float, ttft_s: float, e2e_s: float, output_tokens: int = 5, input_tokens: int = 10) -> Observation:
    return Observation(
        sent_s=sent_s,
        planned=PLANNED,
        ended_s=sent_s + e2e_s,
        first_token_s=sent_s + ttft_s,
        last_token_s=sent_s + e2e_s,
        gaps_s=[0.1] * (output_tokens - 1),
        input_tokens=input_tokens,
        output_tokens=output_tokens,
    )


def failed(sent_s: float, outcome: str, failure: str, lasted_s: float = 1.0) -> Observation:
    return Observation(
        sent_s=sent_s, planned=PLANNED, ended_s=sent_s + lasted_s, outcome=outcome, failure=failure, output_tokens=99
    )


def test_two_requests_by_hand() -> None:
    result = summarise([answered(100.0, 0.5, 2.5), answered(101.0, 1.5, 3.0, output_tokens=4)], Targets())
    assert result["duration_s"] == 4.0  # 100 to 104
    assert (result["input_tokens"], result["output_tokens"]) == (20, 9)
    assert result["requests_per_s"] == 0.5
    assert result["output_tokens_per_s"] == 9 / 4
    assert result["input_tokens_per_s"] == 5.0
    assert result["total_tokens_per_s"] == 29 / 4
    assert result["ttft_ms_mean"] == pytest.approx(1000.0)
    assert result["e2e_ms_mean"] == pytest.approx(2750.0)
    assert result["tpot_ms_mean"] == pytest.approx((2000 / 4 + 1500 / 3) / 2)
    assert result["itl_ms_mean"] == pytest.approx(100.0)
    assert result["trace"][1] == {
        "sent_s": 1.0, "input_tokens": 10, "output_tokens": 4, "ttft_ms": 1500.0, "e2e_ms": 3000.0,
    }  # fmt: skip


def test_what_failed_is_counted_apart_and_lends_no_tokens() -> None:
    result = summarise(
        [
            answered(0.0, 1.0, 2.0),
            failed(0.0, "error", "HTTP 500"),
            failed(0.0, "error", "HTTP 500"),
            failed(0.0, "cut", "the stream was cut"),
            failed(0.0, "without_usage", "no token usage reported", lasted_s=4.0),
        ],
        Targets(),
    )
    assert {key: result[key] for key in ("requests", "ok", "errors", "cut", "without_usage")} == {
        "requests": 5, "ok": 1, "errors": 2, "cut": 1, "without_usage": 1,
    }  # fmt: skip
    assert result["failures"] == {"HTTP 500": 2, "the stream was cut": 1, "no token usage reported": 1}
    assert result["output_tokens"] == 5
    assert result["duration_s"] == 4.0, "the time spent on failed requests is time of the step"
    assert result["output_tokens_per_s"] == 5 / 4


def test_an_answer_of_one_token_has_no_time_per_token() -> None:
    result = summarise([answered(0.0, 1.0, 1.0, output_tokens=1), answered(0.0, 1.0, 2.0)], Targets())
    assert result["tpot_ms_mean"] == pytest.approx(250.0)
    assert summarise([answered(0.0, 1.0, 1.0, output_tokens=1)], Targets())["tpot_ms_mean"] is None


def test_another_length_than_asked_for_is_counted() -> None:
    result = summarise([answered(0.0, 1.0, 2.0), answered(0.0, 1.0, 2.0, input_tokens=11)], Targets())
    assert result["other_length"] == 1


def test_goodput_counts_requests_that_meet_every_target() -> None:
    seen = [
        answered(0.0, 0.1, 1.0),
        answered(0.0, 0.1, 9.0),  # too slow a stream
        answered(0.0, 2.0, 3.0),  # too late a first token
        failed(0.0, "error", "HTTP 500", lasted_s=10.0),
    ]
    result = summarise(seen, Targets(ttft_ms=500, tpot_ms=500))
    assert result["goodput_per_s"] == 1 / 10
    assert result["goodput_share"] == 1 / 4, "a failed request met nothing"
    assert "goodput_per_s" not in summarise(seen, Targets())
    assert summarise(seen, Targets(e2e_ms=3000.0))["goodput_per_s"] == 2 / 10


def test_nothing_ended_well() -> None:
    result = summarise([failed(0.0, "error", "connection refused")], Targets())
    assert result["output_tokens_per_s"] == 0
    assert result["ttft_ms_mean"] is None
    assert result["trace"] == []
    assert summarise([], Targets())["requests"] == 0


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=50), st.sampled_from([0, 50, 90, 95, 99, 100]))
def test_percentiles_are_numpys(values: list[float], percent: int) -> None:
    assert math.isclose(
        percentile(sorted(values), percent), float(np.percentile(values, percent)), rel_tol=1e-12, abs_tol=1e-9
    )


def test_spread_names_its_columns() -> None:
    assert spread("ttft_ms", [3.0, 1.0]) == {
        "ttft_ms_mean": 2.0, "ttft_ms_p50": 2.0, "ttft_ms_p90": pytest.approx(2.8), "ttft_ms_p95": pytest.approx(2.9),
        "ttft_ms_p99": pytest.approx(2.98),
    }  # fmt: skip
    assert set(spread("x", []).values()) == {None}
