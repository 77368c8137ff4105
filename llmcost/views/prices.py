"""Prices with their validity and source."""

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost.prices.book import Listing
from llmcost.render import terminal
from llmcost.render.view import Document, Flat, View

_RATES = {
    "input_usd_mtok": "input", "cache_read_usd_mtok": "read", "cache_write_5m_usd_mtok": "write 5m",
    "cache_write_1h_usd_mtok": "write 1h", "output_usd_mtok": "output",
}  # fmt: skip


@dataclass(frozen=True)
class PricesView(View):
    """Prices in US dollars per million tokens, the models that have none, and what names of one's own stand for."""

    listing: Listing

    def document(self) -> Document:
        return {
            "prices": self.listing.prices,
            "unpriced": self.listing.unpriced,
            "aliases": self.listing.aliases,
            "providers": self.listing.providers,
        }

    def flat(self) -> Flat:
        return Flat(self.listing.prices, list(self.listing.prices[0]) if self.listing.prices else [])

    def screen(self) -> RenderableType:
        listed = _screen(self.listing.prices, self.listing.unpriced, self.listing.aliases)
        return Group(listed, _providers(self.listing.providers)) if self.listing.providers else listed


def _screen(
    prices: list[dict[str, Any]], unpriced: list[dict[str, Any]], aliases: list[dict[str, Any]]
) -> RenderableType:
    parts: list[RenderableType] = []
    headings = [("model", "left"), ("when", "left"), *((name, "right") for name in _RATES.values())]
    for tier, region, source in dict.fromkeys(map(_kind, prices)):
        rows = [row for row in prices if _kind(row) == (tier, region, source)]
        cells: list[list[RenderableType]] = [
            [
                terminal.name(f"{row['provider'] or '?'}/{row['model']}", 34),
                Text(_when(row)),
                *(Text("–" if row[rate] is None else f"{row[rate]:.6g}") for rate in _RATES),
            ]
            for row in rows
        ]
        where = f" in {region}" if region else ""
        parts.append(terminal.table(headings, cells, title=f"{tier}{where}, USD per million tokens; {source}"))
    if aliases:
        named: list[list[RenderableType]] = [
            [terminal.name(row["name"], 34), Text(_days(row)), terminal.name(row["model"], 34)] for row in aliases
        ]
        headings = [("name", "left"), ("when", "left"), ("stands for", "left")]
        parts.append(terminal.table(headings, named, title="Names in llmcost.toml"))
    if unpriced:
        lines = [_missing(row) for row in unpriced]
        parts.append(terminal.bullets("Models in the store that have no price", lines, "yellow"))
    return Group(*parts)


def _providers(offers: list[dict[str, Any]]) -> RenderableType:
    """Who sells the model, cheapest first."""
    headings = [("provider", "left"), ("model", "left"), ("input", "right"), ("read", "right"), ("output", "right"),
                ("3:1", "right")]  # fmt: skip
    rates = ("input_usd_mtok", "cache_read_usd_mtok", "output_usd_mtok", "blended_usd_mtok")
    cells: list[list[RenderableType]] = [
        [
            terminal.name(row["provider"], 20),
            terminal.name(row["model"], 50),
            *(Text(f"{row[rate]:.6g}") for rate in rates),
        ]
        for row in offers
    ]
    title = "Providers, cheapest first for three tokens of input to one of output; USD per million tokens"
    return terminal.table(headings, cells, title=title)


def _kind(row: dict[str, Any]) -> tuple[str, str | None, str]:
    return row["service_tier"], row["region"], row["source"]


def _when(row: dict[str, Any]) -> str:
    """Since when, until when, at which hours and for how long a prompt a price holds."""
    hours = f", {row['hours_utc']} UTC" if row["hours_utc"] else ""
    hours = f", {row['weekdays']}{hours}" if row["weekdays"] else hours
    tier = f", above {row['prompt_min'] - 1:,}" if row["prompt_min"] else ""
    return _days(row) + hours + tier


def _days(row: dict[str, Any]) -> str:
    if row["valid_to"] is None:
        return "always" if row["valid_from"] is None else f"from {row['valid_from']}"
    return f"to {row['valid_to']}" if row["valid_from"] is None else f"{row['valid_from']} to {row['valid_to']}"


def _missing(row: dict[str, Any]) -> str:
    near = f" – like it: {', '.join(row['nearest'])}" if row["nearest"] else ""
    return f"{row['provider'] or '?'}/{row['model']}{near}"
