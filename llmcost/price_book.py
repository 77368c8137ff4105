"""The price table in the store: prices of the models it has met, looked up once and kept."""

from collections.abc import Iterable
from typing import Any

from llmcost.errors import UsageError
from llmcost.store import Store

Names = tuple[str | None, str]
"""A provider, where the log names one, and a model, both as logged."""


def learn(store: Store, met: Iterable[Names]) -> None:
    """Writes down under which names these models are billed, and their prices of all dates and tiers."""
    from llmcost import prices

    names, found = prices.expand(met)
    _add(store, "models", names, ("provider_logged", "model_logged"))
    _add(store, "prices", found, ("provider", "model"))


def resolve(store: Store, name: str) -> Names:
    """The provider and the model that a user's word stands for; its prices are known to this connection afterwards.

    Needs no right to change the store. Raises UsageError for a model without a price.
    """
    from llmcost import prices

    _, found = prices.expand([(None, name)])
    if not found:
        raise UsageError(f"there is no price for a model named {name}", hint=prices.nearest_hint(name))
    store.execute("create temp table if not exists prices as select * from prices")
    _add(store, "prices", found, ("provider", "model"))
    return found[0]["provider"], found[0]["model"]


def _add(store: Store, table: str, rows: list[dict[str, Any]], key: tuple[str, ...]) -> None:
    """Adds the rows whose key the table does not hold."""
    import pyarrow as pa

    if not rows:
        return
    same = " and ".join(f"known.{column} is not distinct from added.{column}" for column in key)
    with store.relation("added", pa.Table.from_pylist(rows)):
        store.execute(
            f"insert into {table} by name select * from added where not exists (from {table} as known where {same})"
        )
