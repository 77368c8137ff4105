"""The user's own prices, from `llmcost.toml`: negotiated, private, dated.

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

An entry selects by the keys that `llmcost/prices/entries.py` describes, and holds for everything that it does not name.
Where several entries are about one price, the last decides; a multiplier applies to the list price, so that two of them
never compound.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

from llmcost.errors import LlmcostError
from llmcost.parsing import toml_tables
from llmcost.prices import aliases, entries
from llmcost.prices.aliases import Alias, meanings
from llmcost.prices.bands import PRICES, Row
from llmcost.prices.boxes import parts
from llmcost.prices.entries import Entry
from llmcost.prices.names import find, host_of

OTHERWISE = {
    "input_audio_usd_mtok": "input_usd_mtok",
    "input_image_usd_mtok": "input_usd_mtok",
    "input_video_usd_mtok": "input_usd_mtok",
    "cache_read_usd_mtok": "input_usd_mtok",
    "cache_read_audio_usd_mtok": "cache_read_usd_mtok",
    "cache_read_image_usd_mtok": "cache_read_usd_mtok",
    "cache_read_marked_usd_mtok": "cache_read_usd_mtok",
    "cache_write_5m_usd_mtok": "input_usd_mtok",
    "cache_write_1h_usd_mtok": "cache_write_5m_usd_mtok",
    "output_audio_usd_mtok": "output_usd_mtok",
    "output_image_usd_mtok": "output_usd_mtok",
    "output_video_usd_mtok": "output_usd_mtok",
    "reasoning_usd_mtok": "output_usd_mtok",
}
"""Where a model has no list prices, what a bucket costs that its entries leave out. Others cost nothing."""


@dataclass(frozen=True)
class Meant:
    """The names that a log's names stand for in a stretch of days."""

    provider: str | None
    model: str
    valid_from: date
    valid_to: date | None  # the first day no longer


class Shares(NamedTuple):
    """What kinds of tokens cost as shares of a model's input price, by column, and who says so."""

    of_input: Mapping[str, float]
    source: str


NO_SHARES = Shares({}, "")


@dataclass(frozen=True)
class Overrides:
    """What `llmcost.toml` says of prices and names."""

    entries: tuple[Entry, ...] = ()
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

    def laid_over(self, rows: Sequence[Row], shares: Callable[[Row], Shares] | None = None) -> list[Row]:
        """Rows of the table `prices` with every fitting entry laid over them, cut where one begins or ends.

        Rows without list prices hold nulls, and under `standard` the list prices of the standard tier where there
        are any; those that no entry prices are left out. `shares` says what kinds of tokens of such a model cost of its
        input price where no entry prices them. Raises LlmcostError for an entry that gives a model without
        list prices an input or an output price, but not both.
        """
        decided = [
            _decided(cut, chosen, shares(row) if shares else NO_SHARES)
            for row in rows
            for cut, chosen in _cuts(row, self.entries)
        ]
        kept = [row for row in decided if row["input_usd_mtok"] is not None]
        for row in kept:
            row.pop("standard", None)
        return kept


def load_overrides(path: Path) -> Overrides:
    """The overrides in a file; its other tables are left to whom they concern.

    Raises LlmcostError naming the file, the entry and what is wrong with it.
    """

    try:
        document = toml_tables(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LlmcostError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise LlmcostError(f"{path} is not valid TOML: {error}") from None
    given = document.get("prices", [])
    if not isinstance(given, list):
        raise LlmcostError(f"{path}: prices is not a list of entries", hint="begin each entry with [[prices]]")
    return Overrides(
        tuple(entries.read(f"{path.name}, prices entry {number}", one) for number, one in enumerate(given, start=1)),
        aliases.read(path.name, document.get("aliases", {})),
    )


def _cuts(row: Row, given: Sequence[Entry]) -> Iterator[tuple[Row, list[Entry]]]:
    """The row cut by the boxes of the entries that fit it, each part with those that hold there, in order."""
    pieces: list[tuple[Row, list[Entry]]] = [(row, [])]
    for entry in given:
        if _fits(entry, row):
            for box in entry.boxes:
                pieces = [
                    (part, [*chosen, entry] if inside and entry not in chosen else chosen)
                    for piece, chosen in pieces
                    for part, inside in parts(piece, box)
                ]
    yield from pieces


def _fits(entry: Entry, row: Row) -> bool:
    """Whether the entry speaks of a row's provider, model, service tier and region."""
    return (
        entry.service_tier in (None, row["service_tier"])
        and entry.region in (None, row["region"])
        and (not entry.providers or any(_same_provider(named, row["provider"]) for named in entry.providers))
        and (not entry.models or any(_names(entry, named, row) for named in entry.models))
    )


def _names(entry: Entry, named: str, row: Row) -> bool:
    provider, model = row["provider"], row["model"]
    if any(sign in named for sign in "*?["):
        return entry.names(model)
    if row["source"] or row.get("standard"):
        found = find(provider, named)
        return named.lower() == model.lower() or (found is not None and found.model.id == model)
    # A listed model's name, said without a provider, says nothing about a private server's model of that name.
    return named.lower() == model.lower() and (bool(entry.providers) or find(None, named) is None)


def _decided(row: Row, chosen: Sequence[Entry], shares: Shares) -> Row:
    """The row with the last word of the entries on each price, and in `source` who has it."""
    listed = {column: row[column] for column in PRICES}
    if listed["input_usd_mtok"] is None and row.get("standard"):
        # The model has a list price, this tier or region has none: only an entry that names it gives it one.
        chosen = [entry for entry in chosen if entry.service_tier or entry.region]
        listed = dict(row["standard"]) if chosen else listed
    prices, tools = dict(listed), dict(row["tools_usd"])
    deciding: dict[str, Entry] = {}
    for entry in chosen:
        if entry.prices or entry.tools:
            prices.update(entry.prices)
            tools.update(entry.tools)
            deciding |= dict.fromkeys([*entry.prices, *entry.tools], entry)
        if entry.multiplier and listed["input_usd_mtok"] is not None:
            prices = {column: entry.multiplier[column] * float(price or 0) for column, price in listed.items()}
            if entry.factor is not None:
                tools = {tool: entry.factor * usd for tool, usd in row["tools_usd"].items()}
            deciding |= dict.fromkeys(prices, entry)
    if not deciding or (listed["input_usd_mtok"] is None and not any(entry.prices for entry in chosen)):
        return row
    said = "; ".join(dict.fromkeys(map(str, deciding.values())))
    if listed["input_usd_mtok"] is None:
        missing = [column for column in shares.of_input if prices[column] is None]
        if missing and prices["input_usd_mtok"] is not None:
            prices |= {column: shares.of_input[column] * prices["input_usd_mtok"] for column in missing}
            said = f"{said}; {shares.source}"
        complete(row["model"], prices, next(reversed(deciding.values())))
    source = f"{said}; otherwise {row['source']}" if row["source"] else said
    return {**row, **prices, "tools_usd": tools, "source": source}


def complete(model: str, prices: dict[str, float | None], last: Entry) -> None:
    """Fills in what the entries of a model without list prices leave out; this is the last of them."""
    for column in ("input_usd_mtok", "output_usd_mtok"):
        if prices[column] is None:
            raise LlmcostError(
                f"{last.where}: the price table has no price of {model}, and {column} is missing",
                hint="give both input_usd_mtok and output_usd_mtok, or check the model's name",
            )
    for column in PRICES:
        if prices[column] is None:
            prices[column] = prices[OTHERWISE[column]] if column in OTHERWISE else 0.0


def _same_provider(named: str, provider: str | None) -> bool:
    host = host_of(named)
    return named.lower() == (provider or "").lower() or (bool(host) and host == host_of(provider))
