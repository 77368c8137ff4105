"""Tables small enough for a browser: the most detailed one that fits."""

from collections.abc import Iterable

from llmcost.reports.scope import Row

_FILTERED = ("day", "feature", "model")


def fitting(tries: Iterable[list[Row]], most: int) -> list[Row]:
    """The first of these tables with at most so many rows, else the last. They are made one after another."""
    found: list[Row] = []
    for found in tries:
        if len(found) <= most:
            break
    return found


def coarse(rows: list[Row]) -> list[Row]:
    """The rows without those columns of the page's filters that hold nothing: a filter leaves such a table whole."""
    empty = [name for name in _FILTERED if all(row.get(name) is None for row in rows)]
    return [{name: value for name, value in row.items() if name not in empty} for row in rows]
