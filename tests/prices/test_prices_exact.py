"""The query's cost is the price package's, to a billionth of a dollar, wherever the package's prices change."""

import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from genai_prices import Usage, calc_price
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, Provider, StartDateConstraint, TieredPrices, TimeOfDateConstraint

from llmcost.prices import table
from llmcost.prices.facts import facts
from llmcost.prices.names import find
from tests.pricing import Row, priced

CONTEXTS: dict[str, dict[str, str]] = {
    "standard": {},
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
    "fast": {"service_tier": "fast", "speed": "fast"},
}
CASES = 1500

Model = tuple[Provider, ModelInfo]


@cache
def all_models() -> list[Model]:
    return [(provider, model) for provider in get_snapshot().providers for model in provider.models]


@cache
def changing_models() -> list[Model]:
    """Models whose price depends on more than the model."""
    return [
        (provider, model)
        for provider, model in all_models()
        if model.price_variants or not isinstance(model.prices, ModelPrice) or thresholds(model)
    ]


@cache
def expanded() -> list[Row]:
    return table.expand((provider.id, model.id) for provider, model in all_models())[1]


def every_price(model: ModelInfo) -> list[ModelPrice]:
    dated = [model.prices] if isinstance(model.prices, ModelPrice) else [item.prices for item in model.prices]
    return [*dated, *(variant.prices for variant in model.price_variants or ())]


def constraints(model: ModelInfo) -> list[Any]:
    dated = [] if isinstance(model.prices, ModelPrice) else model.prices
    return [item.constraint for item in [*dated, *(model.price_variants or ())]]


def thresholds(model: ModelInfo) -> list[int]:
    values = [value for price in every_price(model) for value in vars(price).values()]
    return [tier.start for value in values if isinstance(value, TieredPrices) for tier in value.tiers]


def a_moment(draw: random.Random, model: ModelInfo) -> datetime:
    """Some second, at best one at which, or just before which, a price of the model changes."""
    day = date(2024, 1, 1) + timedelta(days=draw.randrange(1200))
    second = draw.randrange(86_400)
    edges = constraints(model)
    for constraint in draw.sample(edges, k=min(2, len(edges))) if draw.random() < 0.8 else ():
        if isinstance(constraint, StartDateConstraint):
            day, second = constraint.start_date - timedelta(days=draw.randrange(2)), draw.choice((0, 86_399, second))
        elif isinstance(constraint, TimeOfDateConstraint):
            edge = draw.choice((constraint.start_time, constraint.end_time))
            second = (edge.hour * 3600 + edge.minute * 60 + draw.choice((-1, 0, 1))) % 86_400
    return datetime.combine(day, time()) + timedelta(seconds=second)


def parts(draw: random.Random, total: int, count: int) -> list[int]:
    """A total in that many parts, many of them nothing."""
    cuts = sorted(draw.choice((0, total, draw.randint(0, total))) for _ in range(count - 1))
    return [last - first for first, last in zip([0, *cuts], [*cuts, total], strict=True)]


def a_case(draw: random.Random) -> tuple[Model, Row]:
    provider, model = draw.choice(changing_models() if draw.random() < 0.7 else all_models())
    starts = thresholds(model)
    prompt = draw.choice(starts) + draw.choice((-1, 0, 1)) if starts and draw.random() < 0.7 else draw.choice(
        (0, 1, draw.randint(0, 5_000), draw.randint(0, 1_200_000))
    )  # fmt: skip
    plain, read, write_5m, write_1h = parts(draw, max(prompt, 0), 4)
    output = draw.choice((0, 1, draw.randint(0, 200_000)))
    billed_as = find(provider.id, model.id)
    assert billed_as is not None
    tier = draw.choice(["standard"] * 5 + list(CONTEXTS))
    return (provider, model), {
        "provider": provider.id,
        "model": billed_as.model.id,
        "service_tier": "batch" if model.id.endswith(":batch") else tier,
        "ts": a_moment(draw, model),
        "input_tokens": plain,
        "cache_read_tokens": read,
        "cache_write_5m_tokens": write_5m,
        "cache_write_1h_tokens": write_1h,
        "output_tokens": output,
        "reasoning_tokens": draw.choice((None, 0, draw.randint(0, output))),
        "web_searches": draw.choice((0, 0, 3)),
    }


def usage(case: Row) -> Usage:
    writes = case["cache_write_5m_tokens"] + case["cache_write_1h_tokens"]
    return Usage(
        input_tokens=case["input_tokens"] + case["cache_read_tokens"] + writes,
        cache_read_tokens=case["cache_read_tokens"],
        cache_write_tokens=writes,
        cache_write_5m_tokens=case["cache_write_5m_tokens"],
        cache_write_1h_tokens=case["cache_write_1h_tokens"],
        output_tokens=case["output_tokens"],
        output_reasoning_tokens=case["reasoning_tokens"] or 0,
        web_searches=case["web_searches"],
    )


def package_says(provider: Provider, model: ModelInfo, case: Row, tier: str) -> Decimal:
    return model.calc_price(
        usage(case),
        provider,
        genai_request_timestamp=case["ts"].replace(tzinfo=UTC),
        price_context=CONTEXTS[tier],
    ).total_price


def is_corrected(provider: Provider, model: ModelInfo) -> bool:
    """Whether the facts change the package's standard price of the model."""
    return any(
        provider.id in entry.providers and entry.names(model.id) and (entry.prices or entry.multiplier or entry.shares)
        for entry in facts().entries
        if entry.service_tier is None and entry.region is None and not entry.new_model
    )


def has_price_of(model: ModelInfo, case: Row) -> bool:
    """Whether the package has a price of the case's own tier."""
    at = case["ts"].replace(tzinfo=UTC)
    return bool(model.get_prices(at, CONTEXTS[case["service_tier"]]) != model.get_prices(at))


def is_counted_in_tokens(model: ModelInfo) -> bool:
    keys = {key for price in every_price(model) for key, value in vars(price).items() if value is not None}
    return not keys or any(key.endswith(("_mtok", "requests_kcount", "web_searches_kcount")) for key in keys)


@pytest.mark.parametrize("seed", range(4))
def test_every_drawn_request_costs_what_the_package_says(seed: int) -> None:
    draw = random.Random(seed)
    models, cases = zip(*(a_case(draw) for _ in range(CASES)), strict=True)
    costs = [row["cost_usd"] for row in priced(cases, expanded())]
    assert len(costs) == CASES, "a request matched several prices, or was lost"
    compared = 0
    for (provider, model), case, cost in zip(models, cases, costs, strict=True):
        if not is_counted_in_tokens(model):
            assert cost is None, f"{provider.id}/{model.id} is not priced by the token: {case}"
            continue
        if is_corrected(provider, model):
            continue
        # where a tier is listed as a model, the package has its price as the standard one
        tier = "standard" if model.id.endswith(":batch") else case["service_tier"]
        if tier == "standard" or has_price_of(model, case):
            assert cost == pytest.approx(float(package_says(provider, model, case, tier)), rel=0, abs=1e-9), case
            compared += 1
    assert compared > CASES / 3


@pytest.mark.parametrize(
    ("provider", "model"),
    [("azure", "gpt-4o"), ("azure", "claude-sonnet-4-5"), ("azure", "o1"), ("google", "claude-opus-4-1"),
     ("anthropic", "claude-haiku-4-5-20251001"), ("groq", "openai/gpt-oss-120b"), ("openrouter", "openai/gpt-4o")],
)  # fmt: skip
def test_names_as_logged_cost_what_the_package_says_of_them(provider: str, model: str) -> None:
    case = a_case(random.Random(7))[1] | {"service_tier": "standard", "ts": datetime(2026, 11, 2, 9, 30)}
    case["web_searches"] = 0
    [named], found = table.expand([(provider, model)])
    [row] = priced([case | {"provider": named["provider"], "model": named["model"]}], found)
    said = calc_price(
        usage(case),
        model,
        provider_id=provider,
        genai_request_timestamp=case["ts"].replace(tzinfo=UTC),
    )
    assert row["provider"] == provider
    assert row["cost_usd"] == pytest.approx(float(said.total_price), rel=0, abs=1e-9)


def test_the_parts_add_up_to_the_cost() -> None:
    draw = random.Random(11)
    for row in priced([a_case(draw)[1] for _ in range(500)], expanded()):
        split = [row[f"{part}_cost_usd"] for part in ("input", "cache_read", "cache_write", "output", "fees")]
        if row["cost_usd"] is None:
            assert set(split) == {None}
            assert row["price_source"] is None
        else:
            assert sum(split) == pytest.approx(row["cost_usd"], rel=0, abs=1e-12)
            assert row["price_source"]
