"""What a gateway's names mean, from `llmcost.toml`, and since when.

    [aliases]
    "prod-large" = "anthropic/claude-opus-5-5"
    "prod-small" = [
        { model = "anthropic/claude-haiku-4-5", valid_to = 2026-06-01 },    # the first day that it no longer holds
        { model = "anthropic/claude-haiku-5-5", valid_from = 2026-06-01 },
    ]

Outside the days of its entries a name means itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from llmcost.errors import LlmcostError, did_you_mean
from llmcost.prices.bands import EARLIEST
from llmcost.prices.days import validity

_WORDS = ["model", "valid_from", "valid_to"]


@dataclass(frozen=True)
class Alias:
    """A name, the model that it stands for, and the days on which it does."""

    name: str
    model: str
    valid_from: date = EARLIEST
    valid_to: date | None = None  # the first day that it no longer holds


@dataclass(frozen=True)
class Meaning:
    """What a logged name stands for in a stretch of days."""

    model: str | None  # None: itself
    valid_from: date
    valid_to: date | None


def meanings(aliases: Sequence[Alias]) -> Iterator[Meaning]:
    """Everything that one name stands for, in stretches without a gap from the earliest day to no end."""
    day: date | None = EARLIEST
    for alias in aliases:
        if day is not None and alias.valid_from > day:
            yield Meaning(None, day, alias.valid_from)
        yield Meaning(alias.model, alias.valid_from, alias.valid_to)
        day = alias.valid_to
    if day is not None:
        yield Meaning(None, day, None)


def read(file: str, given: object) -> Mapping[str, tuple[Alias, ...]]:
    """The table `[aliases]`: each name, in lower case, with its entries by day. Raises LlmcostError for a wrong one."""
    if not isinstance(given, dict):
        raise LlmcostError(f"{file}: aliases is not a table", hint='write [aliases] and below it "name" = "model"')
    return {name.lower(): _entries(f"{file}, alias {name}", name, said) for name, said in given.items()}


def _entries(where: str, name: str, given: Any) -> tuple[Alias, ...]:
    said = given if isinstance(given, list) else [{"model": given}]
    found = sorted((_entry(where, name, one) for one in said), key=lambda alias: alias.valid_from)
    for first, second in pairwise(found):
        if first.valid_to is None or first.valid_to > second.valid_from:
            raise LlmcostError(
                f"{where}: means both {first.model} and {second.model} on {second.valid_from}",
                hint="end the first with valid_to, the first day that it no longer holds",
            )
    return tuple(found)


def _entry(where: str, name: str, given: Any) -> Alias:
    if not isinstance(given, dict):
        raise LlmcostError(
            f"{where}: {given!r} is not a table", hint='like { model = "gpt-4o", valid_from = 2026-06-01 }'
        )
    for word in given:
        if word not in _WORDS:
            raise LlmcostError(f"{where}: there is no {word}", hint=did_you_mean(word, _WORDS))
    model = given.get("model")
    if not isinstance(model, str) or not model.strip():
        raise LlmcostError(f"{where}: is not a model name: {model!r}", hint="quote names with a point")
    return Alias(name, model, **validity(where, given))
