"""One `[[prices]]` entry: what it speaks of, and the price or the multiplier that it gives.

The same form serves a user's `llmcost.toml` and the facts under `queries/facts/prices/`:

    [[prices]]
    provider = "deepseek"
    model = "deepseek-v4-*"          # or a list; * and [67] as in file names
    service_tier = "fast"
    region = "us"
    valid_from = 2026-08-17
    valid_to = 2026-12-01            # the first day on which it no longer holds
    weekdays = "mon-fri"
    hours_utc = ["01:00-04:00"]
    prompt_min = 200001              # prompt tokens, cached ones included
    multiplier = 2                   # or { input = 2, output = 1.5 }
    input_usd_mtok = 3.0
    tools_usd = { file_search = 0.0025 }
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from llmcost.errors import LlmcostError, did_you_mean
from llmcost.prices.bands import MINUTES, PRICES, SERVICE_TIERS, Row
from llmcost.prices.boxes import Box
from llmcost.prices.days import validity

GROUPS = {
    "input": ("input_usd_mtok", "input_audio_usd_mtok", "input_image_usd_mtok", "input_video_usd_mtok"),
    "cache_read": ("cache_read_usd_mtok", "cache_read_audio_usd_mtok", "cache_read_image_usd_mtok",
                   "cache_read_marked_usd_mtok"),
    "cache_read_marked": ("cache_read_marked_usd_mtok",),
    "cache_write": ("cache_write_5m_usd_mtok", "cache_write_1h_usd_mtok"),
    "output": ("output_usd_mtok", "output_audio_usd_mtok", "output_image_usd_mtok", "output_video_usd_mtok",
               "reasoning_usd_mtok"),
}  # fmt: skip
"""What a multiplier may be given for: the kinds of tokens, whatever they stand for."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")

WHERE = ("provider", "model", "service_tier", "region", "valid_from", "valid_to", "weekdays", "hours_utc",
         "prompt_min", "prompt_max")  # fmt: skip
GIVES = ("multiplier", "tools_usd", *PRICES)

FACTS_ONLY = ("source", "new_model", "as_first_listed", "same_as_tier", "input_share")
"""What only the facts say: the source; that the package lacks the model; that a tier cost the same share of the
standard price before the package dates it; that it costs what another tier does; what a kind of tokens costs as a share
of the model's own input price."""


@dataclass(frozen=True)
class Entry:
    """One entry, read."""

    where: str  # file and number of the entry, for people
    providers: tuple[str, ...] = ()  # () means all, here and below
    models: tuple[str, ...] = ()
    service_tier: str | None = None
    region: str | None = None
    boxes: tuple[Box, ...] = (Box(),)
    multiplier: Mapping[str, float] = field(default_factory=dict)  # by column
    prices: Mapping[str, float] = field(default_factory=dict)  # US dollars by column
    tools: Mapping[str, float] = field(default_factory=dict)  # US dollars a use, by the tool's name
    factor: float | None = None  # the multiplier, where it is one number for everything
    source: str = ""
    new_model: bool = False
    as_first_listed: bool = False
    same_as_tier: str | None = None
    shares: Mapping[str, float] = field(default_factory=dict)  # of the input price, by column

    def is_about(self, row: Row) -> bool:
        """Whether the entry speaks of a row's provider, by its name or a pattern, and model."""
        provider = row["provider"] or ""
        return (not self.providers or any(fnmatchcase(provider, pattern) for pattern in self.providers)) and self.names(
            row["model"]
        )

    def names(self, model: str) -> bool:
        """Whether one of the entry's patterns is this model's name."""
        return not self.models or any(fnmatchcase(model, pattern) for pattern in self.models)

    def names_region(self, region: str) -> bool:
        """Whether the entry speaks of a region."""
        return self.region is not None and fnmatchcase(region, self.region)

    def __str__(self) -> str:
        if self.source:
            return self.where
        given = f"× {self.factor:g}" if self.factor is not None else ", ".join([*self.prices, *self.tools])
        return f"{self.where}: {given or 'multipliers'}"


def read(where: str, given: object, *, fact: bool = False) -> Entry:
    """An entry as TOML gives it. Raises LlmcostError that names the entry and what is wrong with it."""

    def fail(what: str, hint: str | None = None) -> LlmcostError:
        return LlmcostError(f"{where}: {what}", hint=hint)

    if not isinstance(given, dict):
        raise fail("is not a table", hint="begin each entry with [[prices]]")
    words = [*WHERE, *GIVES, *(FACTS_ONLY if fact else ())]
    for word, value in given.items():
        if word not in words:
            raise fail(f"there is no {word}", hint=did_you_mean(word, words))
        if word in ("provider", "model"):
            listed = value if isinstance(value, list) and value else [value]
            if not all(isinstance(name, str) and name.strip() for name in listed):
                raise fail(f"{word} is not a name: {value!r}")
        if word in ("service_tier", "region") and (not isinstance(value, str) or not value.strip()):
            raise fail(f"{word} is not a name: {value!r}")
        if word in PRICES and not _is_amount(value):
            raise fail(f"{word} is not a number of at least 0: {value!r}")
    tier = given.get("service_tier")
    if tier and tier not in SERVICE_TIERS and (near := get_close_matches(tier, SERVICE_TIERS, n=1, cutoff=0.7)):
        raise fail(f"there is no service tier {tier}", hint=f"did you mean {near[0]}?")
    multiplier, factor = _multiplier(fail, given.get("multiplier"))
    tools = _tools(fail, given.get("tools_usd", {}))
    prices = {column: float(given[column]) for column in PRICES if column in given}
    if "cache_read_usd_mtok" in prices:
        prices.setdefault("cache_read_marked_usd_mtok", prices["cache_read_usd_mtok"])
    if multiplier and prices:
        raise fail("gives a multiplier and a price", hint="give one of the two")
    if not (multiplier or prices or tools or given.keys() & {"as_first_listed", "same_as_tier", "input_share"}):
        raise fail("gives no price", hint="give a multiplier, a price or tools_usd")
    if prices and "model" not in given:
        raise fail("gives a price, but no model", hint="for a discount on everything of a provider give a multiplier")
    return Entry(
        where,
        _names(given.get("provider")),
        _names(given.get("model")),
        given.get("service_tier"),
        given.get("region"),
        tuple(_boxes(where, fail, given)),
        multiplier,
        prices,
        tools,
        factor,
        str(given.get("source", "")),
        bool(given.get("new_model", False)),
        bool(given.get("as_first_listed", False)),
        given.get("same_as_tier"),
        _by_column(fail, "input_share", given.get("input_share", {})),
    )


def _names(given: Any) -> tuple[str, ...]:
    return () if given is None else tuple(given) if isinstance(given, list) else (given,)


def _multiplier(fail: Any, given: Any) -> tuple[dict[str, float], float | None]:
    if given is None:
        return {}, None
    if not isinstance(given, dict):
        if not _is_amount(given):
            raise fail(f"multiplier is not a number of at least 0: {given!r}")
        return dict.fromkeys(PRICES, float(given)), float(given)
    by_column = _by_column(fail, "multiplier", given)
    return {column: by_column.get(column, 1.0) for column in PRICES}, None


def _by_column(fail: Any, word: str, given: Mapping[str, Any]) -> dict[str, float]:
    """Numbers given for kinds of tokens, by the columns of these kinds."""
    for kind, value in given.items():
        if kind not in GROUPS:
            raise fail(f"{word} has no {kind}", hint=did_you_mean(kind, list(GROUPS)))
        if not _is_amount(value):
            raise fail(f"{word} of {kind} is not a number of at least 0: {value!r}")
    return {column: float(value) for kind, value in given.items() for column in GROUPS[kind]}


def _tools(fail: Any, given: Any) -> dict[str, float]:
    if not isinstance(given, dict):
        raise fail("tools_usd is not a table", hint="like tools_usd = { file_search = 0.0025 }")
    for tool, value in given.items():
        if not _is_amount(value):
            raise fail(f"tools_usd of {tool} is not a number of at least 0: {value!r}")
    return {tool: float(value) for tool, value in given.items()}


def _boxes(where: str, fail: Any, given: Mapping[str, Any]) -> Iterator[Box]:
    row: Row = dict(validity(where, given))
    for word in ("prompt_min", "prompt_max"):
        if word in given:
            if not isinstance(given[word], int) or isinstance(given[word], bool) or given[word] < 0:
                raise fail(f"{word} is not a number of tokens: {given[word]!r}")
            row[word] = given[word]
    if row.get("prompt_max") is not None and row["prompt_max"] < row.get("prompt_min", 0):
        raise fail("prompt_max is less than prompt_min")
    if "weekdays" in given:
        first, _, last = str(given["weekdays"]).lower().partition("-")
        if first not in _DAYS or (last or first) not in _DAYS or _DAYS.index(last or first) < _DAYS.index(first):
            raise fail(f"weekdays are not understood: {given['weekdays']!r}", hint='like weekdays = "mon-fri"')
        row |= {"weekday_from": _DAYS.index(first) + 1, "weekday_to": _DAYS.index(last or first) + 2}
    windows = given.get("hours_utc", ["00:00-24:00"])
    for window in windows if isinstance(windows, list) else [windows]:
        match = _HOURS.fullmatch(str(window))
        minutes = [int(match[i]) * 60 + int(match[i + 1]) for i in (1, 3)] if match else [0, 0]
        if not minutes[0] < minutes[1] <= MINUTES:
            raise fail(f"hours_utc are not understood: {window!r}", hint='like hours_utc = ["01:00-04:00"]')
        yield Box.of(row | {"minute_from": minutes[0], "minute_to": minutes[1]})


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


def known_tiers(entries: tuple[Entry, ...]) -> list[str]:
    """The tiers that have their own name, and those that entries name."""
    return list(dict.fromkeys([*SERVICE_TIERS, *(e.service_tier for e in entries if e.service_tier)]))
