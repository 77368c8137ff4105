"""Corrections and modifiers of the price package: dated facts with sources, under `queries/facts/prices/`.

They are the same entries as a user's `[[prices]]`. To the standard tier they apply in order, so that the last decides.
A tier gets the package's own price where there is one; a multiplier fills in only what has no price yet, so that the
first decides, and a price replaces both. A region is a multiplier of everything that a tier costs in tokens; the last
that fits decides, and without one the region has no price.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from llmcost.engine.registry import queries_dir
from llmcost.prices import aliases, entries
from llmcost.prices.aliases import Alias
from llmcost.prices.bands import BUCKETS, PRICES, Row
from llmcost.prices.boxes import Box, parts
from llmcost.prices.entries import Entry
from llmcost.prices.names import bare, host_of
from llmcost.prices.overrides import NO_SHARES, Shares, complete


@dataclass(frozen=True)
class Facts:
    """Everything that the files say."""

    entries: tuple[Entry, ...]
    aliases: Mapping[str, tuple[Alias, ...]]  # by provider/name

    def alias(self, provider_logged: str | None, model_logged: str) -> tuple[Alias, ...]:
        """What a provider's own alias stands for, by day; () for other names."""
        host = host_of(provider_logged)
        name = model_logged.strip().lower()
        found = (key for key in self.aliases if key in (name, f"{host}/{name}") or (host is None and
                 key.partition("/")[2] == name))  # fmt: skip
        return next((self.aliases[key] for key in found), ())

    def shares(self, row: Row) -> Shares:
        """What a model's kinds of tokens cost as shares of its input price, where that is known."""
        last = next((entry for entry in reversed(self.entries) if entry.shares and entry.is_about(row)), None)
        return Shares(last.shares, f"{last.where}: {last.source}") if last else NO_SHARES

    def new_model(self, provider_logged: str | None, model_logged: str) -> tuple[str, str] | None:
        """The provider and the id of a model that only the facts know; None for any other."""
        host = host_of(provider_logged)
        if host is False:
            return None
        for entry in self.entries:
            if entry.new_model and host in (None, "openai", "anthropic", *entry.providers):
                for name in bare(model_logged):
                    if name in entry.models:
                        return entry.providers[0], name
        return None


@cache
def facts() -> Facts:
    """The facts, read once."""
    said: list[Entry] = []
    names: dict[str, tuple[Alias, ...]] = {}
    for path in sorted((queries_dir() / "facts" / "prices").glob("*.toml")):
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        for number, given in enumerate(document.get("prices", []), start=1):
            said.append(entries.read(f"{path.name}, entry {number}", given, fact=True))
        names |= aliases.read(path.name, document.get("aliases", {}))
    return Facts(tuple(said), names)


def corrected(rows: Iterable[Row], *, is_new: bool = False) -> list[Row]:
    """The rows of the standard tier with the facts about it."""
    done = list(rows)
    for entry in facts().entries:
        if entry.service_tier in (None, "standard") and entry.region is None and (is_new or not entry.new_model):
            done = [changed for row in done for changed in _apply(entry, row, replace=True)]
    return [_completed(row) for row in done]


def of_tier(tier: str, standard: Sequence[Row], listed: Sequence[Row], others: Mapping[str, list[Row]]) -> list[Row]:
    """The rows of another tier: the standard ones at the tier's price, which is null where nothing is known of it.

    `listed` are the package's own rows of that tier, `others` the rows of the tiers that are known already.
    """
    rows = [{**row, "service_tier": tier, **dict.fromkeys(PRICES), "standard": _known(row)} for row in standard]
    for own in listed:
        rows = [part for row in rows for part in _filled(row, own, own["source"])]
    first = min(listed, key=lambda row: row["valid_from"], default=None)
    for entry in facts().entries:
        if entry.service_tier != tier or entry.region is not None:
            continue
        if entry.as_first_listed:
            share = _share(first, standard) if first else None
            rows = [part for row in rows for part in (_apply(entry, row, multiplier=share) if share else [row])]
        elif entry.same_as_tier is not None:
            for other in others.get(entry.same_as_tier, ()):
                rows = [part for row in rows for part in (_filled(row, other, _sourced(other, entry))
                        if entry.is_about(row) and other["input_usd_mtok"] is not None else [row])]  # fmt: skip
        else:
            rows = [part for row in rows for part in _apply(entry, row, replace=bool(entry.prices))]
    return rows


def of_region(region: str, rows: Iterable[Row]) -> list[Row]:
    """The rows at a region's price, which is null where nothing is known of it."""
    found = [
        {**row, "region": region, **dict.fromkeys(PRICES), "standard": _known(row), "without_region": _known(row)}
        for row in rows
    ]
    for entry in facts().entries:
        if entry.region is not None and entry.names_region(region):
            found = [changed for row in found for changed in _apply(entry, row, base="without_region")]
    for row in found:
        del row["without_region"]
    return found


def _apply(
    entry: Entry,
    row: Row,
    *,
    replace: bool = False,
    multiplier: Mapping[str, float] | None = None,
    base: str = "standard",
) -> Iterator[Row]:
    """The row, cut where the entry begins or ends, and inside it at the entry's price.

    A multiplier applies to the prices under `base`, or to the row's own; without `replace` it leaves a known price
    alone, except a region's, where the last decides.
    """
    if not entry.is_about(row):
        yield row
        return
    times = multiplier or entry.multiplier
    pieces = [(row, False)]
    for box in entry.boxes:
        pieces = [(part, done or inside) for piece, done in pieces
                  for part, inside in (parts(piece, box) if not done else [(piece, False)])]  # fmt: skip
    for piece, inside in pieces:
        known = piece["input_usd_mtok"] is not None
        of = piece.get(base) if base == "without_region" else piece.get(base) or piece
        if not inside:
            yield piece
        elif entry.prices:
            whole = piece["standard"] if piece.get("standard") and not known else piece
            yield _with(piece, {**{column: whole[column] for column in PRICES}, **entry.prices}, entry)
        elif times and of and of["input_usd_mtok"] is not None and (replace or not known or base == "without_region"):
            # What is billed by the search or the call does not depend on how the tokens are served.
            prices = {column: of[column] * (times[column] if column in BUCKETS else 1) for column in PRICES}
            yield _with(piece, prices, entry)
        elif entry.shares and known:
            yield _with(piece, _shared(piece, entry.shares), entry)
        elif entry.tools:
            yield _with(piece, {}, entry)
        else:
            yield piece


def _filled(row: Row, own: Row, source: str) -> Iterator[Row]:
    """The row, cut by the box of another one and at its prices inside, where it has none."""
    if row["input_usd_mtok"] is not None:
        yield row
        return
    prices = {column: own[column] for column in PRICES}
    for part, inside in parts(row, Box.of(own)):
        yield {**part, **prices, "source": source} if inside else part


def _with(row: Row, prices: Mapping[str, Any], entry: Entry) -> Row:
    tools = {**row["tools_usd"], **entry.tools}
    return {**row, **prices, "tools_usd": tools, "source": _sourced(row, entry) if prices else row["source"]}


def _sourced(row: Row, entry: Entry) -> str:
    """Where a price comes from: what it rests on, then the entry that decides it."""
    said = f"{entry.where}: {entry.source}"
    return f"{row['source']}; {said}" if row["source"] else said


def _shared(row: Row, shares: Mapping[str, float]) -> dict[str, float]:
    """The row's prices with those that are shares of its input price."""
    return {column: row[column] for column in PRICES} | {
        column: row["input_usd_mtok"] * share for column, share in shares.items()
    }


def _known(row: Row) -> dict[str, float] | None:
    return None if row["input_usd_mtok"] is None else {column: row[column] for column in PRICES}


def _share(own: Row, standard: Sequence[Row]) -> dict[str, float]:
    """What the tier costs when it is first listed, as a share of the standard price of that day, by column."""
    box = Box.of(own)
    full = next(row for row in standard if Box.of(row).cut(box)[0] is not None)
    return {column: own[column] / full[column] if full[column] else 1.0 for column in PRICES}


def _completed(row: Row) -> Row:
    """A new model's row with the prices that its entry leaves out."""
    if row["input_usd_mtok"] is None or None not in (row[column] for column in PRICES):
        return row
    prices = {column: row[column] for column in PRICES}
    complete(row["model"], prices, Entry(row["source"]))
    return {**row, **prices}
