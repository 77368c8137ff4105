"""Traffic that can wait fills hours in which the machines would be idle, and no other."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from llmcost.engine import store
from llmcost.errors import UsageError
from llmcost.self_hosting import calibrations, catalogue, summary
from llmcost.self_hosting.fleet import Target
from llmcost.self_hosting.hosting import Schedule
from llmcost.self_hosting.plan import HOSTED, NO_IDLE_HOUR, Options, Plan, make
from llmcost.self_hosting.replay import Traffic
from llmcost.self_hosting.traffic import _named

KNOWN = catalogue.load()
CALIBRATED = calibrations.load()
MONDAY = 4 * 86_400.0
G4DN = Options(KNOWN.instance("g4dn.xlarge"), "mistral-7b", "awq", target=Target())


def day(at_once: int, waiting: int) -> Traffic:
    """Requests that are answered at once, from 9 to 17 o'clock, and others that come at noon and can wait."""
    arrival_s = np.concatenate(
        [np.linspace(9 * 3600.0, 17 * 3600.0, at_once), 12 * 3600.0 + np.arange(waiting, dtype=np.float64) / 1000]
    )
    order = np.argsort(arrival_s, kind="stable")
    count = at_once + waiting
    can_wait = np.repeat([False, True], [at_once, waiting])[order]
    return Traffic(
        MONDAY + arrival_s[order],
        np.full(count, 800),
        np.full(count, 200),
        np.zeros(count, np.int64),
        can_wait=can_wait,
    )


def plan(traffic: Traffic, options: Options = G4DN) -> Plan:
    return make(traffic, options, KNOWN, CALIBRATED)


def test_it_costs_nothing_more_and_disturbs_nobody() -> None:
    traffic = day(2000, 20_000)
    alone, together = plan(replace(day(2000, 0), can_wait=None)), plan(traffic)
    assert together.waited == 20_000
    assert together.machines == alone.machines
    assert together.bill_usd == pytest.approx(alone.bill_usd)
    assert together.late <= 0.05 * 2000
    said = summary.of(together)
    assert said["requests_waited"] == 20_000
    assert said["total_usd_mtok_without_waiting"] == pytest.approx(summary.of(alone)["total_usd_mtok"])
    assert said["total_usd_mtok"] == pytest.approx(said["total_usd_mtok_without_waiting"] / 11)
    assert any("requests that can wait take idle hours" in note for note in said["notes"])


def test_each_is_answered_in_its_time() -> None:
    traffic = day(500, 5000)
    made = plan(traffic, replace(G4DN, wait_s=6 * 3600.0))
    can_wait = np.asarray(traffic.can_wait)
    waited = can_wait & (made.fate == HOSTED)
    assert waited.any()
    assert made.e2e_s[waited].max() < 6 * 3600.0 + 600
    assert np.nanmax(made.ttft_s[~can_wait]) < 60


def test_what_finds_no_room_in_time_stays_on_the_api() -> None:
    hour, week = (plan(day(2000, 200_000), replace(G4DN, machines=1, wait_s=hours * 3600.0)) for hours in (1, 168))
    assert (hour.fate == NO_IDLE_HOUR).sum() > (week.fate == NO_IDLE_HOUR).sum()
    assert week.waited > hour.waited
    none = plan(day(10, 10), replace(G4DN, wait_s=0.0))
    assert (none.waited, (none.fate == NO_IDLE_HOUR).sum()) == (0, 10)


def test_alone_it_takes_one_machine() -> None:
    made = plan(day(0, 100))
    assert (made.machines, made.waited) == (1, 100)


def test_machines_that_stop_have_no_idle_hours() -> None:
    with pytest.raises(UsageError, match="idle hours"):
        plan(day(10, 10), replace(G4DN, schedule=Schedule("office")))


@pytest.mark.parametrize("names", [None, (), ("night*",), ("a.b", "%"), ("*",), ("digest", "x")])
def test_features_are_named_as_in_sql(names: tuple[str, ...] | None) -> None:
    features = pa.chunked_array([["nightly", "a.b", "axb", None, "%", "digest", "my digest", "night\n2"]], pa.string())
    with store.in_memory() as opened, opened.relation("them", pa.table({"feature": features})):
        expected = opened.rows(
            "select is_named(feature, $names) as it from them", {"names": None if names is None else list(names)}
        )
    assert _named(features, names).tolist() == [row["it"] for row in expected]
