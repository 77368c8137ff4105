"""Prices with their validity and source."""

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from llmcost import config
from llmcost.prices.book import Listing
from llmcost.render import cells, tables
from llmcost.render.text import visible
from llmcost.render.view import Document, Flat, View

_RATES = {
    "input_usd_mtok": "input", "cache_read_usd_mtok": "read", "cache_write_5m_usd_mtok": "write 5m",
    "cache_write_1h_usd_mtok": "write 1h", "output_usd_mtok": "output",
}  # fmt: skip


@dataclass(frozen=True)
class PricesView(View):
    """Prices in US dollars per million tokens, the models that have none, and the user's own names for models."""

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

    def screen(self, *, details: bool) -> RenderableType:
        listing = self.listing
        if not (listing.prices or listing.unpriced or listing.providers):
            return Text("There are no models in the store. The prices of any model: llmcost prices MODEL")
        parts: list[RenderableType] = []
        columns = [tables.name("model"), tables.name("valid"), *(tables.number(name) for name in _RATES.values())]
        for tier, region, source in dict.fromkeys(map(_kind, listing.prices)):
            rows = [
                [
                    cells.name(f"{row['provider'] or '?'}/{row['model']}"),
                    Text(_when(row)),
                    *(Text("–" if row[rate] is None else f"{row[rate]:.6g}") for rate in _RATES),
                ]
                for row in listing.prices
                if _kind(row) == (tier, region, source)
            ]
            where = f" in {region}" if region else ""
            parts.append(tables.Table(columns, rows, f"{tier}{where}, USD per million tokens; {source}"))
        if listing.aliases:
            named = [[cells.name(row["name"]), Text(_days(row)), cells.name(row["model"])] for row in listing.aliases]
            columns = [tables.name("name"), tables.name("valid"), tables.name("means")]
            parts.append(tables.Table(columns, named, "Names in llmcost.toml"))
        missing = [_missing(row) for row in listing.unpriced]
        parts.append(tables.Bullets("Models in the store without a price: give one in llmcost.toml", missing, "yellow"))
        if listing.unpriced:
            parts.append(Text(_entry(listing.unpriced[0])))
        return Group(*parts, _providers(listing.providers)) if listing.providers else Group(*parts)


def _providers(offers: list[dict[str, Any]]) -> RenderableType:
    """Who sells the model, cheapest first."""
    columns = [
        tables.name("provider"), tables.name("model"), tables.number("input", 1), tables.number("read", 2),
        tables.number("output", 1), tables.number("3:1"),
    ]  # fmt: skip
    rates = ("input_usd_mtok", "cache_read_usd_mtok", "output_usd_mtok", "blended_usd_mtok")
    rows = [
        [cells.name(row["provider"]), cells.name(row["model"]), *(Text(f"{row[rate]:.6g}") for rate in rates)]
        for row in offers
    ]
    title = "Providers, the cheapest first at three input tokens to one output token; USD per million tokens"
    return tables.Table(columns, rows, title)


def _kind(row: dict[str, Any]) -> tuple[str, str | None, str]:
    return row["service_tier"], row["region"], row["source"]


def _when(row: dict[str, Any]) -> str:
    """The days and hours on which a price is valid, and the prompt length from which it is."""
    hours = f", {row['hours_utc']} UTC" if row["hours_utc"] else ""
    hours = f", {row['weekdays']}{hours}" if row["weekdays"] else hours
    tier = f", above {row['prompt_min'] - 1:,}" if row["prompt_min"] else ""
    return _days(row) + hours + tier


def _days(row: dict[str, Any]) -> str:
    if row["valid_to"] is None:
        return "always" if row["valid_from"] is None else f"from {row['valid_from']}"
    return f"to {row['valid_to']}" if row["valid_from"] is None else f"{row['valid_from']} to {row['valid_to']}"


def _entry(row: dict[str, Any]) -> str:
    """What to write to give a model a price, with the names as the store has them."""
    names = {"provider": row["provider"], "model": row["model"]}
    told = "\n".join(f"  {key} = {visible(config.written(name))}" for key, name in names.items() if name is not None)
    return f"For example:\n  [[prices]]\n{told}\n  input_usd_mtok = …\n  output_usd_mtok = …"


def _missing(row: dict[str, Any]) -> str:
    near = f"; similar names with a price: {', '.join(row['nearest'])}" if row["nearest"] else ""
    return f"{row['provider'] or '?'}/{row['model']}{near}"
