"""The price table: every price of a model, from the package genai-prices, facts that correct it, and `llmcost.toml`.

The package's `calc_price` takes about 0.1 ms a call. Here each model's prices are evaluated once at every point where
they change (days, weekdays, hours, context tiers, service tiers, regions) and laid down as disjoint rows, which SQL
joins.
"""

from collections.abc import Iterable
from hashlib import sha256

from llmcost.prices.bands import Row, bands, blank, installed_version
from llmcost.prices.boxes import merged
from llmcost.prices.entries import known_tiers
from llmcost.prices.facts import corrected, facts, of_region, of_tier
from llmcost.prices.names import Found, find, nearest
from llmcost.prices.overrides import Meant, Overrides

Names = tuple[str | None, str]
"""A provider, where the log names one, and a model, both as logged."""

NO_OVERRIDES = Overrides()


def expand(
    met: Iterable[Names], overrides: Overrides = NO_OVERRIDES, regions: Iterable[str] = ()
) -> tuple[list[Row], list[Row]]:
    """Rows of the tables `models` and `prices` for the names that logs give, in these regions too.

    A model without a price keeps its names and has no rows in `prices`. Raises LlmcostError for an override that
    leaves out what only it can say.
    """
    asked = sorted({*regions, *(entry.region for entry in overrides.entries if entry.region)})
    names: list[Row] = []
    prices: dict[Names, list[Row]] = {}
    for provider_logged, model_logged in dict.fromkeys(met):
        for meant in _meant(provider_logged, model_logged, overrides):
            found = find(meant.provider, meant.model)
            new = facts().new_model(meant.provider, meant.model) if found is None else None
            key = (found.provider.id, found.model.id) if found else new or (meant.provider or provider_logged,
                                                                            meant.model)  # fmt: skip
            if key not in prices:
                prices[key] = overrides.laid_over(
                    _listed(found, key, overrides, asked, is_new=new is not None), facts().shares
                )
            names.append({"provider_logged": provider_logged, "model_logged": model_logged,
                          "provider": key[0], "model": key[1],
                          "valid_from": meant.valid_from, "valid_to": meant.valid_to})  # fmt: skip
    return names, [row for rows in prices.values() for row in rows]


def _meant(provider_logged: str | None, model_logged: str, overrides: Overrides) -> list[Meant]:
    """What a log's names stand for: by the user's aliases, else by the provider's own."""
    meant = overrides.meant(provider_logged, model_logged)
    own = facts().alias(provider_logged, model_logged)
    if len(meant) > 1 or meant[0].model != model_logged or not own:
        return meant
    return Overrides(aliases={model_logged.lower(): own}).meant(provider_logged, model_logged)


def _listed(found: Found | None, key: Names, overrides: Overrides, regions: list[str], *, is_new: bool) -> list[Row]:
    """Every row of a model before the user's own entries: all tiers, then all regions."""
    listed = list(bands(found)) if found else []
    standard = corrected(listed or [blank(*key)], is_new=is_new)
    if standard[0]["input_usd_mtok"] is None:  # nothing but the user's own entries can price it
        standard = [blank(*key)]
    by_tier = {"standard": standard}
    for tier in known_tiers(overrides.entries):
        if tier != "standard":
            own = list(bands(found, tier)) if listed and found else []
            by_tier[tier] = of_tier(tier, standard, own, by_tier)
    rows = [row for of_one in by_tier.values() for row in merged(of_one)]
    return [*rows, *(row for region in regions for row in of_region(region, rows))]


def nearest_hint(name: str) -> str:
    """What to do about a model that has no price."""
    near = nearest(name)
    return f"did you mean {' or '.join(near)}?" if near else "give a model id of the price table, like claude-haiku-4-5"


def fingerprint(overrides: Overrides = NO_OVERRIDES, fetched: str | None = None) -> str:
    """Changes when an expansion made before may no longer hold: with the package, fetched data, facts and overrides."""
    said = (installed_version(), fetched, facts(), overrides.entries, sorted(overrides.aliases.items()))
    return sha256(repr(said).encode()).hexdigest()[:16]
