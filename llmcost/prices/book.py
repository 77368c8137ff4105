"""The price table in the store: prices of the models it has met, looked up once and kept.

They are looked up again when the price package or `llmcost.toml` has changed since.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from llmcost import config
from llmcost.engine import registry
from llmcost.engine.store import Store
from llmcost.errors import UsageError
from llmcost.prices import stored_views

Names = tuple[str | None, str]
"""A provider, where the log names one, and a model, both as logged."""


@dataclass(frozen=True)
class Listing:
    """Prices as they are shown, the models without one, the names of `llmcost.toml`, and who else sells a model."""

    prices: list[dict[str, Any]]
    unpriced: list[dict[str, Any]]
    aliases: list[dict[str, Any]]
    providers: list[dict[str, Any]]


def learn(opened: Store, met: Iterable[Names]) -> None:
    """Writes down under which names these models are billed, and their prices of all dates, tiers and regions."""
    from llmcost.prices import table, update

    update.use(opened)
    names, found = table.expand(met, _overrides(), _regions(opened))
    _add(opened, "models", names, ("provider_logged", "model_logged"))
    _add(opened, "prices", found, ("provider", "model"))


def meet(opened: Store, regions: Iterable[str]) -> None:
    """Adds the prices in regions that the store has not met, of every model that it knows."""
    new = sorted({*regions} - {*_regions(opened)})
    if not new:
        return
    known = ",".join([*_regions(opened), *new])
    opened.execute("delete from llmcost_meta where key = 'regions'")
    opened.execute("insert into llmcost_meta values ('regions', $known)", {"known": known})
    opened.execute("delete from prices")
    names = opened.rows("select distinct provider_logged, model_logged from models order by all")
    learn(opened, ((row["provider_logged"], row["model_logged"]) for row in names))


def refresh(opened: Store) -> None:
    """Looks every model up again if prices may have changed, and names the requests by what it is billed as now."""
    if not is_stale(opened):
        return
    with opened.transaction():
        opened.execute("create or replace temp table named_before as select * from models")
        met = opened.rows("select distinct provider_logged, model_logged from models order by all")
        opened.execute("delete from models")
        opened.execute("delete from prices")
        learn(opened, ((row["provider_logged"], row["model_logged"]) for row in met))
        opened.execute(
            "update requests set provider = named.provider, model = named.model"
            " from models as named join named_before as before"
            " on named.model_logged = before.model_logged"
            " and named.provider_logged is not distinct from before.provider_logged"
            f" where {_holds('named')} and {_holds('before')}"
            " and requests.model_logged = before.model_logged"
            " and requests.model is not distinct from before.model"
            " and requests.provider is not distinct from before.provider"
            " and (named.provider, named.model) is distinct from (before.provider, before.model)"
        )
        stored_views.make(opened)
        opened.execute("delete from llmcost_meta where key = 'prices'")
        opened.execute("insert into llmcost_meta values ('prices', $now)", {"now": _fingerprint(opened)})


def resolve(opened: Store, name: str) -> Names:
    """The provider and the model that a user's word stands for; its prices are known to this connection afterwards.

    Needs no right to change the store. Raises UsageError for a model without a price.
    """
    from llmcost.prices import table, update

    update.use(opened)
    names, found = table.expand([(None, name)], _overrides(), _regions(opened))
    now = names[-1]["provider"], names[-1]["model"]
    if now not in {(row["provider"], row["model"]) for row in found}:
        raise UsageError(f"there is no price for a model named {name}", hint=table.nearest_hint(name))
    _show(opened, found)
    return now


def offer(opened: Store, asked: Iterable[Names]) -> None:
    """Makes the prices of these models known to this connection, of those that have one there."""
    from llmcost.prices import table, update

    update.use(opened)
    _, found = table.expand(asked, _overrides(), _regions(opened))
    _show(opened, found)


def added(opened: Store) -> str | None:
    """SQL: the prices that `resolve` made known to this connection and the store does not hold; None without any."""
    stored = '"' + str(opened.value("select current_database()")).replace('"', '""') + '".main.prices'
    rows = opened.rows(f"select * from prices except select * from {stored} order by all")
    if not rows:
        return None
    types = {row["column_name"]: row["column_type"] for row in opened.rows(f"describe {stored}")}
    values = ",\n".join(
        "(" + ", ".join(f"{registry.literal('$it', {'it': row[name]})}::{kind}" for name, kind in types.items()) + ")"
        for row in rows
    )
    return f"select * from (values\n{values}\n) as added ({', '.join(types)})"


def listing(opened: Store, on: date | None = None) -> Listing:
    """The prices in the store, those of one day or all, and the models in it that have none."""
    from llmcost.prices import listing as shown

    rows = opened.rows("select * from prices")
    unpriced = shown.unpriced(opened.rows("select * from models"), rows)
    return Listing(shown.listed(rows, on), unpriced, shown.named(_overrides(), on), [])


def listing_of(opened: Store, name: str, on: date | None = None) -> Listing:
    """The prices of one model, by a log's name for it or by its plain name, and every provider that sells it.

    Raises UsageError for a name that nothing has a price of.
    """
    from llmcost.prices import listing as shown
    from llmcost.prices import offers, table, update

    update.use(opened)
    _, found = table.expand([(None, name)], _overrides(), _regions(opened))
    sold = offers.offers(name, on or datetime.now(UTC).date())
    if not found and not sold:
        raise UsageError(f"there is no price for a model named {name}", hint=table.nearest_hint(name))
    return Listing(shown.listed(found, on), [], shown.named(_overrides(), on), sold)


def update(opened: Store) -> datetime:
    """Fetches the price package's current data into the store and looks every model up again; when it was fetched."""
    from llmcost.prices import update as fetching

    fetched = fetching.fetch(opened)
    refresh(opened)
    return fetched


def _holds(names: str) -> str:
    """SQL: whether these names hold on a request's day; without a time, as they are now."""
    moment = "coalesce(requests.ts, timestamp '9999-01-01')"
    return f"{names}.valid_from <= {moment} and ({names}.valid_to is null or {names}.valid_to > {moment})"


def _regions(opened: Store) -> list[str]:
    """The regions that the store's requests name."""
    known = opened.value("select max(value) from llmcost_meta where key = 'regions'")
    return str(known).split(",") if known else []


def is_stale(opened: Store) -> bool:
    """Whether the price package, the facts or `llmcost.toml` have changed since the prices were looked up."""
    return bool(opened.value("select value from llmcost_meta where key = 'prices'") != _fingerprint(opened))


def _fingerprint(opened: Store) -> str:
    from llmcost.prices import table, update

    return f"{table.fingerprint(_overrides(), update.stamp(opened))} {stored_views.fingerprint()}"


def _overrides() -> Any:
    from llmcost.prices.overrides import Overrides, load_overrides

    file = config.path()
    return load_overrides(file) if file else Overrides()


def _show(opened: Store, found: list[dict[str, Any]]) -> None:
    """Lays prices over those of the store, for this connection alone."""
    opened.execute("create temp table if not exists prices as select * from prices")
    _add(opened, "prices", found, ("provider", "model"))


def _add(opened: Store, table: str, rows: list[dict[str, Any]], key: tuple[str, ...]) -> None:
    """Adds the rows whose key the table does not hold."""
    if not rows:
        return
    same = " and ".join(f"known.{column} is not distinct from added.{column}" for column in key)
    with opened.relation("added", _table(rows)):
        opened.execute(
            f"insert into {table} by name select * from added where not exists (from {table} as known where {same})"
        )


def _table(rows: list[dict[str, Any]]) -> Any:
    """The rows as a table; fees by the name of a tool as a map."""
    import pyarrow as pa

    fees = [list(row["tools_usd"].items()) for row in rows if "tools_usd" in row]
    plain = pa.Table.from_pylist([{name: row[name] for name in row if name != "tools_usd"} for row in rows])
    return plain.append_column("tools_usd", pa.array(fees, pa.map_(pa.string(), pa.float64()))) if fees else plain
