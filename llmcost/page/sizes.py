"""Tables small enough for a browser: the most detailed one that fits."""

from collections.abc import Mapping, Sequence
from typing import Any

from llmcost.engine.store import Store
from llmcost.reports.scope import Row

_FILTERED = ("day", "feature", "model")


def fitting(store: Store, select: str, tries: Sequence[Mapping[str, Any]], most: int) -> list[Row]:
    """The table with the first of these parameters by which it has at most so many rows, else with the last.

    Of one that is too large no more rows are fetched than show it: there may be as many as requests.
    """
    *detailed, last = tries
    for values in detailed:
        found = store.rows(select, values, most + 1)
        if len(found) <= most:
            return found
    return store.rows(select, last)


def coarse(rows: list[Row]) -> list[Row]:
    """The rows without those columns of the page's filters that hold nothing: a filter leaves such a table whole."""
    empty = [name for name in _FILTERED if all(row.get(name) is None for row in rows)]
    return [{name: value for name, value in row.items() if name not in empty} for row in rows]
