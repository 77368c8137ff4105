"""The providers' rules of prompt caching for a reader: which one a model has, where it comes from, how old it is."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from llmcost.engine import facts, registry

Row = dict[str, Any]

STALE_DAYS = 90
"""Vendors change their rules every few months: one that was read longer ago is said to be old."""


def rules() -> Iterator[Row]:
    """Every rule, in the order in which they are tried."""
    import tomllib

    text = (registry.queries_dir() / "facts" / "prompt_caches.toml").read_text(encoding="utf-8")
    return facts.expanded(tomllib.loads(text))


def rule_of(provider: str | None, model: str, day: date) -> Row:
    """The rule of a model, by the price table's names, on a day: the first that matches, as the replay has it."""
    name = model.lower().replace(".", "-")
    return next(
        row
        for row in rules()
        if re.search(row["hosts"], provider or "")
        and re.search(row["models"], name)
        and (row["valid_from"] is None or row["valid_from"] <= day)
        and (row["valid_to"] is None or row["valid_to"] > day)
    )


def is_stale(rule: Row, day: date) -> bool:
    """Whether the rule was read too long ago to be relied on."""
    return bool((day - rule["read_on"]).days > STALE_DAYS)
