"""Unusual days: those that left the level of the days around them; a step, a slope or a spell is one finding."""

from collections.abc import Iterator
from contextlib import contextmanager

from llmcost.engine import registry
from llmcost.engine.store import Store
from llmcost.reports import once, steps
from llmcost.reports.scope import Row, Scope

_LISTED = "select subject, first_day, last_day, is_high, off_usd, detail from unusual_days"


def find(store: Store, covered: Scope) -> list[Row]:
    """The findings in the covered requests: what they call themselves, since when, by how much, and in words why.

    Those that cost more come first, the largest difference first.
    """
    with once.laid_down(store, covered, questions()), laid_down(store):
        return listed(store)


def questions() -> list[str]:
    """The SQL that looks for them."""
    return [steps.question(), registry.find("spend", "unusual-days").body]


@contextmanager
def laid_down(store: Store) -> Iterator[None]:
    """While the block runs, `unusual_days` has the findings in a table `priced`."""
    query = registry.find("spend", "unusual-days")
    with steps.laid_down(store):
        store.keep("unusual_days", query.body, query.bind({}))
    yield
    store.forget("unusual_days")


def listed(store: Store) -> list[Row]:
    """The findings of `unusual_days`, as `find` gives them."""
    return store.rows(f"{_LISTED} order by is_high desc, off_usd desc, subject")


def explained(row: Row) -> str:
    """A finding in words: `2026-08-25: 2.8 times the usual spend of a Tuesday, most of it p-17`."""
    return f"{row['subject']}: {row['detail']}"
