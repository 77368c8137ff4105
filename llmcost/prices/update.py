"""Newer price data than the installed package's, fetched on request and kept in the store.

Nothing here runs unless `llmcost prices --update` asks for it. The data comes from the address that genai-prices has
for its own updates, and is read by its code. It holds until the package itself is updated.
"""

import os
from datetime import UTC, date, datetime
from importlib.metadata import distribution, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost.engine.store import Store
from llmcost.errors import LlmcostError
from llmcost.parsing import json_value
from llmcost.prices import names

if TYPE_CHECKING:
    from genai_prices.types import Provider

ADDRESS = "LLMCOST_PRICES_URL"
"""Environment variable: another address of the data, such as a mirror's."""

_DATA = "genai_prices/data.py"

MOST_BYTES = 64 << 20
"""More than any price data: what is longer is something else."""


def fetch(opened: Store) -> datetime:
    """Fetches the current data and keeps it in the store; the moment when it was fetched.

    Raises LlmcostError, and changes nothing, if it cannot be fetched or is not price data.
    """
    import httpx2
    from genai_prices.update_prices import UpdatePrices

    updater = UpdatePrices()
    address = os.environ.get(ADDRESS) or updater.url
    try:
        answer = httpx2.get(address, timeout=updater.request_timeout, follow_redirects=True)
        answer.raise_for_status()
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise LlmcostError(
            f"the price data cannot be fetched from {address}: {error}",
            hint=f"prices stay as they are; {ADDRESS} names another address",
        ) from None
    text = answer.text if len(answer.content) <= MOST_BYTES else ""
    if not _read(text):
        raise LlmcostError(f"{address} is not price data of genai-prices", hint="prices stay as they are")
    now = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    kept = {"price_data": text, "price_data_fetched": now.isoformat(), "price_data_package": version("genai-prices")}
    with opened.transaction():
        for key, value in kept.items():
            opened.execute("delete from llmcost_meta where key = $key", {"key": key})
            opened.execute("insert into llmcost_meta values ($key, $value)", {"key": key, "value": value})
    return now


def stamp(opened: Store) -> str | None:
    """When the store's data was fetched; None where there is none, or the package has been updated since."""
    found = _meta(opened, "price_data_fetched")
    return found if found and _meta(opened, "price_data_package") == version("genai-prices") else None


def as_of(opened: Store) -> date:
    """The day on which the price data in use was fetched, or the package that brings it installed: it knows no later
    price."""
    if at := stamp(opened):
        return datetime.fromisoformat(at).date()
    [data] = [file for file in distribution("genai-prices").files or () if str(file) == _DATA]
    return datetime.fromtimestamp(Path(str(data.locate())).stat().st_mtime, UTC).date()


def use(opened: Store) -> None:
    """Makes the store's data the price table of this process, or the package's where it has none."""
    at = stamp(opened)
    now = datetime.fromisoformat(at) if at else None
    if now == names.fetched():
        return
    names.use(_read(_meta(opened, "price_data") or "") if now else None, now)


def _meta(opened: Store, key: str) -> str | None:
    found: str | None = opened.value("select max(value) from llmcost_meta where key = $key", {"key": key})
    return found


def _read(text: str) -> "list[Provider] | None":
    """The providers in the data; None if it is not price data."""
    from genai_prices.types import _providers_from_raw

    try:
        raw: Any = json_value(text)
        return (_providers_from_raw(raw) or None) if isinstance(raw, list) else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
