"""Machines that are taken away: who is repeated where, when, and what that costs."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost.self_hosting import calibrations, catalogue, summary
from llmcost.self_hosting.hosting import Schedule
from llmcost.self_hosting.interruptions import NEVER, Interruptions, serve
from llmcost.self_hosting.plan import Options, Plan, make
from llmcost.self_hosting.prefixes import Prefixes
from llmcost.self_hosting.replay import Engine, Traffic, replay_on
from llmcost.self_hosting.timing import IterationTime

KNOWN = catalogue.load()
MONDAY = 1_795_996_800.0
TIME = IterationTime(fixed_s=0.1, weights_s=0.0, per_token_s=0.0, per_kv_token_s=0.0, per_chunk_context_s=0.0)
ENGINE = Engine(kv_blocks=10_000, asynchronous=False)
EVERY_S = 730 * 3600 / 30  # thirty a month


def at(*seconds: float, output: int = 100) -> Traffic:
    """Requests with prompts that take one iteration: a tenth of a second for each token of output."""
    count = len(seconds)
    return Traffic(np.array(seconds), np.full(count, 10), np.full(count, output))


def test_on_one_machine_what_was_in_flight_waits_for_the_replacement() -> None:
    """Taken at 43,800 s and back at 44,100: one that was running, one that comes a minute later, others unharmed."""
    found = serve(1, at(0.0, EVERY_S / 2 - 1, EVERY_S / 2 + 60, 60_000.0), ENGINE, TIME, Interruptions(30, 300))
    assert (found.interruptions, found.repeated) == (1, 1)
    up_s = EVERY_S / 2 + 300
    assert found.served.first_token_s == pytest.approx([0.1, up_s + 0.1, up_s + 0.1, 60_000.1])
    assert found.served.last_token_s == pytest.approx([10.0, up_s + 10.0, up_s + 10.0, 60_010.0])
    assert found.served.gpu_s.sum() == found.served.busy_s == pytest.approx(10 + 1 + 10 + 10, abs=0.11)


def test_with_another_machine_it_goes_there_at_once() -> None:
    """Two machines, taken in turn: the first at 21,900 s, when both have a request, the second 43,800 s later."""
    first_s = EVERY_S / 4
    found = serve(2, at(0.0, first_s - 1, first_s - 1, first_s + 60, 70_000.0), ENGINE, TIME, Interruptions(30, 300))
    assert (found.interruptions, found.repeated) == (2, 1)
    assert sorted(found.served.last_token_s[1:3]) == pytest.approx([first_s + 9, first_s + 10], abs=0.11)
    assert list(found.served.machine[1:4]) == [1, 1, 1]
    assert found.served.last_token_s[3] == pytest.approx(first_s + 70)


def test_without_interruptions_it_is_the_replay() -> None:
    traffic = at(*np.linspace(0, 1000, 50))
    plain = replay_on(3, traffic, ENGINE, TIME)
    for often in (NEVER, Interruptions(30, 300)):  # the first would come later than the last request
        found = serve(3, traffic, ENGINE, TIME, often)
        assert np.array_equal(found.served.last_token_s, plain.last_token_s)
        assert found.interruptions == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 4), st.floats(30, 720), st.floats(0, 7200), st.integers(0, 1000))
def test_everybody_is_served_once_and_after_he_came(machines: int, a_month: float, start_s: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    traffic = Traffic(
        np.sort(random.uniform(0, 200_000, 60)), random.integers(1, 500, 60), random.integers(1, 3000, 60)
    )
    found = serve(machines, traffic, ENGINE, TIME, Interruptions(a_month, start_s))
    span_s = traffic.arrival_s[-1] - traffic.arrival_s[0]
    assert found.interruptions == pytest.approx(span_s * a_month * machines / (730 * 3600), abs=0.51)
    assert np.isfinite(found.served.last_token_s).all()
    assert (found.served.first_token_s > traffic.arrival_s).all()
    assert (found.served.last_token_s >= found.served.first_token_s).all()
    assert 0.1 * traffic.output_tokens.max() <= found.served.busy_s == pytest.approx(found.served.gpu_s.sum())


def test_a_replacement_has_an_empty_cache() -> None:
    """Three requests with one prompt: the second finds it, the third comes to another machine's cache."""
    traffic = at(0.0, 100.0, 60_000.0)
    same = Prefixes(np.ones(3, np.int32), np.zeros(3, np.int32), np.full(3, 160, np.int32))
    told = replace(traffic, prompt_tokens=np.full(3, 170), prefixes=same)
    assert list(serve(1, told, ENGINE, TIME).served.cached_tokens) == [0, 160, 160]
    assert list(serve(1, told, ENGINE, TIME, Interruptions(30, 300)).served.cached_tokens) == [0, 160, 0]


def a_day(count: int) -> Traffic:
    random = np.random.default_rng(0)
    return Traffic(
        MONDAY + np.sort(random.uniform(0, 86_400, count)),
        random.integers(50, 1500, count),
        random.integers(20, 400, count),
    )


def plan(traffic: Traffic, **given: object) -> Plan:
    options = Options(KNOWN.instance("g4dn.xlarge"), "mistral-7b", "awq", price="spot")
    return make(traffic, replace(options, **given), KNOWN, calibrations.load())  # type: ignore[arg-type]


def test_interruptions_cost_what_it_takes_to_keep_the_target() -> None:
    """Once an hour, each time ten minutes without it: one machine serves too few in time, and two do."""
    busy = a_day(3000)
    usual = plan(busy)
    taken = plan(busy, interruptions_per_month=720.0, schedule=Schedule(cold_start_s=600.0))
    assert (usual.machines, taken.machines) == (1, 2)
    assert usual.usd_per_month == pytest.approx(0.205 * 730)
    assert taken.usd_per_month == pytest.approx(2 * 0.205 * 730)
    assert taken.interruptions == 47
    assert taken.repeated > 0
    assert np.nansum(taken.cost_usd) == pytest.approx(taken.bill_usd)
    notes = " ".join(summary.of(taken)["notes"])
    assert f"taken away 47 times in the log's time, which repeats {taken.repeated} request" in notes
    assert "interruptions (interruptions_month" in " ".join(usual.caveats)
    assert "interruptions (interruptions_month" not in " ".join(taken.caveats)


def test_a_fixed_number_of_machines_costs_the_same_and_is_later() -> None:
    busy = a_day(3000)
    usual, taken = (plan(busy, machines=1, interruptions_per_month=often) for often in (0.0, 240.0))
    assert taken.bill_usd == usual.bill_usd == pytest.approx(0.205 * usual.hours)
    assert taken.late > usual.late
