"""Days on which spend left its usual range, in all and by feature, each explained in one line."""

from collections.abc import Iterator
from contextlib import contextmanager

from llmcost.engine import registry
from llmcost.engine.store import Store
from llmcost.reports.scope import Row, Scope

COLUMNS = (
    "day", "feature", "kind", "compared_days", "is_high", "cost_usd", "usual_usd", "times", "off_usd", "requests",
    "usual_requests", "cause_kind", "cause", "cause_share",
)  # fmt: skip
"""Of a row. A feature of None: all of them together. `kind`: what the day is compared with, Tuesday or working day."""


def find(store: Store, covered: Scope) -> list[Row]:
    """The unusual days, by date; a day's own row comes before those of its features."""
    return store.rows(*covered.spend("anomalies"))


def of_priced(store: Store) -> list[Row]:
    """The same of a table `priced`."""
    query = registry.find("spend", "anomalies")
    return store.rows(query.body, query.bind({}))


@contextmanager
def laid_down(store: Store) -> Iterator[None]:
    """While the block runs, those of a table `priced` are the table `anomalies`."""
    query = registry.find("spend", "anomalies")
    store.execute(f"create or replace temp table anomalies as {query.body}", query.bind({}))
    yield
    store.execute("drop table anomalies")


def question() -> str:
    """The SQL that looks for them."""
    return registry.find("spend", "anomalies").body


def explained(row: Row) -> str:
    """A row in words: `search: 3.1× its usual Tuesday, 84% of it from prompt p-17`."""
    who = "all features" if row["feature"] is None else row["feature"]
    whose = "their" if row["feature"] is None else "its"
    size = f"{row['times']:.1f}×" if row["is_high"] else f"only {row['times']:.0%} of"
    said = f"{who}: {size} {whose} usual {row['kind']}"
    if row["cause"] is None or row["cause_share"] <= 0:
        return said
    share = "all" if row["cause_share"] >= 0.995 else f"{row['cause_share']:.0%}"
    return f"{said}, {share} of {'it' if row['is_high'] else 'the fall'} from {row['cause_kind']} {row['cause']}"
