"""Queries over queries: each step reads the relation that the step before it made."""

from collections.abc import Sequence

from llmcost.engine import registry

Step = tuple[str, str]
"""A relation's name and the SELECT that makes it."""


def nested(steps: Sequence[Step], body: str) -> str:
    """SQL: the body over the last step, which stands over the one before it, and so on.

    A step may carry the name of what it reads: `requests` filtered is `requests` again.
    """
    inner = ""
    for name, select in [*steps, ("", body)]:
        inner = _over(inner, select) if inner else select
        inner = f"with {name} as (\n{inner}\n)" if name else inner
    return inner


def _over(relation: str, select: str) -> str:
    return (
        f"{relation}\nselect * from (\n{select}\n)"
        if select.lstrip().lower().startswith("with")
        else f"{relation}\n{select}"
    )


def priced(*steps: Step) -> list[Step]:
    """The steps and, after them, the relation `priced`."""
    return [*steps, ("priced", registry.find("pricing", "priced").body)]


def dimensioned(*steps: Step) -> list[Step]:
    """The steps, priced, and after them the relation `dimensions` with a column for every word of --by."""
    return [*priced(*steps), ("dimensions", registry.find("reports", "dimensions").body)]
