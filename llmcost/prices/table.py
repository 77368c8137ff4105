"""The price table: every price of a model, expanded once from the package genai-prices and `llmcost.toml`.

The package's `calc_price` takes about 0.1 ms a call. Here each model's prices are evaluated at every point where
they change (days, hours, context tiers, service tiers) and laid down as rows of disjoint bands, which SQL joins.
"""

from collections.abc import Iterable
from hashlib import sha256

from llmcost.prices.bands import Row, bands, blank, table_version
from llmcost.prices.names import find, nearest
from llmcost.prices.overrides import Overrides

Names = tuple[str | None, str]
"""A provider, where the log names one, and a model, both as logged."""

NO_OVERRIDES = Overrides()


def expand(met: Iterable[Names], overrides: Overrides = NO_OVERRIDES) -> tuple[list[Row], list[Row]]:
    """Rows of the tables `models` and `prices` for the names that logs give.

    A model without a price keeps its names and has no rows in `prices`. Raises LlmcostError for an override that
    leaves out what only it can say.
    """
    names: list[Row] = []
    prices: dict[Names, list[Row]] = {}
    for provider_logged, model_logged in dict.fromkeys(met):
        for meant in overrides.meant(provider_logged, model_logged):
            found = find(meant.provider, meant.model)
            key = (found.provider.id, found.model.id) if found else (meant.provider or provider_logged, meant.model)
            if key not in prices:
                rows = list(bands(found)) if found else []
                prices[key] = overrides.laid_over(rows or blank(*key))
            names.append({"provider_logged": provider_logged, "model_logged": model_logged,
                          "provider": key[0], "model": key[1],
                          "valid_from": meant.valid_from, "valid_to": meant.valid_to})  # fmt: skip
    return names, [row for rows in prices.values() for row in rows]


def nearest_hint(name: str) -> str:
    """What to do about a model that has no price."""
    near = nearest(name)
    return f"did you mean {' or '.join(near)}?" if near else "give a model id of the price table, like claude-haiku-4-5"


def fingerprint(overrides: Overrides = NO_OVERRIDES) -> str:
    """Changes when an expansion made before may no longer hold: with the package's version and with the overrides."""
    said = (table_version(), overrides.entries, sorted(overrides.aliases.items()))
    return sha256(repr(said).encode()).hexdigest()[:16]
