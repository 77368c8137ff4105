"""Stores of invented traffic for explanations: requests go in as rows, with the prices of the models that they name."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pyarrow as pa

from llmcost.engine import store
from llmcost.explain.explanation import Explanation, explain
from llmcost.prices import book
from llmcost.reports.scope import Scope

Row = dict[str, Any]

EARLIER, LATER = "2026-09-01..2026-09-20", "2026-10-01..2026-10-20"
_STARTS = {"earlier": datetime(2026, 9, 1, 12), "later": datetime(2026, 10, 1, 12)}
MODELS = ("claude-haiku-4-5", "claude-sonnet-4-6", "claude-opus-4-6")

REQUEST = {
    "source_format": "test", "provider": "anthropic", "model": MODELS[0], "input_tokens": 1000, "cache_read_tokens": 0,
    "cache_write_5m_tokens": 0, "cache_write_1h_tokens": 0, "output_tokens": 100, "web_searches": 0, "calls": 1,
    "service_tier": "standard", "status": "ok", "output_partial": False,
}  # fmt: skip


def request(**fields: Any) -> Row:
    """A request of 1,000 tokens in and 100 out unless said otherwise; `day` counts from the start of its period."""
    return REQUEST | fields


@contextmanager
def traffic(earlier: Iterable[Row], later: Iterable[Row]) -> Iterator[store.Store]:
    """A store of both periods' requests."""
    rows = []
    for period, given in (("earlier", earlier), ("later", later)):
        for number, row in enumerate(given):
            placed = {name: value for name, value in row.items() if name != "day"}
            placed["ts"] = _STARTS[period] + timedelta(days=row.get("day", number % 20))
            placed["request_id"] = f"{period}-{number:05d}"
            tags = placed.pop("tags", None)
            placed["tags"] = list(tags.items()) if tags else None
            rows.append(placed)
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["request_id"]
    kinds = {"tags": pa.map_(pa.string(), pa.string()), "ts": pa.timestamp("us")}
    columns = {name: pa.array([row.get(name) for row in rows], kinds.get(name)) for name in names}
    opened = _store()
    opened.execute("delete from requests")
    if rows:
        with opened.relation("given", pa.table(columns)):
            opened.execute("insert into requests by name select * from given")
    yield opened


@cache
def _store() -> store.Store:
    """One for all tests of a process: making one with its prices takes longer than what is tested."""
    opened = store.in_memory()
    book.learn(opened, [("anthropic", model) for model in MODELS])
    return opened


def explained(
    opened: store.Store, *keys: str, back: bool = False, covered: Scope | None = None, **how: Any
) -> Explanation:
    """The change from the earlier to the later period, or back."""
    periods = (LATER, EARLIER) if back else (EARLIER, LATER)
    return explain(opened, covered or Scope(), *periods, keys, **how)


def moved(found: Explanation) -> set[str]:
    """The parts that are more than the rounding of a sum."""
    size = max(*found.spent, 1e-9)
    return {name for name, usd in found.split.parts.items() if abs(usd) > 1e-12 * size}
