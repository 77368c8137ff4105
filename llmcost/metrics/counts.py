"""The counters in the store: kept by the ingest, in the transaction that adds the requests.

So they survive a restart, and a crash loses or doubles none. `total` follows the requests
that were counted; it falls where a copy with other labels replaces a request. What is
exposed is the most that it has ever been: no counter falls, and what a series shows too
much is made up by what is added to it next.

A change of prices or of feature rules changes no counter: what was counted stays.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from llmcost.engine import registry
from llmcost.engine.compose import compose
from llmcost.engine.relations import priced
from llmcost.engine.store import Store
from llmcost.metrics import definitions

_CANDIDATES = 1000
"""Values of a label without a series whose cost is remembered: others start again at 0, which keeps the table small."""


@dataclass(frozen=True)
class Added:
    """What an ingest added: its requests, of an aggregate as many as it has; their cost, None where none has a price,
    and how many have none."""

    calls: int
    cost_usd: float | None
    unpriced_requests: int


def begin(store: Store) -> None:
    """Makes room for the requests that are taken back from here on."""
    store.execute("create or replace temp table removed as select * from requests limit 0")


def remove(store: Store, ids: str) -> None:
    """Takes requests back: those whose ids a SELECT returns."""
    store.execute(f"insert into removed by name select * from requests where request_id in ({ids})")
    store.execute(f"delete from requests where request_id in ({ids})")


def count(store: Store, last_row: int, entries: Iterable[dict[str, Any]]) -> Added:
    """Counts the requests beyond a row of `requests`, less those removed, and the lines of the ledger's entries."""
    touched = (
        f"select *, 1 as sign from requests where rowid > {last_row}"
        " union all by name select *, -1 as sign from removed"
    )
    buckets = definitions.DURATION_BUCKETS_S
    store.execute(
        f"create or replace temp table counted as {compose(priced(('requests', touched)), _query('counted'))}",
        {"first_bucket_ms": buckets[0] * 1000, "last_bucket": len(buckets)},
    )
    store.execute("drop table removed")
    _rank_values(store)
    store.execute(
        f"create or replace temp table series as {_query('series')}",
        {"other": definitions.OTHER, "most_series": definitions.MOST_SERIES},
    )
    store.execute(f"create or replace temp table changes as {_query('changes')}")
    _count_lines(store, entries)
    same = "counters.metric = changes.metric and counters.labels = changes.labels"
    store.execute(
        f"update counters set total = total + change, shown = greatest(shown, total + change) from changes where {same}"
    )
    store.execute(
        "insert into counters select metric, labels, change, greatest(0, change) from changes"
        f" where not exists (from counters where {same})"
    )
    store.execute("delete from llmcost_meta where key = 'ingested_at'")
    store.execute("insert into llmcost_meta values ('ingested_at', epoch(now())::varchar)")
    [added] = store.rows(
        "select coalesce(sum(requests), 0)::bigint as calls, sum(added_cost_usd)::double as cost_usd,"
        " coalesce(sum(added_unpriced_requests), 0)::bigint as unpriced_requests from counted"
    )
    return Added(**added)


def assumed(store: Store, last_row: int) -> list[dict[str, Any]]:
    """The requests beyond a row of `requests` whose model was assumed: by model, how many and what they cost."""
    touched = f"select * from requests where rowid > {last_row} and model_assumed"
    if not store.value(f"select exists ({touched})"):
        return []
    return store.rows(
        compose(
            priced(("requests", touched)),
            "select model_logged as model, count(*) as requests, sum(exact(cost_usd))::double as cost_usd"
            " from priced group by all order by model",
        )
    )


def _rank_values(store: Store) -> None:
    """Adds to what each value of a label has cost, and shows those that have become expensive enough."""
    store.execute(f"create or replace temp table more as {_query('values')}")
    same = "label_values.label = more.label and label_values.value = more.value"
    store.execute(
        "update label_values set requests = label_values.requests + more.requests,"
        f" cost_usd = label_values.cost_usd + more.cost_usd from more where {same}"
    )
    store.execute(
        "insert into label_values select label, value, requests, cost_usd, false from more"
        f" where not exists (from label_values where {same})"
    )
    store.execute(
        f"create or replace temp table ranked as {_query('ranked')}",
        {"top": definitions.TOP_VALUES, "candidates": _CANDIDATES},
    )
    same = "label_values.label = ranked.label and label_values.value = ranked.value"
    store.execute(
        "update label_values set is_shown = true from ranked"
        f" where {same} and ranked.is_shown and not label_values.is_shown"
    )
    store.execute(f"delete from label_values where not is_shown and not exists (from ranked where {same})")


def _count_lines(store: Store, entries: Iterable[dict[str, Any]]) -> None:
    outcomes = dict.fromkeys(definitions.LINE_OUTCOMES, 0)
    for entry in entries:
        for outcome in outcomes:
            outcomes[outcome] += entry[outcome]
    for outcome, lines in outcomes.items():
        store.execute(
            "insert into changes values ($metric, [$outcome], $lines)",
            {"metric": definitions.LINES.name, "outcome": outcome, "lines": lines},
        )


def _query(name: str) -> str:
    return registry.find("metrics", name).body
