"""A model's prices as rows of disjoint bands: service tier, days, minutes of the day, prompt length.

The package answers for one moment. It is asked once for every stretch in which its answer
cannot change, and stretches with the same answer are joined.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.metadata import version
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from llmcost.prices.names import Found

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice

Row = dict[str, Any]

SERVICE_TIERS: dict[str, dict[str, str]] = {
    "standard": {},
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
    "fast": {"service_tier": "fast", "speed": "fast"},
}
"""What a request of each tier is called in the contexts of the package's prices."""

BATCH_PRICES_SINCE = date(2026, 10, 14)
"""From this day on the package has batch prices. Before, it gives the full price."""

BATCH_SHARE = 0.5
"""Of the full price, for input, output and cache tokens, in the batch APIs of these providers, before that day too:
docs.claude.com/en/docs/build-with-claude/batch-processing, platform.openai.com/docs/guides/batch,
ai.google.dev/gemini-api/docs/batch-api."""
_BATCH_PROVIDERS = {"anthropic", "openai", "google"}

EARLIEST = date(1970, 1, 1)
"""A price that begins here was never dated: it holds since ever."""

MINUTES = 24 * 60

BUCKETS = {
    "input_usd_mtok": ("input_mtok",),
    "cache_read_usd_mtok": ("cache_read_mtok", "input_mtok"),
    "cache_write_5m_usd_mtok": ("cache_write_5m_mtok", "cache_write_mtok", "input_mtok"),
    "cache_write_1h_usd_mtok": ("cache_write_1h_mtok", "cache_write_mtok", "input_mtok"),
    "output_usd_mtok": ("output_mtok",),
    "reasoning_usd_mtok": ("output_reasoning_mtok", "output_mtok"),
}
"""Each bucket's price, US dollars per million tokens: the first of these that the model has, for the package counts
tokens without a price of their own among those that contain them."""

_PER_THOUSAND = {"web_search_usd": "web_searches_kcount", "request_usd": "requests_kcount"}

PRICES = (*BUCKETS, *_PER_THOUSAND)
"""The columns of a row that are prices."""


class _Stretch(NamedTuple):
    """What a price is from a prompt length and a minute of the day on."""

    minute_from: int
    minute_to: int
    lengths: list[tuple[int, int | None, Row]]  # prompt_min, prompt_max, prices
    source: str


def bands(found: Found) -> Iterator[Row]:
    """The rows of the table `prices` for one model; none where the package prices no tokens of it."""
    days, minutes = _changes(found.model)
    if found.provider.id in _BATCH_PROVIDERS:
        days = sorted({*days, BATCH_PRICES_SINCE})
    for tier in SERVICE_TIERS:
        schedules: list[tuple[date, list[_Stretch]]] = []
        for day in days:
            schedule = _schedule(found, tier, day, minutes)
            if not schedules or schedule != schedules[-1][1]:
                schedules.append((day, schedule))
        ends = [day for day, _ in schedules[1:]]
        for (first, schedule), end in zip(schedules, [*ends, None], strict=True):
            for stretch in schedule:
                for prompt_min, prompt_max, prices in stretch.lengths:
                    yield {
                        "provider": found.provider.id,
                        "model": found.model.id,
                        "service_tier": tier,
                        "valid_from": first,
                        "valid_to": end,
                        "minute_from": stretch.minute_from,
                        "minute_to": stretch.minute_to,
                        "prompt_min": prompt_min,
                        "prompt_max": prompt_max,
                        **prices,
                        "source": stretch.source,
                    }


def blank(provider: str | None, model: str) -> list[Row]:
    """The rows of a model without list prices, every price null: what overrides are laid over."""
    band = {"valid_from": EARLIEST, "valid_to": None, "minute_from": 0, "minute_to": MINUTES,
            "prompt_min": 0, "prompt_max": None}  # fmt: skip
    return [
        {"provider": provider, "model": model, "service_tier": tier, **band, **dict.fromkeys(PRICES), "source": ""}
        for tier in SERVICE_TIERS
    ]


@cache
def table_version() -> str:
    """The price table's name and version."""
    return f"genai-prices {version('genai-prices')}"


def _changes(model: "ModelInfo") -> tuple[list[date], list[int]]:
    """The days from which, and the minutes of the UTC day at which, a price of the model may be another."""
    from genai_prices.types import ModelPrice, StartDateConstraint, TimeOfDateConstraint

    days, minutes = {EARLIEST}, {0}
    dated = [] if isinstance(model.prices, ModelPrice) else model.prices
    for constraint in [item.constraint for item in [*dated, *(model.price_variants or ())]]:
        if isinstance(constraint, StartDateConstraint):
            days.add(constraint.start_date)
        elif isinstance(constraint, TimeOfDateConstraint):
            minutes |= {_minute(constraint.start_time), _minute(constraint.end_time)}
    return sorted(days), sorted(minutes)


def _minute(moment: time) -> int:
    at = datetime.combine(EARLIEST, moment, moment.tzinfo or UTC).astimezone(UTC)
    return at.hour * 60 + at.minute


def _schedule(found: Found, tier: str, day: date, minutes: list[int]) -> list[_Stretch]:
    """The prices of one day."""
    schedule: list[_Stretch] = []
    for minute_from, minute_to in pairwise([*minutes, MINUTES]):
        moment = datetime.combine(day, time(), tzinfo=UTC) + timedelta(minutes=minute_from)
        price, share, source = _price(found, tier, moment)
        stretch = _Stretch(minute_from, minute_to, list(_lengths(price, share)), source)
        if schedule and schedule[-1][2:] == stretch[2:]:
            schedule[-1] = schedule[-1]._replace(minute_to=minute_to)
        else:
            schedule.append(stretch)
    return schedule


def _price(found: Found, tier: str, moment: datetime) -> tuple["ModelPrice", float, str]:
    """The price at a moment, the share of it to pay for tokens, and where both come from."""
    standard = found.model.get_prices(moment)
    if found.maker is None:
        return standard, 1, "OpenRouter's :free models cost nothing"
    its_own = found.maker is found.provider
    source = table_version() if its_own else f"{table_version()}, at the price of {found.maker.id}"
    if tier == "standard":
        return standard, 1, source
    # The package's tiers belong to the provider that lists them: who resells the model may have others.
    price = found.model.get_prices(moment, SERVICE_TIERS[tier]) if its_own else standard
    if price != standard:
        return price, 1, f"{source}, {tier}"
    if tier == "batch" and found.provider.id in _BATCH_PROVIDERS and moment.date() < BATCH_PRICES_SINCE:
        return standard, BATCH_SHARE, f"{source}, batch at 50 % as was the rule before {BATCH_PRICES_SINCE}"
    return standard, 1, f"{source}, standard (no price for {tier})"


def _lengths(price: "ModelPrice", share: float) -> Iterator[tuple[int, int | None, Row]]:
    """The price's context tiers: from and up to how many prompt tokens, and the prices there."""
    from genai_prices.types import TieredPrices

    values = {key: value for key, value in vars(price).items() if value is not None}
    known = {*_PER_THOUSAND.values(), *(key for keys in BUCKETS.values() for key in keys)}
    if values and not known & values.keys():  # by the hour, the page or the character: nothing that a log counts
        return
    starts = {tier.start for value in values.values() if isinstance(value, TieredPrices) for tier in value.tiers}
    for above, up_to in pairwise([-1, *sorted(starts), None]):
        assert above is not None
        prices = {column: share * _at(price, keys, above + 1) for column, keys in BUCKETS.items()}
        prices |= {column: _at(price, (key,), above + 1) / 1000 for column, key in _PER_THOUSAND.items()}
        yield above + 1, up_to, prices


def _at(price: "ModelPrice", keys: tuple[str, ...], prompt_tokens: int) -> float:
    """The first of these prices that there is, at this prompt length; 0 where there is none, as in the package."""
    from genai_prices.types import TieredPrices

    value = next((found for key in keys if (found := getattr(price, key)) is not None), None)
    if isinstance(value, TieredPrices):
        reached = [tier.price for tier in value.tiers if prompt_tokens > tier.start]
        value = reached[-1] if reached else value.base
    return float(value or 0)
