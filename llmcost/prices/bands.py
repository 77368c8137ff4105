"""A model's prices in the price package, as rows of disjoint boxes: days, weekdays, minutes of the day, prompt lengths.

The package answers for one moment. It is asked once for every stretch in which its answer
cannot change, and stretches with the same answer are joined.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.metadata import version
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from llmcost.prices.names import Found, fetched, of_tier

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice

Row = dict[str, Any]

SERVICE_TIERS: dict[str, dict[str, str]] = {
    "standard": {},
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
    "fast": {"service_tier": "fast", "speed": "fast"},
    "ultrafast": {"service_tier": "ultrafast", "speed": "ultrafast"},
}
"""What a request of each tier is called in the contexts of the package's prices."""

EARLIEST = date(1970, 1, 1)
"""A price that begins here was never dated: it has always held."""

MINUTES = 24 * 60
WEEKDAYS = 7

BUCKETS = {
    "input_usd_mtok": ("input_mtok",),
    "input_audio_usd_mtok": ("input_audio_mtok", "input_mtok"),
    "input_image_usd_mtok": ("input_image_mtok", "input_mtok"),
    "input_video_usd_mtok": ("input_video_mtok", "input_mtok"),
    "cache_read_usd_mtok": ("cache_read_mtok", "input_mtok"),
    "cache_read_audio_usd_mtok": ("cache_audio_read_mtok", "cache_read_mtok", "input_mtok"),
    "cache_read_image_usd_mtok": ("cache_image_read_mtok", "cache_read_mtok", "input_mtok"),
    "cache_read_marked_usd_mtok": ("cache_read_mtok", "input_mtok"),
    "cache_write_5m_usd_mtok": ("cache_write_5m_mtok", "cache_write_mtok", "input_mtok"),
    "cache_write_1h_usd_mtok": ("cache_write_1h_mtok", "cache_write_mtok", "input_mtok"),
    "output_usd_mtok": ("output_mtok",),
    "output_audio_usd_mtok": ("output_audio_mtok", "output_mtok"),
    "output_image_usd_mtok": ("output_image_mtok", "output_mtok"),
    "output_video_usd_mtok": ("output_video_mtok", "output_mtok"),
    "reasoning_usd_mtok": ("output_reasoning_mtok", "output_mtok"),
}
"""Each bucket's price, US dollars per million tokens: the first of these that the model has, for the package counts
tokens without their own price among those that contain them."""

_PER_THOUSAND = {"web_search_usd": "web_searches_kcount", "request_usd": "requests_kcount"}

PRICES = (*BUCKETS, *_PER_THOUSAND)
"""The columns of a row that are prices. `tools_usd`, fees by the name of a tool, is a further one."""

ANYTIME: Row = {
    "valid_from": EARLIEST, "valid_to": None, "weekday_from": 1, "weekday_to": WEEKDAYS + 1,
    "minute_from": 0, "minute_to": MINUTES, "prompt_min": 0, "prompt_max": None,
}  # fmt: skip
"""The box of a price that always holds."""


class _Stretch(NamedTuple):
    """What a price is from a prompt length and a minute of the day on."""

    minute_from: int
    minute_to: int
    lengths: list[tuple[int, int | None, Row]]  # prompt_min, prompt_max, prices


def bands(found: Found, tier: str = "standard") -> Iterator[Row]:
    """The package's prices of a model in one tier; none where it has no price of that tier, or prices no tokens."""
    listed = of_tier(found, tier)
    if listed is None or tier == "standard":
        yield from _bands(found, tier)
        return
    for row in _bands(found._replace(model=listed), "standard"):
        source = f"{table_version()}, {listed.id}"
        yield {**row, "model": found.model.id, "service_tier": tier, "source": source}


def _bands(found: Found, tier: str) -> Iterator[Row]:
    days, minutes = _changes(found.model)
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
                    "region": "",
                    **ANYTIME,
                    "valid_from": first,
                    "valid_to": end,
                    "minute_from": stretch.minute_from,
                    "minute_to": stretch.minute_to,
                    "prompt_min": prompt_min,
                    "prompt_max": prompt_max,
                    **prices,
                    "tools_usd": {},
                    "source": _source(found, tier),
                }


def blank(provider: str | None, model: str) -> Row:
    """The row of a model without list prices, every price null: what entries are laid over."""
    return {"provider": provider, "model": model, "service_tier": "standard", "region": "", **ANYTIME,
            **dict.fromkeys(PRICES), "tools_usd": {}, "source": ""}  # fmt: skip


@cache
def installed_version() -> str:
    """The price package and its version."""
    return f"genai-prices {version('genai-prices')}"


def table_version() -> str:
    """The price table's name and version; for data that was fetched later, the day it was fetched."""
    at = fetched()
    return installed_version() if at is None else f"genai-prices of {at:%Y-%m-%d}"


def _source(found: Found, tier: str) -> str:
    if found.maker is None:
        return "OpenRouter's :free models cost nothing"
    source = table_version()
    if found.maker is not found.provider:
        source = f"{source}, at the price of {found.maker.id}"
    return source if tier == "standard" else f"{source}, {tier}"


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
    """The prices of one day; no stretch where the tier has none."""
    schedule: list[_Stretch] = []
    for minute_from, minute_to in pairwise([*minutes, MINUTES]):
        price = _price(found, tier, datetime.combine(day, time(), tzinfo=UTC) + timedelta(minutes=minute_from))
        if price is None:
            continue
        stretch = _Stretch(minute_from, minute_to, list(_lengths(price)))
        if schedule and schedule[-1].minute_to == minute_from and schedule[-1].lengths == stretch.lengths:
            schedule[-1] = schedule[-1]._replace(minute_to=minute_to)
        else:
            schedule.append(stretch)
    return schedule


def _price(found: Found, tier: str, moment: datetime) -> "ModelPrice | None":
    """The price at a moment; None where the package has no price of the tier.

    The package's tiers belong to the provider that lists them: who resells the model may have others.
    """
    standard = found.model.get_prices(moment)
    if tier == "standard" or found.maker is None:
        return standard
    if found.maker is not found.provider:
        return None
    price = found.model.get_prices(moment, SERVICE_TIERS.get(tier, {"service_tier": tier}))
    return price if price != standard else None


def _lengths(price: "ModelPrice") -> Iterator[tuple[int, int | None, Row]]:
    """The price's context tiers: from and up to how many prompt tokens, and the prices there."""
    from genai_prices.types import TieredPrices

    values = {key: value for key, value in vars(price).items() if value is not None}
    known = {*_PER_THOUSAND.values(), *(key for keys in BUCKETS.values() for key in keys)}
    if values and not known & values.keys():  # by the hour, the page or the character: nothing that a log counts
        return
    starts = {tier.start for value in values.values() if isinstance(value, TieredPrices) for tier in value.tiers}
    for above, up_to in pairwise([-1, *sorted(starts), None]):
        assert above is not None
        prices = {column: _at(price, keys, above + 1) for column, keys in BUCKETS.items()}
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
