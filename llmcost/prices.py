"""The price table: every price of a model, expanded once from the package genai-prices.

`calc_price` of that package takes about 0.1 ms a call. Here each model's prices are
evaluated at every point where they change (dates, hours, context tiers, service
tiers) and laid down as rows of disjoint bands, which SQL joins.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.metadata import version
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, Provider

Row = dict[str, Any]

SERVICE_TIERS: dict[str, dict[str, str]] = {
    "standard": {},
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
    "fast": {"speed": "fast", "service_tier": "fast"},
}
"""What a request of each tier is called in the price package's contexts."""

BATCH_PRICES_SINCE = date(2026, 10, 14)
"""The package's batch prices begin here. Before, the discount was the same half price."""

BATCH_DISCOUNT = 0.5
"""Anthropic, OpenAI and Google: input, output and cache tokens at half price."""

_BATCH_PROVIDERS = ("anthropic", "openai", "google")

_EARLIEST = date(1970, 1, 1)

_ALIASES = {
    "gemini": "google",
    "vertex_ai": "google",
    "google_ai_studio": "google",
    "bedrock": "aws",
    "bedrock_converse": "aws",
    "amazon": "aws",
    "fireworks_ai": "fireworks",
    "together_ai": "together",
    "xai": "x-ai",
    "azure_ai": "azure",
    "azure_openai": "azure",
    "cohere_chat": "cohere",
    "text-completion-openai": "openai",
    "mistralai": "mistral",
}
"""Provider names of gateways that the package calls otherwise."""

_LOCAL = {
    "ollama", "ollama_chat", "lm_studio", "lmstudio", "local", "vllm", "hosted_vllm", "llamafile", "llamacpp",
    "llama.cpp", "xinference", "docker_model_runner",
}  # fmt: skip
"""Servers of one's own: a hosted model of the same name says nothing about what they cost."""

_BUCKETS = {
    "input_usd_mtok": ("input_mtok",),
    "cache_read_usd_mtok": ("cache_read_mtok", "input_mtok"),
    "cache_write_5m_usd_mtok": ("cache_write_5m_mtok", "cache_write_mtok", "input_mtok"),
    "cache_write_1h_usd_mtok": ("cache_write_1h_mtok", "cache_write_mtok", "input_mtok"),
    "output_usd_mtok": ("output_mtok",),
    "reasoning_usd_mtok": ("output_reasoning_mtok", "output_mtok"),
}
"""Each bucket's price: the first of these that the model has, as the package counts tokens without one of their own."""


def expand(met: Iterable[tuple[str | None, str]]) -> tuple[list[Row], list[Row]]:
    """Rows of the tables `models` and `prices` for (provider, model) pairs as logs name them.

    A model that the package does not know keeps its names and has no prices.
    """
    names: list[Row] = []
    prices: dict[tuple[str, str], list[Row]] = {}
    for provider_logged, model_logged in met:
        found = _find(provider_logged, model_logged)
        if found is None:
            provider_id, model_id = provider_logged, model_logged
        else:
            provider, model = found
            provider_id, model_id = provider.id, model.id
            if (provider.id, model.id) not in prices:
                prices[provider.id, model.id] = list(_bands(provider, model))
        names.append({"provider_logged": provider_logged, "model_logged": model_logged,
                      "provider": provider_id, "model": model_id})  # fmt: skip
    return names, [row for rows in prices.values() for row in rows]


def nearest(name: str, count: int = 3) -> list[str]:
    """The ids in the price table that are spelled most like this name."""
    from difflib import get_close_matches

    return get_close_matches(name.rpartition("/")[2].lower(), _ids(), n=count, cutoff=0.6)


def nearest_hint(name: str) -> str:
    """What to do about a model that has no price."""
    near = nearest(name)
    return f"did you mean {' or '.join(near)}?" if near else "give a model id of the price table, like claude-haiku-4-5"


def source() -> str:
    """The price table's name and version."""
    return f"genai-prices {version('genai-prices')}"


@cache
def _providers() -> "dict[str, Provider]":
    from genai_prices.data_snapshot import get_snapshot

    return {provider.id: provider for provider in get_snapshot().providers}


@cache
def _ids() -> list[str]:
    return sorted({model.id for provider in _providers().values() for model in provider.models})


def _find(provider_logged: str | None, model_logged: str) -> "tuple[Provider, ModelInfo] | None":
    """The package's provider and model; None for one it does not know or that runs on one's own servers."""
    hint = provider_logged.lower() if provider_logged else None
    if hint in _LOCAL:
        return None
    for provider_id, name in _spellings(hint, model_logged):
        if provider_id in _LOCAL:
            return None
        found = _lookup(provider_id, name)
        if found is not None:
            return found
    return None


def _spellings(hint: str | None, model: str) -> Iterator[tuple[str | None, str]]:
    """Ways to read the two names, the most literal first; a provider of None lets the model's name decide."""
    name = model.strip()
    if name.startswith("arn:"):
        name = name.rpartition("/")[2]
        hint = hint or "aws"
    yield hint, name
    prefix, slash, rest = name.partition("/")
    if slash:
        yield prefix.lower(), rest
        yield hint, rest
        yield prefix.lower(), rest.rpartition("/")[2]
    without_variant = re.sub(r":(free|beta|nitro|floor|online)$", "", rest if slash else name)
    # Bedrock: a region before the name, a version behind it
    bare = re.sub(r"^(us|eu|apac|global|us-gov|jp|au)\.", "", without_variant)
    bare = re.sub(r"-v\d+(:\d+)?$", "", re.sub(r"^[a-z]+\.(?=[a-z])", "", bare))
    if hint in ("aws", "bedrock") or _ALIASES.get(hint or "") == "aws":
        yield "aws", bare
    yield None, name
    yield None, bare.rpartition("/")[2]


def _lookup(provider_id: str | None, name: str) -> "tuple[Provider, ModelInfo] | None":
    from genai_prices.data_snapshot import get_snapshot

    wanted = _ALIASES.get(provider_id, provider_id) if provider_id else None
    try:
        found_provider, model = get_snapshot().find_provider_model(name, None, wanted, None)
    except LookupError:
        return None
    if all(model is not own for own in found_provider.models):
        # a fallback: the price is that of the model's maker
        found_provider = next(p for p in _providers().values() if any(own is model for own in p.models))
    return found_provider, model


def _bands(provider: "Provider", model: "ModelInfo") -> Iterator[Row]:
    """The model's prices as disjoint bands of tier, days, minutes of the day and prompt length."""
    days, minutes = _changes(model)
    for tier, context in SERVICE_TIERS.items():
        for first, last in pairwise([*days, None]):
            assert first is not None
            for minute_from, minute_to in pairwise([*minutes, 24 * 60]):
                moment = datetime.combine(first, time(), tzinfo=UTC) + timedelta(minutes=minute_from)
                own = any(context.items() >= variant.when.items() for variant in model.price_variants or ())
                halved = tier == "batch" and provider.id in _BATCH_PROVIDERS and first < BATCH_PRICES_SINCE
                price = model.get_prices(moment, None if halved else context)
                for prompt_min, prompt_max, rates in _tiers(price):
                    yield {
                        "provider": provider.id,
                        "model": model.id,
                        "service_tier": tier,
                        "valid_from": first,
                        "valid_to": last,
                        "minute_from": minute_from,
                        "minute_to": minute_to,
                        "prompt_min": prompt_min,
                        "prompt_max": prompt_max,
                        **(_halved(rates) if halved else rates),
                        "source": _source(tier, own=own, halved=halved),
                    }


def _changes(model: "ModelInfo") -> tuple[list[date], list[int]]:
    """The days on which a price of the model begins, and the minutes of the day at which one does."""
    from genai_prices.types import ModelPrice, StartDateConstraint, TimeOfDateConstraint

    days = {_EARLIEST, BATCH_PRICES_SINCE}
    minutes = {0}
    priced = [] if isinstance(model.prices, ModelPrice) else model.prices
    for constraint in [item.constraint for item in [*priced, *(model.price_variants or ())]]:
        if isinstance(constraint, StartDateConstraint):
            days.add(constraint.start_date)
        elif isinstance(constraint, TimeOfDateConstraint):
            minutes |= {_minute(constraint.start_time), _minute(constraint.end_time)}
    return sorted(days), sorted(minutes - {24 * 60})


def _minute(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _tiers(price: "ModelPrice") -> Iterator[tuple[int, int | None, Row]]:
    """The price's context tiers: from and to how many prompt tokens, and the rates there."""
    from genai_prices.types import TieredPrices

    if price.input_mtok is None and price.output_mtok is None:
        return
    starts = {
        tier.start + 1 for value in vars(price).values() if isinstance(value, TieredPrices) for tier in value.tiers
    }
    for start, end in pairwise([0, *sorted(starts), None]):
        assert start is not None
        rates = {column: _rate(price, keys, start) for column, keys in _BUCKETS.items()}
        rates["web_search_usd"] = _rate(price, ("web_searches_kcount",), start) / 1000
        rates["request_usd"] = _rate(price, ("requests_kcount",), start) / 1000
        yield start, None if end is None else end - 1, rates


def _rate(price: "ModelPrice", keys: tuple[str, ...], prompt_tokens: int) -> float:
    """The first of these prices that there is, at this prompt length; 0 where there is none, as the package has it."""
    from genai_prices.types import TieredPrices

    value = next((found for key in keys if (found := getattr(price, key)) is not None), None)
    if value is None:
        return 0.0
    if isinstance(value, TieredPrices):
        reached = [tier.price for tier in value.tiers if prompt_tokens > tier.start]
        return float(reached[-1] if reached else value.base)
    return float(value)


def _halved(rates: Row) -> Row:
    return {key: rate * BATCH_DISCOUNT if key.endswith("_usd_mtok") else rate for key, rate in rates.items()}


def _source(tier: str, *, own: bool, halved: bool) -> str:
    if halved:
        return f"{source()}, at the providers' batch discount of 50 % (the package has batch prices from 2026-10-14)"
    if tier != "standard" and not own:
        return f"{source()}, standard price (it has none of its own for {tier})"
    return source()
