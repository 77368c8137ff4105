"""Whole steps against a fake server: what it does is what is measured."""

import random
import re
from collections.abc import Callable
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest

from llmcost.bench_gpu import load
from llmcost.bench_gpu.client import Client
from llmcost.bench_gpu.dollars import OwnLoad, Pricing
from llmcost.bench_gpu.measurement import Row
from llmcost.bench_gpu.metrics import Targets
from llmcost.bench_gpu.run import Closed, Endpoint, Load, Open, Replay, Sweep, measure_endpoint
from llmcost.bench_gpu.serving import Arrival, Effort, Lengths
from llmcost.bench_gpu.session import Session
from llmcost.errors import LlmcostError, UsageError
from tests.bench_gpu.conftest import Make
from tests.bench_gpu.fake_server import Behaviour, running

pytest.importorskip("httpx2", reason="the client needs the bench extra")

SHORT = [Lengths(20, 6)]


def measure(
    behaviour: Behaviour, load: Load, session: Session, effort: Effort | None = None, **endpoint: Any
) -> list[dict[str, Any]]:
    """Runs a load; returns the bodies of the requests that were measured or warmed up with."""
    with running(behaviour) as fake:
        measure_endpoint(Endpoint(fake.address, **endpoint), load, effort or Effort(warm_up=0), session)
        return [body for body in fake.asked if body["max_tokens"] == 6]


def after_calibration(fault: str, every: int) -> Callable[[int, dict[str, Any]], str | None]:
    """This fault in every so-manieth request that is measured."""
    measured = iter(range(10**6))

    def decide(_: int, body: dict[str, Any]) -> str | None:
        return fault if body["max_tokens"] == 6 and next(measured) % every == 1 else None

    return decide


def test_a_step_counts_what_the_server_counted(session: Make, saved: list[Row]) -> None:
    measure(Behaviour(), Closed(SHORT, [4]), session(), Effort(requests=10, warm_up=0))
    (row,) = saved
    assert (row["requests"], row["ok"], row["errors"], row["cut"], row["without_usage"]) == (10, 10, 0, 0, 0)
    assert (row["input_tokens"], row["output_tokens"]) == (200, 60)
    assert row["other_length"] == 0
    assert row["output_tokens_per_s"] * row["duration_s"] == pytest.approx(60)
    assert row["total_tokens_per_s"] * row["duration_s"] == pytest.approx(260)
    assert row["requests_per_s"] * row["duration_s"] == pytest.approx(10)
    assert len(row["trace"]) == 10
    assert (row["engine"], row["model"], row["load"], row["concurrency"]) == ("server", "fake", "closed", 4)
    assert row["output_forced"] is True
    assert row["client_cpu"] > 0


def test_delays_are_seen_where_they_are(session: Make, saved: list[Row]) -> None:
    """Sleeping never ends early, so each latency has a floor."""
    measure(Behaviour(ttft_s=0.08, step_s=0.02), Closed(SHORT, [2]), session(), Effort(requests=4, warm_up=0))
    (row,) = saved
    assert row["ttft_ms_p50"] >= 80
    assert row["tpot_ms_mean"] >= 19
    assert row["e2e_ms_mean"] >= 80 + 5 * 20
    assert row["e2e_ms_mean"] == pytest.approx(row["ttft_ms_mean"] + 5 * row["tpot_ms_mean"])
    assert row["itl_ms_mean"] == pytest.approx(row["tpot_ms_mean"], rel=0.2)
    assert row["duration_s"] >= 2 * 0.18


def test_one_slow_first_token_is_in_the_tail_only(session: Make, saved: list[Row]) -> None:
    slow = Behaviour(slow=lambda number: 0.6 if number == 30 else 0.0)
    measure(slow, Closed(SHORT, [1]), session(targets=Targets(ttft_ms=500)), Effort(requests=40, warm_up=0))
    (row,) = saved
    assert row["ttft_ms_p99"] > 300 > row["ttft_ms_p50"]
    assert row["goodput_share"] == 39 / 40


@pytest.mark.parametrize(
    ("fault", "column", "reason"),
    [
        ("http 500", "errors", "HTTP 500: out of [31m luck"),
        ("cut before the first token", "errors", None),
        ("cut", "cut", "the stream was cut"),
        ("no usage", "without_usage", "no token usage reported"),
        ("error event", "errors", "cache is full"),
        ("not json", "errors", "a piece of the stream is not JSON"),
    ],
)
def test_faults_are_counted_apart(session: Make, saved: list[Row], fault: str, column: str, reason: str | None) -> None:
    measure(Behaviour(fault=after_calibration(fault, 3)), Closed(SHORT, [2]), session(), Effort(requests=9, warm_up=0))
    (row,) = saved
    outcomes = {name: row[name] for name in ("ok", "errors", "cut", "without_usage")}
    assert outcomes == dict.fromkeys(outcomes, 0) | {"ok": 6, column: 3}
    assert sum(row["failures"].values()) == 3
    if reason:
        assert row["failures"] == {reason: 3}
    assert row["output_tokens"] == 36
    assert len(row["trace"]) == 6


def test_a_kept_connection_that_is_closed_is_no_failure(session: Make, saved: list[Row]) -> None:
    behaviour = Behaviour(fault=after_calibration("no connection", 3))
    measure(behaviour, Closed(SHORT, [1]), session(), Effort(requests=8, warm_up=0))
    assert (saved[0]["ok"], saved[0]["resent"], saved[0]["errors"]) == (8, 4, 0)


def test_a_new_connection_that_is_closed_is_a_failure(session: Make, saved: list[Row]) -> None:
    """Never kept, so never closed by chance."""
    behaviour = Behaviour(keeps=False, fault=after_calibration("no connection", 3))
    measure(behaviour, Closed(SHORT, [1]), session(), Effort(requests=9, warm_up=0))
    assert (saved[0]["ok"], saved[0]["resent"], saved[0]["errors"]) == (6, 0, 3)


def test_a_server_that_dies_ends_the_run_and_keeps_what_was_finished(session: Make, saved: list[Row]) -> None:
    measured = iter(range(10**6))

    def die(_: int, body: dict[str, Any]) -> str | None:
        return "no connection" if body["max_tokens"] == 6 and next(measured) >= 8 else None

    with pytest.raises(LlmcostError, match="no request ended well") as raised:
        measure(Behaviour(fault=die), Closed(SHORT, [1, 2, 4]), session(), Effort(requests=8, warm_up=0))
    assert [row["ok"] for row in saved] == [8, 0]
    assert raised.value.hint == "the 1 steps finished before are kept"


def test_a_closed_loop_keeps_so_many_in_flight(session: Make) -> None:
    with running(Behaviour(ttft_s=0.03)) as fake:
        measure_endpoint(Endpoint(fake.address), Closed(SHORT, [5]), Effort(requests=20, warm_up=0), session())
    assert fake.most_in_flight == 5


def test_warming_up_is_not_measured_and_uses_other_prompts(session: Make, saved: list[Row]) -> None:
    bodies = measure(Behaviour(), Closed(SHORT, [3]), session(), Effort(requests=5, warm_up=3))
    assert len(bodies) == 8
    assert len({body["prompt"] for body in bodies}) == 8
    assert (saved[0]["requests"], saved[0]["warm_up_requests"]) == (5, 3)


def test_every_length_and_concurrency_is_a_step_saved_at_once(session: Make, saved: list[Row]) -> None:
    measure(Behaviour(), Closed([Lengths(8, 6), Lengths(30, 6)], [1, 2]), session(), Effort(requests=2))
    assert [(row["input_tokens_asked"], row["concurrency"], row["input_tokens"]) for row in saved] == [
        (8, 1, 16), (8, 2, 16), (30, 1, 60), (30, 2, 60),
    ]  # fmt: skip
    assert len({row["run_id"] for row in saved}) == 1
    assert len({row["measurement_id"] for row in saved}) == 4


def test_the_same_seed_sends_the_same_prompts(session: Make) -> None:
    def prompts(seed: int) -> set[str]:
        bodies = measure(Behaviour(), Closed(SHORT, [2]), session(seed=seed), Effort(requests=6))
        return {body["prompt"] for body in bodies}

    assert prompts(1) == prompts(1)
    assert not prompts(1) & prompts(2)


def test_an_open_loop_does_not_wait_for_answers(session: Make, saved: list[Row]) -> None:
    measure(Behaviour(ttft_s=0.5), Open(SHORT, [100.0]), session(), Effort(requests=20, warm_up=0))
    (row,) = saved
    sent = [one["sent_s"] for one in row["trace"]]
    assert (row["load"], row["rate_per_s"], row["concurrency"]) == ("open", 100.0, None)
    due = load.poisson(100.0, 20, random.Random("0 arrivals 0"))
    assert all(at_s >= time_s - 0.01 for at_s, time_s in zip(sent, due, strict=True))
    assert max(sent) < 0.5 or row["duration_s"] < 20 * 0.5, "they overlapped"


def test_poisson_arrivals_have_the_rate_and_the_spread() -> None:
    times = load.poisson(5.0, 20_000, random.Random(1))
    gaps = [later - earlier for earlier, later in pairwise(times)]
    mean = sum(gaps) / len(gaps)
    deviation = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert times[0] == 0
    assert mean == pytest.approx(0.2, rel=0.03)
    assert deviation == pytest.approx(mean, rel=0.05), "of an exponential distribution"


def test_a_replay_keeps_arrivals_and_lengths(session: Make, saved: list[Row]) -> None:
    arrivals = [Arrival(100.0, 40, 6), Arrival(100.4, 25, 3), Arrival(101.0, 1, 0)]
    measure(Behaviour(), Replay(arrivals, 4.0), session())
    (row,) = saved
    assert (row["load"], row["time_compression"], row["ok"], row["skipped"]) == ("replay", 4.0, 3, 0)
    assert [(one["input_tokens"], one["output_tokens"]) for one in row["trace"]] == [
        (40, 6), (25, 3), (5, 1),
    ]  # fmt: skip
    assert all(one["sent_s"] >= at - 0.01 for one, at in zip(row["trace"], (0, 0.1, 0.25), strict=True))
    assert row["input_tokens_asked"] is None


def test_the_sweep_stops_at_saturation_and_names_the_knee(session: Make, saved: list[Row], said: StringIO) -> None:
    """A server with room for two: more in flight only wait."""
    behaviour = Behaviour(ttft_s=0.05, room=2)
    measure(behaviour, Sweep(SHORT, most=64), session(), Effort(requests=12, warm_up=0))
    tried = [row["concurrency"] for row in saved]
    assert tried == [1, 2, 4, 8, 16, 32][: len(tried)]
    assert re.search(r"the knee: (2|4|8) in flight", said.getvalue())


@pytest.mark.parametrize(("api", "behaviour"), [("chat", Behaviour()), ("auto", Behaviour(apis=["chat"]))])
def test_chat(session: Make, saved: list[Row], api: str, behaviour: Behaviour) -> None:
    bodies = measure(behaviour, Closed(SHORT, [2]), session(), Effort(requests=4, warm_up=0), api=api)
    assert saved[0]["ok"] == 4
    assert saved[0]["other_length"] == 0
    assert all("messages" in body for body in bodies)


def test_a_server_that_knows_no_ignore_eos_is_asked_without(session: Make, saved: list[Row], said: StringIO) -> None:
    bodies = measure(Behaviour(forced=False, stop_after=3), Closed(SHORT, [1]), session(), Effort(requests=4))
    assert saved[0]["output_tokens"] == 12
    assert saved[0]["output_forced"] is False
    assert not any("ignore_eos" in body for body in bodies)
    assert "may be shorter" in said.getvalue()


@pytest.mark.parametrize(
    ("behaviour", "endpoint", "problem"),
    [
        (Behaviour(usage=False), {}, "reports no token usage"),
        (Behaviour(streams=False), {}, "does not stream"),
        (Behaviour(apis=[]), {}, "refused the request: HTTP 404: not here"),
        (Behaviour(key="k"), {}, "refused the request: HTTP 401"),
        (Behaviour(), {"model": "fakes"}, "no model named fakes"),
        (Behaviour(models=[]), {}, "lists no models"),
        (Behaviour(fault=lambda number, body: "http 500"), {}, "refused the request: HTTP 500"),
        (Behaviour(fault=lambda number, body: "cut"), {}, "does not answer"),
    ],
)
def test_a_server_that_cannot_be_measured_is_refused(
    session: Make, saved: list[Row], behaviour: Behaviour, endpoint: dict[str, Any], problem: str
) -> None:
    with pytest.raises(LlmcostError, match=problem):
        measure(behaviour, Closed(SHORT, [1]), session(), **endpoint)
    assert saved == []


def test_a_key_is_sent(session: Make, saved: list[Row]) -> None:
    measure(Behaviour(key="k"), Closed(SHORT, [1]), session(), Effort(requests=1), key="k")
    assert saved[0]["ok"] == 1


def test_a_prompt_shorter_than_the_server_allows_is_refused(session: Make) -> None:
    with pytest.raises(UsageError, match="no prompt of 2 input tokens"):
        measure(Behaviour(overhead=7), Closed([Lengths(2, 6)], [1]), session())


def test_a_dead_endpoint_is_refused(session: Make) -> None:
    with running() as fake:
        pass
    with pytest.raises(LlmcostError, match=r"no answer from .*: connection refused"):
        measure_endpoint(Endpoint(fake.address), Closed(SHORT, [1]), Effort(), session())


def test_an_answer_that_never_ends_is_given_up(session: Make, saved: list[Row]) -> None:
    slow = Behaviour(slow=lambda number: 30.0 if number == 8 else 0.0)
    measure(slow, Closed(SHORT, [2]), session(), Effort(requests=10, warm_up=0), timeout_s=1.0)
    assert saved[0]["failures"] == {"no end after 1 s": 1}


def test_a_step_can_be_ended_by_time(session: Make, saved: list[Row]) -> None:
    measure(Behaviour(ttft_s=0.05), Closed(SHORT, [1]), session(), Effort(requests=1000, max_s=0.2, warm_up=0))
    assert 0 < saved[0]["ok"] == saved[0]["requests"] < 10


def test_money(session: Make, saved: list[Row], said: StringIO) -> None:
    made = session(pricing=Pricing(3.6, "g9.big", OwnLoad(2e6, 1e6)))
    measure(Behaviour(), Closed(SHORT, [1]), made, Effort(requests=4))
    (row,) = saved
    assert row["output_usd_mtok"] == pytest.approx(0.001 / row["output_tokens_per_s"] * 1e6)
    assert (row["own_machines"], row["own_total_usd_mtok"]) == (1, pytest.approx(3.6 * 24 / 3))
    made.conclude()
    assert (
        f"at full load (1 in flight, 20+6 tokens): ${row['input_usd_mtok']:,.4g} per million input" in said.getvalue()
    )
    assert "at your own load (2,000,000 + 1,000,000 tokens a day, 1 machine, always on): $43.2" in said.getvalue()


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
        ("http://h:1/", "http://h:1/v1"),
        ("https://h/x/v1/", "https://h/x/v1"),
        ("http://h/v1/chat/completions", "http://h/v1"),
        ("http://h/v1/completions", "http://h/v1"),
    ],
)
def test_an_address_may_be_given_in_any_length(given: str, base: str) -> None:
    assert Client(given).base == base


@pytest.mark.parametrize("given", ["ftp://h", "http://", ""])
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match="not the address"):
        Client(given)
