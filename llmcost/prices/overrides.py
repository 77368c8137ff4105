"""Prices of one's own, from `llmcost.toml`: negotiated, private, dated.

    [[prices]]                       # a discount on everything of a provider
    provider = "anthropic"
    multiplier = 0.85
    valid_from = 2026-03-01

    [[prices]]                       # a negotiated price; what is not named stays at the list price
    provider = "azure"
    model = "gpt-4o"
    input_usd_mtok = 2.0
    valid_to = 2026-07-01            # the first day that it no longer holds

    [[prices]]                       # a model that no price list knows
    model = "acme-support-v3"
    input_usd_mtok = 0.4
    output_usd_mtok = 1.6

An entry without `provider`, `model`, `service_tier` or a date holds for all of them. Where several entries speak of
one price, the last decides; a multiplier is of the list price, so that two of them never compound.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path

from llmcost.errors import LlmcostError, did_you_mean
from llmcost.prices import aliases
from llmcost.prices.aliases import Alias, meanings
from llmcost.prices.bands import EARLIEST, PRICES, SERVICE_TIERS, Row
from llmcost.prices.days import validity
from llmcost.prices.names import find, host_of

_WORDS = ["provider", "model", "service_tier", "valid_from", "valid_to", "multiplier", *PRICES]

_OTHERWISE = {
    "cache_read_usd_mtok": "input_usd_mtok",
    "cache_write_5m_usd_mtok": "input_usd_mtok",
    "cache_write_1h_usd_mtok": "cache_write_5m_usd_mtok",
    "reasoning_usd_mtok": "output_usd_mtok",
}
"""Where a model has only prices of one's own, what a bucket costs that they leave out. Others cost nothing."""


@dataclass(frozen=True)
class Override:
    """One entry of `[[prices]]`."""

    where: str  # file and number of the entry, for people
    provider: str | None = None
    model: str | None = None
    service_tier: str | None = None
    valid_from: date = EARLIEST
    valid_to: date | None = None  # the first day that it no longer holds
    multiplier: float | None = None
    prices: Mapping[str, float] = field(default_factory=dict)  # US dollars by column

    def fits(self, row: Row) -> bool:
        """Whether the entry speaks of a row's provider, model and service tier."""
        return (
            self.service_tier in (None, row["service_tier"])
            and (self.provider is None or _same_provider(self.provider, row["provider"]))
            and (self.model is None or self._names(row["provider"], row["model"], listed=bool(row["source"])))
        )

    def _names(self, provider: str | None, model: str, *, listed: bool) -> bool:
        assert self.model is not None
        if listed:
            found = find(provider, self.model)
            return self.model.lower() == model.lower() or (found is not None and found.model.id == model)
        # A listed model's name, said without a provider, is no word on what somebody's own server calls so.
        return self.model.lower() == model.lower() and (self.provider is not None or find(None, self.model) is None)

    def holds(self, day: date) -> bool:
        """Whether the entry is valid on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    def __str__(self) -> str:
        return f"{self.where}: " + (f"× {self.multiplier:g}" if self.multiplier is not None else ", ".join(self.prices))


@dataclass(frozen=True)
class Meant:
    """The names that a log's names stand for in a stretch of days."""

    provider: str | None
    model: str
    valid_from: date
    valid_to: date | None  # the first day no longer


@dataclass(frozen=True)
class Overrides:
    """What `llmcost.toml` says of prices and names."""

    entries: tuple[Override, ...] = ()
    aliases: Mapping[str, tuple[Alias, ...]] = field(default_factory=dict)  # by the logged name in lower case

    def meant(self, provider_logged: str | None, model_logged: str) -> list[Meant]:
        """What a log's names stand for, in stretches of days without a gap."""
        names = (f"{provider_logged}/{model_logged}".lower(), model_logged.lower())
        known = next((self.aliases[name] for name in names if name in self.aliases), ())
        return [
            Meant(provider_logged if stretch.model is None else None, stretch.model or model_logged,
                  stretch.valid_from, stretch.valid_to)
            for stretch in meanings(known)
        ]  # fmt: skip

    def laid_over(self, rows: Sequence[Row]) -> list[Row]:
        """Rows of the table `prices` with every fitting entry laid over them, cut at the days where one begins or ends.

        Rows of a model without list prices hold nulls; those that no entry prices are left out. Raises LlmcostError
        for an entry that gives such a model an input or an output price, but not both.
        """
        return [cut for row in rows for cut in self._cuts(row) if cut["input_usd_mtok"] is not None]

    def _cuts(self, row: Row) -> Iterator[Row]:
        fitting = [entry for entry in self.entries if entry.fits(row)]
        end = row["valid_to"] or date.max
        days = {day for entry in fitting for day in (entry.valid_from, entry.valid_to) if day is not None}
        cuts = sorted({row["valid_from"], end, *(day for day in days if row["valid_from"] < day < end)})
        for first, last in pairwise(cuts):
            valid = {"valid_from": first, "valid_to": None if last == date.max else last}
            yield _decided({**row, **valid}, [entry for entry in fitting if entry.holds(first)])


def load_overrides(path: Path) -> Overrides:
    """The overrides in a file; its other tables are left to whom they concern.

    Raises LlmcostError naming the file, the entry and what is wrong with it.
    """
    import tomllib

    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LlmcostError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LlmcostError(f"{path} is not valid TOML: {error}") from None
    entries = document.get("prices", [])
    if not isinstance(entries, list):
        raise LlmcostError(f"{path}: prices is not a list of entries", hint="begin each entry with [[prices]]")
    return Overrides(
        tuple(_entry(f"{path.name}, prices entry {number}", given) for number, given in enumerate(entries, start=1)),
        aliases.read(path.name, document.get("aliases", {})),
    )


def _decided(row: Row, entries: Sequence[Override]) -> Row:
    """The row with the last word of the entries on each price, and in `source` who has it."""
    listed = {column: row[column] for column in PRICES}
    prices = dict(listed)
    deciding: dict[str, Override] = {}
    for entry in entries:
        if entry.multiplier is None:
            prices.update(entry.prices)
        elif listed["input_usd_mtok"] is not None:
            prices = {column: entry.multiplier * price for column, price in listed.items()}
        else:
            continue
        deciding |= dict.fromkeys(entry.prices or prices, entry)
    if not deciding:
        return row
    if listed["input_usd_mtok"] is None:
        _complete(row["model"], prices, next(reversed(deciding.values())))
    said = "; ".join(dict.fromkeys(map(str, deciding.values())))
    return {**row, **prices, "source": f"{said}; otherwise {row['source']}" if row["source"] else said}


def _complete(model: str, prices: dict[str, float | None], last: Override) -> None:
    """Fills in what the entries of a model without list prices, of which this is the last, leave out."""
    for column in ("input_usd_mtok", "output_usd_mtok"):
        if prices[column] is None:
            raise LlmcostError(
                f"{last.where}: the price table has no price of {model}, and {column} is missing",
                hint="give both input_usd_mtok and output_usd_mtok, or check the model's name",
            )
    for column in PRICES:
        if prices[column] is None:
            prices[column] = prices[_OTHERWISE[column]] if column in _OTHERWISE else 0.0


def _same_provider(named: str, provider: str | None) -> bool:
    host = host_of(named)
    return named.lower() == (provider or "").lower() or (bool(host) and host == host_of(provider))


def _entry(where: str, given: object) -> Override:
    def fail(what: str, hint: str | None = None) -> LlmcostError:
        return LlmcostError(f"{where}: {what}", hint=hint)

    if not isinstance(given, dict):
        raise fail("is not a table", hint="begin each entry with [[prices]]")
    for word, value in given.items():
        if word not in _WORDS:
            raise fail(f"there is no {word}", hint=did_you_mean(word, _WORDS))
        if word in ("provider", "model", "service_tier") and (not isinstance(value, str) or not value.strip()):
            raise fail(f"{word} is no name: {value!r}")
        if word in ("multiplier", *PRICES) and not _is_amount(value):
            raise fail(f"{word} is no number from 0 up: {value!r}")
    tier = given.get("service_tier")
    if tier is not None and tier not in SERVICE_TIERS:
        raise fail(f"there is no service tier {tier}", hint=did_you_mean(tier, list(SERVICE_TIERS)))
    dates = validity(where, given)
    prices = {column: float(given[column]) for column in PRICES if column in given}
    multiplier = given.get("multiplier")
    if (multiplier is None) == (not prices):
        raise fail("gives a multiplier and a price" if prices else "gives no price", hint="give one of the two")
    if prices and "model" not in given:
        raise fail("gives a price, but no model", hint="for a discount on everything of a provider give a multiplier")
    return Override(
        where, given.get("provider"), given.get("model"), tier, multiplier=multiplier, prices=prices, **dates
    )


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
