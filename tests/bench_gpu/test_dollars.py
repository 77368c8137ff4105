"""Dollars per million tokens, worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.bench_gpu.dollars import OwnLoad, Pricing, cost


def test_a_t4_as_published() -> None:
    """$0.526 an hour at 765 output tokens a second is $0.19 per million of them, at 45 it is $3.25."""
    pricing = Pricing(0.526, "g4dn.xlarge")
    assert round(cost(pricing, 1000.0, 765.0)["output_usd_mtok"], 2) == 0.19
    assert round(cost(pricing, 1000.0, 45.0)["output_usd_mtok"], 2) == 3.25


def test_the_three_ways_to_look_at_one_bill() -> None:
    result = cost(Pricing(3.6), input_per_s=300.0, output_per_s=100.0)
    assert result["input_usd_mtok"] == pytest.approx(0.001 / 300 * 1e6)
    assert result["output_usd_mtok"] == pytest.approx(0.001 / 100 * 1e6)
    assert result["total_usd_mtok"] == pytest.approx(0.001 / 400 * 1e6)


def test_at_the_users_own_load_the_machine_stands_there_all_day() -> None:
    result = cost(Pricing(1.0, own=OwnLoad(8e6, 2e6)), input_per_s=1000.0, output_per_s=1000.0)
    assert result["own_machines"] == 1
    assert result["own_total_usd_mtok"] == pytest.approx(24 / 10)
    assert result["own_output_usd_mtok"] == pytest.approx(24 / 2)


def test_a_load_that_one_machine_cannot_do_takes_more() -> None:
    by_input = cost(Pricing(1.0, own=OwnLoad(86400 * 250, 1)), input_per_s=100.0, output_per_s=100.0)
    by_output = cost(Pricing(1.0, own=OwnLoad(1, 86400 * 200)), input_per_s=100.0, output_per_s=100.0)
    assert (by_input["own_machines"], by_output["own_machines"]) == (3, 2)
    assert by_input["own_input_usd_mtok"] == pytest.approx(3 * 24 / 21.6)


@pytest.mark.parametrize(
    ("pricing", "output"), [(Pricing(), 5.0), (Pricing(1.0), 0.0), (Pricing(1.0), None), (Pricing(None, "x"), 5.0)]
)
def test_without_a_price_or_a_rate_there_is_no_cost(pricing: Pricing, output: float | None) -> None:
    result = cost(pricing, 5.0, output)
    assert "output_usd_mtok" not in result
    assert result["instance"] == pricing.instance


def test_no_tokens_of_a_kind_have_no_price() -> None:
    result = cost(Pricing(1.0, own=OwnLoad(0, 1e6)), 5.0, 5.0)
    assert result["own_input_usd_mtok"] is None


@given(st.floats(0.01, 100), st.floats(1, 1e5), st.floats(1, 1e5), st.floats(1e3, 1e10), st.floats(1e3, 1e10))
def test_own_load_never_costs_less_than_full_load(
    usd: float, input_per_s: float, output_per_s: float, a: float, b: float
) -> None:
    """Per token of the kind that decides the number of machines."""
    result = cost(Pricing(usd, own=OwnLoad(a, b)), input_per_s, output_per_s)
    kind = "input" if a / input_per_s > b / output_per_s else "output"
    assert result[f"own_{kind}_usd_mtok"] >= result[f"{kind}_usd_mtok"] * (1 - 1e-9)
