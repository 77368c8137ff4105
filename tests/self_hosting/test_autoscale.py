"""As many machines as each hour needs: what is paid, who is served, and what it cannot be joined with."""

from dataclasses import replace

import numpy as np
import pytest

from llmcost.errors import UsageError
from llmcost.self_hosting import autoscale, calibrations, catalogue, volumes
from llmcost.self_hosting.hosting import Schedule, Span
from llmcost.self_hosting.plan import Options, Plan, make
from llmcost.self_hosting.replay import Traffic

KNOWN = catalogue.load()
CALIBRATED = calibrations.load()
MONDAY = 1_795_996_800.0
HOUR = 3600.0
G4DN = Options(KNOWN.instance("g4dn.xlarge"), "mistral-7b", "awq", schedule=Schedule("autoscale", cold_start_s=300.0))


def peaked(quiet: int, busy: int) -> Traffic:
    """A day from 8 o'clock on: nobody until 9, a few an hour until 12, many from 12 to 13, a few until 15."""
    random = np.random.default_rng(0)
    at_s = [MONDAY + 8 * HOUR]
    for hour in range(9, 15):
        at_s += list(MONDAY + HOUR * (hour + np.sort(random.uniform(0, 1, busy if hour == 12 else quiet))))
    at_s.append(MONDAY + 15 * HOUR - 1e-3)
    return Traffic(np.array(at_s), np.full(len(at_s), 800), np.full(len(at_s), 200))


def plan(traffic: Traffic, options: Options) -> Plan:
    return make(traffic, options, KNOWN, CALIBRATED)


def test_each_hour_pays_its_machines_and_each_start_is_paid() -> None:
    """Two machines in the busy hour and one in the others: 7 + 1 hours, and two starts of five minutes."""
    hourly = autoscale.Hourly(MONDAY, np.array([1, 1, 2, 0, 1]))
    span = Span(MONDAY, MONDAY + 4.5 * HOUR)
    on = hourly.running(np.zeros(1), span, 300.0, spare=0)
    assert hourly.most == 2
    assert 2 * on.hours == pytest.approx(1 + 1 + 2 + 0 + 0.5 + 3 * 300 / 3600), "the last hour is half a one"
    assert on.share == pytest.approx(on.hours / 4.5)
    with_one = hourly.running(np.zeros(1), span, 300.0, spare=1)
    assert 3 * with_one.hours == pytest.approx(2 * on.hours + 4.5)


def test_it_costs_less_than_the_busiest_hours_machines_all_the_time() -> None:
    traffic = peaked(20, 9000)
    always, scaled = (plan(traffic, replace(G4DN, schedule=Schedule(hours))) for hours in ("always", "autoscale"))
    assert scaled.machines >= always.machines > 1
    assert scaled.served.all()
    assert scaled.late <= 0.05 * len(traffic)
    most = scaled.machines
    paid = most * scaled.hours
    assert paid == pytest.approx(6 + most + most * 294 / 3600, abs=0.01), (
        "starts: one in the first hour, the rest at 12"
    )
    assert scaled.bill_usd == pytest.approx(0.526 * paid)
    assert np.nansum(scaled.cost_usd) == pytest.approx(scaled.bill_usd)
    assert scaled.usd_per_month == pytest.approx(0.526 * paid * 730 / 7, rel=1e-4)
    assert scaled.bill_usd < always.bill_usd


def test_an_hour_without_anybody_needs_no_machine() -> None:
    traffic = Traffic(MONDAY + HOUR * np.array([0.5, 3.5]), np.full(2, 100), np.full(2, 10))
    made = plan(traffic, G4DN)
    assert made.machines == 1
    assert made.hours == pytest.approx(0.5 + 0.5 + 2 * 300 / 3600)


def test_a_committed_machine_is_paid_in_the_hours_without_it_too() -> None:
    traffic = peaked(20, 2500)
    owned = plan(traffic, replace(G4DN, price="own", usd_per_hour=1.0))
    assert owned.bill_usd == pytest.approx(owned.machines * 7.0, rel=1e-4)


def test_a_volume_pays_its_reserve_all_the_time() -> None:
    traffic = peaked(300, 300)
    usd = np.full(len(traffic), 0.001)
    shape = volumes.Shape(traffic, usd, usd)
    [plain], [spare] = (
        volumes.find(shape, replace(G4DN, spare=count), KNOWN, CALIBRATED, [5e6]).points for count in (0, 1)
    )
    assert spare.hosted_usd == pytest.approx(plain.hosted_usd + 0.526 * 730)
    assert spare.machines == plain.machines + 1


@pytest.mark.parametrize("given", [{"machines": 2}, {"interruptions_per_month": 1.0}])
def test_what_does_not_go_with_it_is_refused(given: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="finds the number of machines of each hour"):
        plan(peaked(5, 5), replace(G4DN, **given))  # type: ignore[arg-type]
    nothing = plan(peaked(5, 5), replace(G4DN, machines=0))
    assert (nothing.machines, nothing.bill_usd) == (0, 0)
