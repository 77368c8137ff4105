"""The days on which an entry of `llmcost.toml` holds."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from llmcost.errors import LlmcostError


def validity(where: str, given: Mapping[str, Any]) -> dict[str, date]:
    """`valid_from` and `valid_to`, those that are given. Raises LlmcostError for no date, or an empty stretch."""
    dates: dict[str, date] = {}
    for word in ("valid_from", "valid_to"):
        if word in given:
            day = _day(given[word])
            if day is None:
                raise LlmcostError(f"{where}: {word} is not a date: {given[word]}",
                                   hint=f"write it like {word} = 2026-03-01")  # fmt: skip
            dates[word] = day
    if len(dates) == 2 and dates["valid_from"] >= dates["valid_to"]:
        raise LlmcostError(
            f"{where}: valid_to is not after valid_from",
            hint="valid_to is the first day that the entry no longer holds",
        )
    return dates


def _day(value: Any) -> date | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
