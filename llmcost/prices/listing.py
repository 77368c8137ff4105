"""The price table for a reader: what holds when and why, and what has no price."""

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from llmcost.prices.bands import EARLIEST, MINUTES, PRICES, SERVICE_TIERS, Row
from llmcost.prices.names import nearest
from llmcost.prices.overrides import Overrides

_Edge = TypeVar("_Edge", date, int)

_TIERS = list(SERVICE_TIERS)


def listed(prices: Iterable[Row], on: date | None = None) -> list[Row]:
    """Rows of the table `prices` as they are shown: those valid on a day, or all; none that repeats the standard tier.

    `valid_from` and `valid_to` (the first day no longer) are null where a price has no beginning or no end, `hours_utc`
    is null where it holds all day, `prompt_min` and `prompt_max` are the context tier in tokens.
    """
    rows = [row for row in prices if on is None or _holds(row, on)]
    standard: dict[tuple[str | None, str], list[Row]] = {}
    for row in rows:
        if row["service_tier"] == "standard":
            standard.setdefault((row["provider"], row["model"]), []).append(row)
    shown = [
        row
        for row in rows
        if row["service_tier"] == "standard"
        or not any(_repeats(row, other) for other in standard.get((row["provider"], row["model"]), ()))
    ]
    shown.sort(key=lambda row: (row["provider"] or "", row["model"], _TIERS.index(row["service_tier"]),
                                row["valid_from"], row["minute_from"], row["prompt_min"]))  # fmt: skip
    return [
        {
            "provider": row["provider"],
            "model": row["model"],
            "service_tier": row["service_tier"],
            **_days(row["valid_from"], row["valid_to"]),
            "hours_utc": _hours(row["minute_from"], row["minute_to"]),
            "prompt_min": row["prompt_min"],
            "prompt_max": row["prompt_max"],
            **{column: row[column] for column in PRICES},
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


def _repeats(row: Row, other: Row) -> bool:
    """Whether the other row gives the same prices, at least wherever and whenever this one does."""
    return (
        all(row[column] == other[column] for column in PRICES)
        and _covers((other["valid_from"], other["valid_to"]), (row["valid_from"], row["valid_to"]))
        and _covers((other["minute_from"], other["minute_to"]), (row["minute_from"], row["minute_to"]))
        and _covers((other["prompt_min"], other["prompt_max"]), (row["prompt_min"], row["prompt_max"]))
    )


def _covers(outer: tuple[_Edge, _Edge | None], inner: tuple[_Edge, _Edge | None]) -> bool:
    ends_late = outer[1] is None or (inner[1] is not None and inner[1] <= outer[1])
    return outer[0] <= inner[0] and ends_late


def _hours(minute_from: int, minute_to: int) -> str | None:
    if (minute_from, minute_to) == (0, MINUTES):
        return None
    return "–".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (minute_from, minute_to))
