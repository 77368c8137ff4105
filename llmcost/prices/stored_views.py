"""Views in the store that any client of DuckDB can query: `priced` and `daily_spend`, documented in docs/sql.md.

They are made with the prices, so that they are always those of the program that wrote these. The macros that their
queries use belong to a connection of llmcost, so they are written out.
"""

from functools import cache
from hashlib import sha256

from llmcost.engine import registry
from llmcost.engine.compose import compose
from llmcost.engine.relations import priced
from llmcost.engine.store import Store

NAMES = ("priced", "daily_spend")


def statements() -> list[str]:
    """What makes each view anew."""
    return [f"create or replace view main.{name} as {registry.expanded(sql)}" for name, sql in _queries().items()]


@cache
def fingerprint() -> str:
    """A hash of what makes them: every command asks for it, so the macros are not written out first."""
    return sha256("\n".join([*_queries().values(), *registry.macros().values()]).encode()).hexdigest()[:16]


def _queries() -> dict[str, str]:
    """The query of each view."""
    requests = ("requests", "select * from main.requests")
    return {name: compose(priced(requests), registry.find("views", name.replace("_", "-")).body) for name in NAMES}


def make(opened: Store) -> None:
    """Makes them in a store that may be changed."""
    for statement in statements():
        opened.execute(statement)
