"""The price table for a reader: what holds when and why, and what has no price."""

from collections.abc import Iterable
from datetime import date

from llmcost.prices.bands import EARLIEST, MINUTES, PRICES, SERVICE_TIERS, WEEKDAYS, Row
from llmcost.prices.names import nearest
from llmcost.prices.overrides import Overrides

_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_TIERS = list(SERVICE_TIERS)


def listed(prices: Iterable[Row], on: date | None = None) -> list[Row]:
    """Rows of the table `prices` as they are shown: those valid on a day, or all.

    `valid_from` and `valid_to` (the first day no longer) are null where a price has no beginning or no end, `weekdays`
    and `hours_utc` are null where it holds on all of them, `region` is null where none is asked for, `prompt_min` and
    `prompt_max` are the context tier in tokens.
    """
    shown = [row for row in prices if on is None or _holds(row, on)]
    shown.sort(key=lambda row: (row["provider"] or "", row["model"], row["region"], _place(row["service_tier"]),
                                row["valid_from"], row["weekday_from"], row["minute_from"],
                                row["prompt_min"]))  # fmt: skip
    return [
        {
            "provider": row["provider"],
            "model": row["model"],
            "service_tier": row["service_tier"],
            "region": row["region"] or None,
            **_days(row["valid_from"], row["valid_to"]),
            "weekdays": _weekdays(row["weekday_from"], row["weekday_to"]),
            "hours_utc": _hours(row["minute_from"], row["minute_to"]),
            "prompt_min": row["prompt_min"],
            "prompt_max": row["prompt_max"],
            **{column: row[column] for column in PRICES},
            "tools_usd": dict(row["tools_usd"]),
            "source": row["source"],
        }
        for row in shown
    ]


def unpriced(names: Iterable[Row], prices: Iterable[Row]) -> list[Row]:
    """Those of the rows of the table `models` that have no price, each with the ids spelled most like it."""
    known = {(row["provider"], row["model"]) for row in prices}
    missing = ((row["provider_logged"], row["model_logged"]) for row in names
               if (row["provider"], row["model"]) not in known)  # fmt: skip
    return [
        {"provider": provider, "model": model, "nearest": nearest(model)} for provider, model in dict.fromkeys(missing)
    ]


def named(overrides: Overrides, on: date | None = None) -> list[Row]:
    """What the names of `llmcost.toml` stand for, on a day or on all."""
    return [
        {"name": alias.name, "model": alias.model, **_days(alias.valid_from, alias.valid_to)}
        for entries in overrides.aliases.values()
        for alias in entries
        if on is None or _holds({"valid_from": alias.valid_from, "valid_to": alias.valid_to}, on)
    ]


def _days(valid_from: date, valid_to: date | None) -> Row:
    return {"valid_from": None if valid_from == EARLIEST else valid_from, "valid_to": valid_to}


def _holds(row: Row, day: date) -> bool:
    return bool(row["valid_from"] <= day and (row["valid_to"] is None or day < row["valid_to"]))


def _place(tier: str) -> tuple[int, str]:
    return (_TIERS.index(tier) if tier in _TIERS else len(_TIERS), tier)


def _weekdays(first: int, end: int) -> str | None:
    return None if (first, end) == (1, WEEKDAYS + 1) else f"{_NAMES[first - 1]}–{_NAMES[end - 2]}"


def _hours(minute_from: int, minute_to: int) -> str | None:
    if (minute_from, minute_to) == (0, MINUTES):
        return None
    return "–".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (minute_from, minute_to))
