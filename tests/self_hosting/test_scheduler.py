"""The compiled replay, stepping from event to event, against the naive one that goes token by token."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost.self_hosting.replay import Engine, Traffic, replay, replay_on
from llmcost.self_hosting.timing import IterationTime
from tests.self_hosting.naive import Request, Server

TIMES = ("taken_s", "scheduled_s", "first_token_s", "last_token_s")


@st.composite
def servers(draw: st.DrawFn) -> tuple[Engine, IterationTime]:
    engine = Engine(
        kv_blocks=draw(st.integers(3, 40)),
        block_size=draw(st.integers(1, 5)),
        max_batched_tokens=draw(st.integers(1, 24)),
        max_running=draw(st.integers(1, 6)),
        max_waiting=draw(st.none() | st.integers(1, 4)),
        asynchronous=draw(st.booleans()),
        prefix_caching=draw(st.booleans()),
        whole_prompt=draw(st.booleans()),
    )
    parts = draw(st.tuples(*[st.sampled_from([0.0, 0.125, 0.5, 1.0]) for _ in range(6)]))
    experts = draw(st.sampled_from([{}, {"dense_share": 0.25, "missed_experts": 0.5, "least_experts_s": 0.25}]))
    return engine, IterationTime(0.25 + parts[0], *parts[1:], **experts)


@st.composite
def traffic(draw: st.DrawFn, engine: Engine) -> Traffic:
    room = engine.kv_tokens
    gaps, prompts, outputs, cached = [], [], [], []
    for _ in range(draw(st.integers(1, 12))):
        gaps.append(draw(st.sampled_from([0.0, 0.0, 0.3, 1.1, 7.0, 40.0])))
        prompts.append(draw(st.integers(1, min(30, room - 1))))
        outputs.append(draw(st.integers(1, min(25, room - prompts[-1]))))
        cached.append(draw(st.integers(0, prompts[-1])))
    lengths = [np.array(values, np.int64) for values in (prompts, outputs, cached)]
    return Traffic(np.cumsum(gaps) - gaps[0], *lengths)


def by_hand(arriving: Traffic, engine: Engine, time: IterationTime) -> tuple[list[Request], Server]:
    assert arriving.cached_tokens is not None
    reusable = np.minimum(arriving.cached_tokens, arriving.prompt_tokens - 1) // engine.block_size * engine.block_size
    columns = (arriving.arrival_s, arriving.prompt_tokens, arriving.output_tokens, reusable)
    requests = [
        Request(number, float(at), int(prompt), int(output), int(cached))
        for number, (at, prompt, output, cached) in enumerate(zip(*columns, strict=True))
    ]
    server = Server(requests, engine, time)
    server.serve()
    return requests, server


@settings(max_examples=300)
@given(data=st.data(), server=servers())
def test_it_equals_the_naive_one(data: st.DataObject, server: tuple[Engine, IterationTime]) -> None:
    engine, time = server
    arriving = data.draw(traffic(engine))
    requests, by_token = by_hand(arriving, engine, time)
    served = replay(arriving, engine, time)
    for name in TIMES:
        assert getattr(served, name).tolist() == [getattr(request, name) for request in requests], name
    assert served.preemptions.tolist() == [request.preemptions for request in requests]
    assert served.turned_away.tolist() == [request.turned_away for request in requests]
    assert served.iterations == by_token.iterations
    assert served.busy_s == pytest.approx(by_token.busy_s)


@given(data=st.data(), server=servers(), machines=st.integers(1, 4))
def test_shares_sum_to_the_busy_time(data: st.DataObject, server: tuple[Engine, IterationTime], machines: int) -> None:
    served = replay_on(machines, data.draw(traffic(server[0])), *server)
    assert served.gpu_s.sum() == pytest.approx(served.busy_s)
    assert np.all(served.gpu_s[~served.turned_away] >= 0)


@given(data=st.data(), server=servers(), machines=st.integers(1, 4))
def test_each_machine_serves_those_sent_to_it_as_if_it_were_alone(
    data: st.DataObject, server: tuple[Engine, IterationTime], machines: int
) -> None:
    drawn = data.draw(traffic(server[0]))
    arriving = replace(drawn, arrival_s=np.round(drawn.arrival_s * 8) / 8)  # sums are exact, from whichever zero
    served = replay_on(machines, arriving, *server)
    for machine in range(machines):
        own = served.machine == machine
        alone = replay(arriving.take(own), *server)
        for name in (*TIMES, "preemptions"):
            assert getattr(served, name)[own].tolist() == getattr(alone, name).tolist(), name


def test_a_request_goes_to_the_machine_with_the_least_load() -> None:
    """4 for each that waits and 1 for each that runs, the first of equals; one runs at a time, for ten seconds."""
    at = np.array([0.0, 1.0, 2.0, 3.0, 11.5, 40.0])
    arriving = Traffic(at, np.full(6, 1), np.full(6, 1))
    engine = Engine(kv_blocks=100, max_running=1, asynchronous=False)
    served = replay_on(2, arriving, engine, IterationTime(10.0, 0.0, 0.0, 0.0, 0.0))
    # idle, idle, both run, the first has one waiting as well; then it runs its second and the other its own until 21
    assert served.machine.tolist() == [0, 1, 0, 1, 0, 0]
    assert served.last_token_s.tolist() == [10, 11, 20, 21, 30, 50]


@given(data=st.data(), server=servers())
def test_everybody_is_served_in_causal_order(data: st.DataObject, server: tuple[Engine, IterationTime]) -> None:
    arriving = data.draw(traffic(server[0]))
    served = replay(arriving, *server)
    ended = ~served.turned_away
    moments = [served.arrival_s[ended]] + [getattr(served, name)[ended] for name in TIMES]
    for earlier, later in pairwise(moments):
        assert np.all(earlier <= later)


def test_one_request_alone_takes_as_long_as_the_formula_says() -> None:
    time = IterationTime(1.0, 10.0, 0.5, 0.01, 0.001)
    served = replay(Traffic(np.zeros(1), np.array([30]), np.array([3])), Engine(kv_blocks=100), time)
    prompt = 1 + 0.5 * 30 + 0.001 * 30 * 15.5
    assert served.first_token_s[0] == pytest.approx(prompt)
    assert served.last_token_s[0] == pytest.approx(prompt + (1 + 10 + 0.01 * 31) + (1 + 10 + 0.01 * 32))


def test_a_preempted_request_loses_its_place_to_nobody() -> None:
    # Two requests that outgrow six blocks of two tokens: the later one is put back and recomputed.
    arriving = Traffic(np.zeros(2), np.array([4, 4]), np.array([6, 6]))
    served = replay(arriving, Engine(kv_blocks=6, block_size=2), IterationTime(1.0, 0.0, 0.0, 0.0, 0.0))
    assert served.preemptions.tolist() == [0, 1]
    assert served.last_token_s[0] < served.last_token_s[1]


def test_a_prefix_in_the_cache_need_not_be_read_again() -> None:
    time = IterationTime(0.0, 0.0, 1.0, 0.0, 0.0)
    cached = np.array([64])
    cold = replay(Traffic(np.zeros(1), np.array([100]), np.array([1])), Engine(kv_blocks=100), time)
    warm = replay(Traffic(np.zeros(1), np.array([100]), np.array([1]), cached), Engine(kv_blocks=100), time)
    assert cold.first_token_s[0] - warm.first_token_s[0] == 64


def test_what_cannot_be_replayed_is_refused() -> None:
    time = IterationTime(1.0, 0.0, 0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="longer"):
        replay(Traffic(np.zeros(1), np.array([17]), np.array([16])), Engine(kv_blocks=2), time)
    with pytest.raises(ValueError, match="order"):
        replay(Traffic(np.array([1.0, 0.0]), np.array([1, 1]), np.array([1, 1])), Engine(kv_blocks=2), time)


def test_no_traffic_is_no_work() -> None:
    none = np.zeros(0, np.int64)
    served = replay(Traffic(np.zeros(0), none, none), Engine(kv_blocks=2), IterationTime(1, 1, 1, 1, 1))
    assert served.iterations == 0
    assert served.busy_s == 0
