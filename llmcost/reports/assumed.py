"""What was assumed for logs that do not say it: a model, on which every dollar of their requests rests."""

from collections.abc import Sequence

from llmcost.engine.store import Store
from llmcost.reports.scope import Row, Scope

_NAMED = 3


def find(store: Store, covered: Scope) -> list[Row]:
    """The models that were assumed, each with its requests and what they cost if it was that model."""
    return store.rows(*covered.spend("assumed"))


def said(rows: Sequence[Row]) -> list[str]:
    """In words, one line for each assumed model."""
    lines = []
    for row in rows:
        name = "request comes" if row["requests"] == 1 else "requests come"
        spent = "" if row["cost_usd"] is None else f"${row['cost_usd']:,.2f} "
        lines.append(
            f"{row['requests']:,} {name} from a log that names no model: {spent}assuming {row['model']};"
            " --assume assume_model=NAME sets another"
        )
    return lines


def rests_on_it(rows: Sequence[Row], requests: int) -> bool:
    """Whether all of so many requests come from logs whose model was assumed."""
    return bool(rows) and sum(row["requests"] for row in rows) >= requests


def condition(rows: Sequence[Row], requests: int) -> str:
    """What to say after the cost of so many requests; nothing where no model was assumed."""
    if not rows:
        return ""
    names = list(dict.fromkeys(str(row["model"]) for row in rows))
    models = " and ".join(names[:_NAMED]) + (" and others" if len(names) > _NAMED else "")
    if rests_on_it(rows, requests):
        return f" assuming {models}"
    cost = sum(row["cost_usd"] or 0.0 for row in rows)
    return f"; ${cost:,.2f} of it assuming {models}"
