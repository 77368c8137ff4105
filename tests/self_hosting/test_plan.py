"""Machines, hours and dollars."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.errors import LlmcostError, UsageError
from llmcost.self_hosting import calibrations, catalogue, summary, volumes
from llmcost.self_hosting.around import Around
from llmcost.self_hosting.fleet import OutOfReachError, Target, needed
from llmcost.self_hosting.hosting import COLD_STARTS_S, Schedule, Span, bill, monthly_hours, running
from llmcost.self_hosting.plan import OUT_OF_HOURS, QUEUE_FULL, TOO_LONG, TOO_SLOW, Options, Plan, make
from llmcost.self_hosting.prefixes import Prefixes
from llmcost.self_hosting.replay import Engine, Traffic
from llmcost.self_hosting.timing import IterationTime

KNOWN = catalogue.load()
CALIBRATED = calibrations.load()
MONDAY = 1_795_996_800.0  # 2026-11-30, 00:00 UTC
HOUR = 3600.0
G4DN = Options(KNOWN.instance("g4dn.xlarge"), "mistral-7b", "awq")


def a_day(count: int, seed: int = 0) -> Traffic:
    random = np.random.default_rng(seed)
    return Traffic(
        MONDAY + np.sort(random.uniform(0, 24 * HOUR, count)),
        random.integers(50, 1500, count),
        random.integers(20, 400, count),
    )


def plan(traffic: Traffic, options: Options) -> Plan:
    return make(traffic, options, KNOWN, CALIBRATED)


def test_shares_sum_to_the_bill() -> None:
    made = plan(a_day(500), replace(G4DN, machines=2))
    assert made.served.all()
    assert np.nansum(made.cost_usd) == pytest.approx(made.bill_usd)
    assert made.bill_usd == pytest.approx(2 * 0.526 * made.hours)
    assert made.usd_per_month == pytest.approx(2 * 0.526 * 730)
    assert made.usd_per_mtok(made.output_tokens) == pytest.approx(made.bill_usd / made.output_tokens * 1e6)


def test_the_article_is_right_about_the_machine() -> None:
    assert plan(a_day(50), replace(G4DN, machines=1)).usd_per_month == pytest.approx(384, abs=0.5)


def test_as_many_machines_as_the_target_needs() -> None:
    day = a_day(20_000)
    busy = replace(day, arrival_s=MONDAY + (day.arrival_s - MONDAY) / 12)
    made = plan(busy, G4DN)
    assert made.machines > 1
    share = 1 - made.late / len(busy)
    assert share >= G4DN.target.share
    fewer = plan(busy, replace(G4DN, machines=made.machines - 1))
    assert 1 - fewer.late / len(busy) < G4DN.target.share
    low, high = made.machines_range
    assert low <= made.machines
    assert high is None or high >= made.machines


def test_at_both_ends_of_the_error_it_takes_other_numbers_of_machines() -> None:
    day = a_day(20_000)
    busy = replace(day, arrival_s=MONDAY + (day.arrival_s - MONDAY) / 12)
    fast, likely, slow = (plan(busy, replace(G4DN, pace=pace)) for pace in ("fast", "likely", "slow"))
    assert fast.machines < likely.machines < slow.machines
    assert likely.machines_range == (fast.machines, slow.machines)
    assert fast.bill_usd < likely.bill_usd < slow.bill_usd
    fixed = plan(busy, replace(G4DN, pace="slow", machines=likely.machines))
    assert fixed.latency.ttft_ms.p95 > likely.latency.ttft_ms.p95
    assert fixed.bill_usd == likely.bill_usd


def test_where_the_slow_end_is_out_of_reach_all_stay_on_the_api_there() -> None:
    tight = replace(G4DN, target=Target(tpot_ms=26.0))
    likely = plan(a_day(200), tight)
    assert likely.machines == 1
    assert likely.machines_range[1] is None
    slow = plan(a_day(200), replace(tight, pace="slow"))
    assert (slow.machines, slow.bill_usd) == (0, 0)
    assert set(slow.fate) == {TOO_SLOW}


def test_requests_that_no_machine_serves_in_time_stay_on_the_api() -> None:
    """One request in ten is too slow for the target wherever it runs."""
    day = a_day(200)
    long = np.arange(200) % 10 == 0
    mixed = replace(day, prompt_tokens=np.where(long, 30_000, 500))
    made = plan(mixed, G4DN)
    assert np.array_equal(made.fate == TOO_SLOW, long)
    assert made.late <= 0.05 * 180
    assert not plan(mixed, replace(G4DN, machines=1)).fate.any(), "as many machines as asked for serve all"


def test_a_target_out_of_reach_is_refused_with_what_can_be_had() -> None:
    with pytest.raises(OutOfReachError, match="p95 TPOT of"):
        plan(a_day(20), replace(G4DN, target=Target(tpot_ms=1.0)))


def test_a_machine_in_reserve_and_what_else_it_costs() -> None:
    """Paid by the month, whatever the traffic; nothing of it where nothing is hosted."""
    usual, around = plan(a_day(200), G4DN), plan(a_day(200), replace(G4DN, spare=2, around=Around(extra_usd=1000.0)))
    assert around.machines == usual.machines + 2
    assert around.usd_per_month == pytest.approx(3 * usual.usd_per_month + 1000)
    assert around.usd_per_month_range[0] == pytest.approx(3 * usual.usd_per_month_range[0] + 1000)
    assert around.bill_usd == pytest.approx(3 * usual.bill_usd + 1000 * around.hours / 730)
    none = plan(a_day(200), replace(G4DN, machines=0, spare=2, around=Around(extra_usd=1000.0)))
    assert (none.machines, none.bill_usd, none.usd_per_month) == (0, 0, 0)


def test_what_a_volume_costs_includes_the_reserve_once(shaped: volumes.Shape) -> None:
    options = replace(G4DN, spare=1, around=Around(extra_usd=1000.0))
    for volume in (1e6, 4e8):
        [usual], [around] = (volumes.find(shaped, one, KNOWN, CALIBRATED, [volume]).points for one in (G4DN, options))
        assert around.machines == usual.machines + 1
        assert around.hosted_usd == pytest.approx(usual.hosted_usd + 0.526 * 730 + 1000)


def test_more_machines_than_anybody_has() -> None:
    crowd = Traffic(np.zeros(3000), np.full(3000, 100), np.full(3000, 10))
    slow = IterationTime(5.0, 0.0, 0.0, 0.0, 0.0)
    with pytest.raises(LlmcostError, match="more than 1024"):
        needed(crowd, Engine(kv_blocks=10), slow, Target(ttft_ms=10_001, tpot_ms=1e9, share=1.0))


def test_what_is_too_long_stays() -> None:
    long = Traffic(np.array([MONDAY]), np.array([200_000]), np.array([10]))
    made = plan(long, replace(G4DN, machines=1))
    assert made.fate.tolist() == [TOO_LONG]
    assert made.bill_usd == pytest.approx(0.526)
    assert "served nothing" in " ".join(summary.of(made)["notes"])
    capped = plan(a_day(100), replace(G4DN, machines=1, max_context=500))
    assert TOO_LONG in capped.fate
    assert capped.served.any()


def test_a_full_queue_sends_the_rest_to_the_api() -> None:
    crowd = Traffic(np.full(400, MONDAY), np.full(400, 1000), np.full(400, 200))
    made = plan(crowd, replace(G4DN, machines=1, max_waiting=10))
    assert QUEUE_FULL in made.fate
    assert made.served.any()
    assert np.isnan(made.cost_usd[~made.served]).all()
    assert np.nansum(made.cost_usd) == pytest.approx(made.bill_usd)
    with pytest.raises(UsageError):
        plan(crowd, replace(G4DN, max_waiting=0))


def test_no_machine_hosts_nothing() -> None:
    made = plan(a_day(10), replace(G4DN, machines=0))
    assert not made.served.any()
    assert made.bill_usd == 0


def test_office_hours() -> None:
    made = plan(a_day(240), replace(G4DN, machines=1, schedule=Schedule("office")))
    hour = (a_day(240).arrival_s - MONDAY) / HOUR
    assert np.array_equal(made.fate == OUT_OF_HOURS, (hour < 9) | (hour >= 18))
    assert made.hours == 9
    assert made.usd_per_month == pytest.approx(0.526 * 730 * 45 / 168)


@given(st.integers(0, 13))
def test_weekends_are_no_office_hours(day: int) -> None:
    noon = np.array([MONDAY + (day * 24 + 12) * HOUR])
    assert running(Schedule("office"), noon, Span.of(noon)).open[0] == (day % 7 < 5)


def test_scaled_to_zero_waits_for_the_start_and_stops_idle() -> None:
    schedule = Schedule("scale-to-zero", cold_start_s=100, idle_minutes=10)
    at = MONDAY + np.array([0.0, 30.0, 200.0, 5000.0])
    on = running(schedule, at, Span.of(at))
    assert (on.ready_s - MONDAY).tolist() == [100, 100, 200, 5100]
    assert on.hours * HOUR == pytest.approx((200 + 600) + 600)
    made = plan(Traffic(at, np.full(4, 100), np.full(4, 10)), replace(G4DN, machines=1, schedule=schedule))
    assert made.ttft_s[0] > 100
    assert made.ttft_s[2] < 10
    assert made.hours < 1


def test_a_start_that_nobody_measured_is_a_range() -> None:
    """One request an hour apart: each waits for a start of 294 s, of 82 at the fast end and of 510 at the slow one."""
    hourly = Traffic(MONDAY + HOUR * np.arange(5.0), np.full(5, 100), np.full(5, 10))
    zero = replace(G4DN, machines=1, schedule=Schedule("scale-to-zero"))
    for pace, start_s in COLD_STARTS_S.items():
        made = plan(hourly, replace(zero, pace=pace))
        assert (made.ttft_s > start_s).all()
        assert (made.ttft_s < start_s + 2).all()
        assert made.hours == pytest.approx(5 * (start_s + 15 * 60) / 3600, rel=0.01)
        assert any("82 to 510" in caveat for caveat in made.caveats)
    measured = plan(hourly, replace(zero, schedule=Schedule("scale-to-zero", cold_start_s=60.0)))
    assert not any("82 to 510" in caveat for caveat in measured.caveats)


def test_what_is_reserved_or_owned_is_paid_while_off() -> None:
    at = a_day(100).arrival_s
    on = running(Schedule("office"), at, Span.of(at))
    assert bill("on-demand", on) == 9
    assert bill("own", on) == on.span_hours > 23
    assert monthly_hours("reserved", on) == 730


def test_what_is_around_the_machines_is_in_the_month() -> None:
    """Two machines with disks for $10, network for $30, a third of an engineer at $9,000, set-up for $6,000 a year."""
    around = Around(
        storage_usd=10.0, network_usd=30.0, engineers=1 / 3, engineer_usd=9000.0, setup_usd=6000.0, setup_months=12.0
    )
    usual = plan(a_day(200), replace(G4DN, machines=2))
    whole = plan(a_day(200), replace(G4DN, machines=2, around=around))
    assert whole.usd_per_month == pytest.approx(2 * 0.526 * 730 + 2 * 10 + 30 + 3000 + 500)
    assert whole.bill_usd == pytest.approx(usual.bill_usd + 3550 * whole.hours / 730)
    assert whole.usd_per_month_range == (whole.usd_per_month, whole.usd_per_month)
    assert "people (engineers" in usual.caveats[-1]
    assert whole.caveats[-1] == "not in the bill: a machine in reserve (spare)"
    with pytest.raises(UsageError, match="engineers=2 needs what one costs"):
        Around(engineers=2.0)


def test_a_commitment_is_paid_whether_the_machine_runs_or_not() -> None:
    """A machine for a year at $2.314207 an hour: $1,689 a month in office hours, too, and $20,272 signed for."""
    a2 = replace(G4DN, instance=KNOWN.instance("a2-highgpu-1g"), machines=1, schedule=Schedule("office"))
    year, demand = (plan(a_day(240), replace(a2, price=kind)) for kind in ("reserved-1y", "on-demand"))
    assert year.usd_per_month == pytest.approx(2.314207 * 730) == pytest.approx(1689.37, abs=0.01)
    assert demand.usd_per_month == pytest.approx(3.673385 * 730 * 45 / 168)
    assert "signed for $20,272 whatever" in year.caveats[0]


def test_another_region_costs_what_it_costs_there() -> None:
    g2 = replace(G4DN, instance=KNOWN.instance("g2-standard-4"), machines=1)
    here, there = (plan(a_day(50), replace(g2, region=region)) for region in (None, "southamerica-east1"))
    assert here.usd_per_month == pytest.approx(0.706832 * 730)
    assert there.usd_per_month == pytest.approx(1.122379 * 730)
    assert "on-demand in southamerica-east1" in there.caveats[0]


def test_a_summary_is_plain() -> None:
    said = summary.of(plan(a_day(100), G4DN))
    assert said["requests_hosted"] == 100
    assert said["footing"] == "datasheet"
    assert said["usd_per_month_range"][0] <= said["usd_per_month"]
    assert any("in 90% of cases" in note for note in said["notes"])


def shape(count: int = 3000) -> volumes.Shape:
    traffic = a_day(count)
    usd = traffic.prompt_tokens * 1e-6 + traffic.output_tokens * 5e-6
    return volumes.Shape(traffic, usd, usd * 0.7)


@pytest.fixture(scope="module")
def shaped() -> volumes.Shape:
    return shape()


@pytest.fixture(scope="module")
def found() -> volumes.BreakEven:
    return volumes.find(shape(), G4DN, KNOWN, CALIBRATED, [1e6, 2e7])


def test_break_even_is_where_the_lines_cross(found: volumes.BreakEven) -> None:
    assert found.points[0].cheapest == volumes.CACHED
    assert found.points[-1].cheapest == volumes.HOSTED
    assert found.beats_api_from is not None
    assert found.beats_cached_from is not None
    assert 1e6 < found.beats_api_from < found.beats_cached_from < 2e7
    assert found.beats_all_from == found.beats_cached_from, "nobody sells the model"
    # one machine's month over the API's dollars a token
    traffic = shape()
    per_token = traffic.api_usd.sum() / (traffic.traffic.prompt_tokens + traffic.traffic.output_tokens).sum()
    assert found.beats_api_from == pytest.approx(384 / (730 / 24) / per_token, rel=0.06)


def test_a_managed_api_is_what_self_hosting_has_to_beat() -> None:
    """At a tenth of the API's price it never does here; at nine tenths it does, later than it beats the API."""
    plain = shape()
    cheap = volumes.find(replace(plain, managed_usd=plain.api_usd / 10), G4DN, KNOWN, CALIBRATED, [1e6, 2e7])
    assert [point.cheapest for point in cheap.points] == [volumes.MANAGED] * 2
    assert cheap.beats_all_from is None
    costlier = volumes.find(replace(plain, cached_usd=plain.api_usd, managed_usd=plain.api_usd * 0.9), G4DN, KNOWN,
                        CALIBRATED, [1e6, 2e7])  # fmt: skip
    assert costlier.points[-1].cheapest == volumes.HOSTED
    assert costlier.points[-1].alternative == volumes.MANAGED
    assert costlier.beats_all_from is not None
    assert costlier.beats_api_from is not None
    assert costlier.beats_all_from > costlier.beats_api_from


def test_break_even_is_the_same_every_time() -> None:
    twice = [volumes.find(shape(), G4DN, KNOWN, CALIBRATED, [1e6]) for _ in range(2)]
    assert twice[0] == twice[1]


def test_break_even_costs_what_stays_on_the_api() -> None:
    options = replace(G4DN, max_context=800)
    found = volumes.find(shape(), options, KNOWN, CALIBRATED, [1e6])
    point = found.points[0]
    assert 0 < point.hosted_share < 1
    assert point.hosted_usd > 384
    assert found.beats_api_from is None


def test_what_requests_share_says_nothing_of_a_volume_that_is_drawn() -> None:
    """Each request has a text of its own, so that only one drawn twice could find anything."""
    plain = shape(300)
    texts = Prefixes(
        np.ones(300, np.int32), np.arange(300, dtype=np.int32), plain.traffic.prompt_tokens.astype(np.int32)
    )
    told = replace(plain, traffic=replace(plain.traffic, prefixes=texts))
    options = replace(G4DN, ranges=False)
    points = [volumes.find(one, options, KNOWN, CALIBRATED, [2e6]).points for one in (plain, told)]
    assert points[0] == points[1]


def test_the_articles_ranges_are_recomputed(found: volumes.BreakEven) -> None:
    ranges, advice, points = zip(*volumes.article(found.points), strict=True)
    assert ranges == ("up to 1M tokens a day", "1M to 10M", "above 10M")
    assert advice == (volumes.API, volumes.CACHED, volumes.HOSTED)
    assert points[2] == ["20M: self-hosted"]


def test_a_small_volume_is_judged_by_more_than_one_day() -> None:
    """One request in ten is too slow wherever it runs: a day of ten requests may hold none, a hundred days do not."""
    day = a_day(3000)
    mixed = replace(day, prompt_tokens=np.where(np.arange(3000) % 10 == 0, 25_000, 500))
    usd = np.full(3000, 0.001)

    def hosted(share: float, seed: int) -> float:
        options = replace(G4DN, target=Target(share=share))
        [point] = volumes.find(volumes.Shape(mixed, usd, usd), options, KNOWN, CALIBRATED, [3e4], seed).points
        return point.hosted_share

    for seed in range(8):
        assert 0.87 < hosted(0.85, seed) < 0.93
        assert 0.87 < hosted(0.95, seed) < 0.93


def test_break_even_needs_traffic_and_volumes() -> None:
    none = np.zeros(0, np.int64)
    nobody = volumes.Shape(Traffic(np.zeros(0), none, none), np.zeros(0), np.zeros(0))
    with pytest.raises(LlmcostError):
        volumes.find(nobody, G4DN, KNOWN, CALIBRATED)
    with pytest.raises(UsageError):
        volumes.find(shape(), G4DN, KNOWN, CALIBRATED, [2.0, 1.0])
