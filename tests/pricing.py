"""Requests priced by the query, for tests: rows in, rows with their costs out."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import pyarrow as pa

from llmcost.engine import registry, store
from llmcost.prices import table
from llmcost.prices.overrides import Overrides

Row = dict[str, Any]

NO_USE = {
    "provider": None,
    "input_tokens": 0,
    "cache_read_tokens": 0,
    "cache_write_5m_tokens": 0,
    "cache_write_1h_tokens": 0,
    "output_tokens": 0,
    "reasoning_tokens": None,
    "web_searches": 0,
    "calls": 1,
    "service_tier": "standard",
    "ts": None,
    "cost_override_usd": None,
}
A_MILLION_OF_EACH = {
    "input_tokens": 1_000_000,
    "cache_read_tokens": 1_000_000,
    "cache_write_5m_tokens": 1_000_000,
    "cache_write_1h_tokens": 1_000_000,
    "output_tokens": 1_000_000,
}


def priced(requests: Sequence[Row], price_rows: Iterable[Row]) -> list[Row]:
    """The requests, what they leave out being nothing, as `queries/pricing/priced.sql` prices them, in their order."""
    filled = [
        NO_USE | {"request_id": f"{number:06d}", "source_format": "test", "status": "ok", "output_partial": False} | row
        for number, row in enumerate(requests)
    ]
    opened = _store()
    for name, rows in (("requests", filled), ("prices", list(price_rows))):
        opened.execute(f"delete from {name}")
        if rows:
            with opened.relation("given", _table(rows)):
                opened.execute(f"insert into {name} by name select * from given")
    return opened.rows(f"from ({registry.find('pricing', 'priced').body}) order by request_id")


@cache
def _store() -> store.Store:
    """One for all tests, each of which puts its own rows into it."""
    return store.in_memory()


def as_logged(requests: Sequence[Row], overrides: Overrides | None = None) -> list[Row]:
    """The same for requests that hold `provider` and `model` as a log names them: named, expanded, priced."""
    met = [(row.get("provider"), row["model"]) for row in requests]
    regions = {row["region"] for row in requests if row.get("region")}
    names, price_rows = table.expand(met, overrides or Overrides(), regions)
    billed = {(row["provider_logged"], row["model_logged"]): row for row in names}
    return priced(
        [
            row | {"provider": billed[key]["provider"], "model": billed[key]["model"], "model_logged": row["model"]}
            for row, key in zip(requests, met, strict=True)
        ],
        price_rows,
    )


def _table(rows: Sequence[Row]) -> pa.Table:
    """The rows as a table, what counts or prices tools by name as maps."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    kinds = {"tools": pa.map_(pa.string(), pa.int64()), "tools_usd": pa.map_(pa.string(), pa.float64())}
    columns: dict[str, Any] = {}
    for name in names:
        values = [row.get(name) for row in rows]
        if name in kinds:
            columns[name] = pa.array([None if v is None else list(v.items()) for v in values], kinds[name])
        else:
            columns[name] = pa.array(values)
    return pa.table(columns)
