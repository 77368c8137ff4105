"""Who made a change: one value of a key, with the split of its own requests."""

from collections.abc import Sequence
from dataclasses import dataclass

from llmcost.engine.store import Store
from llmcost.explain import traffic
from llmcost.explain.split import Split
from llmcost.reports import spend
from llmcost.reports.scope import Row, Scope

KEYS = ("feature", "prompt", "model", "user", "session", "project")
"""The keys that contributors are grouped by unless others are asked for; tickets, where `llmcost.toml` says how to find
them, and tags with few values are added."""


@dataclass(frozen=True)
class Contributor:
    """One value of a key: what its requests spent in both periods, and the split of that change alone."""

    by: str
    value: str | None
    label: str | None  # of a prompt, how to call it
    earlier: Row  # requests, unpriced_requests, cost_usd, cost_per_request_usd
    later: Row
    change_usd: float
    split: Split
    example_request_id: str | None

    @classmethod
    def of(cls, row: Row, by: str, label: str | None, change_usd: float, split: Split) -> "Contributor":
        """From a row of `queries/explain/contributors.sql`."""
        sides = _side(row, "earlier"), _side(row, "later")
        return cls(by, row["value"], label, *sides, change_usd, split, row["example_request_id"])


def usual_keys(store: Store, covered: Scope) -> tuple[str, ...]:
    """The keys where none are asked for."""
    known = (*KEYS, "ticket") if spend.finds_tickets() else KEYS
    return (*known, *(f"tag:{name}" for name in traffic.telling_tags(store, covered, traffic.MOST_KEYS - len(known))))


def telling(rows: Sequence[Row]) -> list[Row]:
    """The contributors without the keys that no request has a value of."""
    told = {row["place"] for row in rows if row["value"] is not None}
    return [row for row in rows if row["place"] in told]


def _side(row: Row, side: str) -> Row:
    requests, unpriced, usd = (row[f"{side}_{name}"] for name in ("requests", "unpriced_requests", "usd"))
    priced = requests - unpriced
    return {
        "requests": requests,
        "unpriced_requests": unpriced,
        "cost_usd": usd,
        "cost_per_request_usd": usd / priced if priced else None,
    }
