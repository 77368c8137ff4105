"""Spend by project, user, session, ticket and tag: the values of each that a page names, and the others as one."""

from collections.abc import Mapping

from llmcost.engine import registry
from llmcost.engine.compose import compose
from llmcost.engine.store import Store
from llmcost.page.sizes import coarse, fitting
from llmcost.reports import spend
from llmcost.reports.scope import Row, Scope

MOST_ROWS = 1_000
"""Rows of each key."""

_KEYS = ("project", "user", "session")
_MOST_TAGS = 4
_NAMED = 30
_DETAILS = ((_NAMED, 2), (12, 2), (_NAMED, 1), (12, 1), (_NAMED, 0))
"""Names of a key and detail, from most to least, until there are few enough rows."""


def keys(store: Store, covered: Scope) -> tuple[str, ...]:
    """The keys that a page may have besides feature, model and prompt, in the words of `report --by`.

    Of the tags, the most expensive that put requests into groups: not those whose values name single requests.
    """
    known = (*_KEYS, "ticket") if spend.finds_tickets() else _KEYS
    tags = [row["tag"] for row in store.rows(*covered.spend("tags")) if 1 < row["values"] <= row["requests"] / 2]
    return (*known, *(f"tag:{name}" for name in tags[:_MOST_TAGS]))


def tables(store: Store, columns: Mapping[str, str]) -> dict[str, list[Row]]:
    """The keys that requests have a value of, and a table of the spend by each. `columns` of `priced` hold them."""
    known: list[Row] = []
    found: dict[str, list[Row]] = {}
    for place, (name, column) in enumerate(columns.items()):
        keyed = ("priced", f"select {column} as key, * from priced")
        store.keep("ranking", compose([keyed], _body("ranking")))
        if count := store.value("select count(*) from ranking"):
            store.keep("fine", compose([keyed, ("priced", _body("ranked"))], _body("fine")), {"names": _NAMED})
            tries = [{"names": names, "detail": detail} for names, detail in _DETAILS]
            known.append({"by": name, "values": count, "table": f"values_{place}"})
            found[f"values_{place}"] = coarse(fitting(store, _body("values"), tries, MOST_ROWS))
    return {"keys": known} | found


def _body(name: str) -> str:
    return registry.find("page", name).body
