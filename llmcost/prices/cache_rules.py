"""The providers' rules of prompt caching for a reader: which one a model has, where it comes from, how old it is."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from llmcost.engine import facts, registry

Row = dict[str, Any]

STALE_DAYS = 90
"""Vendors change their rules every few months: one that was read longer ago is said to be old."""


def rules() -> Iterator[Row]:
    """Every rule, in the order in which they are tried: the user's own before the vendors'."""
    return facts.expanded(_document("prompt_caches", facts.own_file("prompt_caches")))


def rule_of(provider: str | None, model: str, day: date) -> Row:
    """The rule of a model, by the price table's names, on a day: the first that matches, as the replay has it."""
    return next(row for row in _matching(rules(), provider, model) if not row["marked"] and _holds(row, day))


def marked_rule_of(provider: str | None, model: str, day: date) -> Row | None:
    """The rule of the model's second cache, for requests that mark what is cached; None: it has none."""
    found = _matching(rules(), provider, model)
    return next((row for row in found if row["marked"] and _holds(row, day)), None)


def setting(provider: str | None, model: str, breakpoints: str) -> Row | None:
    """What to send so that a model's entries end there, a row of cache_settings.toml; None: nothing is to be set."""
    found = _matching(facts.expanded(_document("cache_settings")), provider, model)
    return next((row for row in found if row["breakpoints"] == breakpoints), None)


def is_stale(rule: Row, day: date) -> bool:
    """Whether the rule was read too long ago to be relied on."""
    return bool((day - rule["read_on"]).days > STALE_DAYS)


@cache
def _document(name: str, mine: Path | None = None) -> Mapping[str, Any]:
    return facts.document(registry.queries_dir() / "facts" / f"{name}.toml", mine)


def _matching(rows: Iterable[Row], provider: str | None, model: str) -> Iterator[Row]:
    name = model.lower().replace(".", "-")
    return (row for row in rows if re.search(row["hosts"], provider or "") and re.search(row["models"], name))


def _holds(rule: Row, day: date) -> bool:
    first, next_one = rule["valid_from"], rule["valid_to"]
    return (first is None or first <= day) and (next_one is None or next_one > day)
