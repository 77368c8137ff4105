"""Dated prices of machines: by region and kind, the one in force, and what is wrong with an entry."""

from datetime import date
from pathlib import Path

import pytest

from llmcost.errors import LlmcostError, UsageError
from llmcost.self_hosting import catalogue
from llmcost.self_hosting.machine_prices import LISTED, STALE_DAYS, Offer, in_force

KNOWN = catalogue.load()
TODAY = date(2026, 12, 1)


def usd(name: str, kind: str = "on-demand", region: str | None = None, on: date = TODAY) -> float:
    return KNOWN.price(KNOWN.instance(name), kind, region, on).usd_per_hour  # type: ignore[arg-type]


def test_every_price_shipped_says_whose_it_is() -> None:
    for name, offers in KNOWN.offers.items():
        assert offers, name
        for offer in offers:
            assert offer.source != "llmcost.toml", name
            assert all(0.1 < price < 200 for price in offer.usd_per_hour.values()), name
            assert offer.usd_per_hour.keys() <= LISTED.keys()
            demand = usd(name, region=offer.region)
            assert all(price < demand for kind, price in offer.usd_per_hour.items() if kind != "on-demand"), name


def test_the_newest_price_in_force_is_taken() -> None:
    """Lambda's H100: 3.78 as of 7 May 2026, 4.29 as of 25 September."""
    assert usd("lambda-h100-sxm", on=date(2026, 5, 7)) == 3.78
    assert usd("lambda-h100-sxm", on=date(2026, 9, 24)) == 3.78
    assert usd("lambda-h100-sxm", on=date(2026, 9, 25)) == 4.29
    with pytest.raises(LlmcostError, match="no on-demand price of lambda-h100-sxm is known for 2026-05-06") as refused:
        usd("lambda-h100-sxm", on=date(2026, 5, 6))
    assert "the first is of 2026-05-07" in (refused.value.hint or "")


def test_each_kind_has_its_own_newest_entry() -> None:
    offers = [
        Offer("x", {"on-demand": 2.0, "spot": 0.7}, "north", date(2026, 1, 1)),
        Offer("x", {"on-demand": 3.0}, "north", date(2026, 6, 1)),
        Offer("x", {"on-demand": 9.0}, "north"),
        Offer("x", {"on-demand": 4.0, "reserved-1y": 1.0}, "south", date(2026, 6, 1)),
    ]
    assert in_force(offers, "x", "on-demand", on=TODAY).usd_per_hour == 3.0
    assert in_force(offers, "x", "spot", on=TODAY).usd_per_hour == 0.7
    assert in_force(offers, "x", "on-demand", on=date(2025, 1, 1)).usd_per_hour == 9.0, "undated, where no other counts"
    assert in_force(offers, "x", "reserved-1y", "south", TODAY).region == "south"
    with pytest.raises(LlmcostError, match="no reserved-1y price is known for x in north") as refused:
        in_force(offers, "x", "reserved-1y", on=TODAY)
    assert "region=south" in (refused.value.hint or "")


def test_a_region_is_one_that_the_machine_has() -> None:
    assert usd("a3-ultragpu-8g", region="europe-west1") == pytest.approx(8 * 11.4934)
    assert (usd("g7e.2xlarge"), usd("g7e.2xlarge", region="eu-central-1")) == (3.36, 5.72)
    assert usd("a3-ultragpu-8g", "spot", "us-east4") == pytest.approx(8 * 5.6357)
    with pytest.raises(UsageError, match="g2-standard-4 has no price in us-central") as refused:
        usd("g2-standard-4", region="us-central")
    assert "us-central1" in (refused.value.hint or "")
    with pytest.raises(UsageError, match="modal-t4 has no price by region"):
        usd("modal-t4", region="us-east-1")


@pytest.mark.parametrize("kind", ["reserved", "own", "reserved-1y"])
def test_what_nobody_publishes_is_to_be_given(kind: str) -> None:
    with pytest.raises(LlmcostError, match=f"no {kind} price is known for g4dn.xlarge in us-east-1") as refused:
        usd("g4dn.xlarge", kind)
    assert "usd_per_hour=" in (refused.value.hint or "")


def test_an_old_price_and_one_without_a_date_say_so() -> None:
    g4dn, runpod = (KNOWN.instance(name) for name in ("g4dn.xlarge", "runpod-serverless-h100"))
    price = KNOWN.price(g4dn, "on-demand", on=TODAY)
    assert price.date
    assert price.caveats(TODAY) == ["price: $0.526 an hour, on-demand in us-east-1, AWS list price, Linux, 2026-11-24"]
    last, late = (date.fromordinal(price.date.toordinal() + STALE_DAYS + days) for days in (0, 1))
    assert "days old" not in price.caveats(last)[0]
    assert "of 2026-11-24, 91 days old: give what you would pay" in price.caveats(late)[0]
    assert KNOWN.price(runpod, "on-demand").caveats(TODAY)[0].endswith("date unknown")


def test_the_users_own_price_wins_in_its_region(tmp_path: Path) -> None:
    own = tmp_path / "llmcost.toml"
    own.write_text(
        '[[machine_prices]]\ninstance = "g4dn.xlarge"\nregion = "us-east-1"\none_year = 0.3\non_demand = 0.5\n'
        '[[machine_prices]]\ninstance = "g4dn.xlarge"\nregion = "eu-central-1"\non_demand = 0.658\ndate = 2026-11-30\n'
    )
    known = catalogue.load(own)
    g4dn = known.instance("g4dn.xlarge")
    assert known.price(g4dn, "on-demand").usd_per_hour == 0.5, "though the shipped one is dated"
    assert known.price(g4dn, "spot").usd_per_hour == 0.205
    assert known.price(g4dn, "reserved-1y").usd_per_hour == 0.3
    assert known.price(g4dn, "on-demand", "eu-central-1").usd_per_hour == 0.658


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("on_demand = -1", "on_demand is not a number of at least 0: -1"),
        ("on_demand = nan", "on_demand is not a number of at least 0"),
        ("spot = inf", "spot is not a number of at least 0"),
        ("spot = true", "spot is not a number of at least 0"),
        ('on_demand = "1"', "on_demand is not a number of at least 0"),
        ('on_demand = 1\ndate = "today"', "date is not a day: 'today'"),
        ("on_demand = 1\ndate = 2026-11-24T10:00:00", "date is not a day"),
        ("on_demand = 1\nregion = 3", "region is not text"),
        ("on_demand = 1\nhourly = 3", "has no hourly"),
        ("region = 'x'", "has no price"),
        ("instance = 'g4dn.xlarg'\non_demand = 1", "g4dn.xlarg, which is no instance"),
        ("instance = 3\non_demand = 1", "has no instance"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, text: str, message: str) -> None:
    own = tmp_path / "llmcost.toml"
    whole = text if "instance" in text else f'instance = "g4dn.xlarge"\n{text}'
    own.write_text(f"[[machine_prices]]\n{whole}\n")
    with pytest.raises(LlmcostError, match=message):
        catalogue.load(own)
