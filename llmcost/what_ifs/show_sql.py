"""A stack as one query that a reader can run on the store: what `--show-sql` prints."""

from collections.abc import Iterator, Sequence

from llmcost.engine import registry
from llmcost.engine.compose import Relation, compose
from llmcost.engine.relations import priced
from llmcost.engine.store import Store
from llmcost.prices import book
from llmcost.reports.scope import Scope
from llmcost.what_ifs.engine.replay import kernel_of
from llmcost.what_ifs.engine.step import WhatIf, settled, steps, with_models
from llmcost.what_ifs.inputs import side_tables


def composed(store: Store, stack: Sequence[WhatIf], covered: Scope) -> str:
    """SQL: the stack's cost in one row, its parameters written out, after the macros that it uses.

    Comments at its head say what it cannot express.

    Like `simulate` it excludes requests without a price in the log from totals. Prices that the store does not hold, of
    models that only the stack names, are written into it.
    """
    scope = [(name, registry.literal(body, covered.parameters())) for name, body in covered.steps()]
    stack = [settled(store, what_if) for what_if in stack]
    made = [part for step in stack for part in _written(store, step)]
    tables: list[Relation] = []
    if added := book.added(store):
        tables.append(("prices", f"select * from main.prices\nunion all\n{added}"))
    if any(step.query.field("facts") for step in stack):
        tables += side_tables.written()
    unpriced = ("unpriced", "select request_id from priced where cost_usd is null")
    head = "".join(f"-- {line}\n" for step in stack for line in _untold(step))
    query = compose([*tables, *priced(*priced(*scope), unpriced, *made)], _TOTAL)
    macros = "".join(f"{macro}\n\n" for macro in registry.macros_of(query))
    return head + macros + query


_TOTAL = """select sum(cost_usd) as cost_usd
from priced
where coalesce(added_to, request_id) not in (select request_id from unpriced)"""


def _written(store: Store, step: WhatIf) -> list[Relation]:
    """The step's queries with its values, over no decisions where a kernel makes them."""
    values = with_models(store, step)
    made = [(name, registry.literal(body, values)) for name, body in steps(step)]
    if kernel := kernel_of(step.query):
        columns = ", ".join(f"null::{kind} as {name}" for name, kind in kernel.decisions.items())
        return [("replayed", f"select {columns} where false"), *made]
    return made


def _untold(step: WhatIf) -> Iterator[str]:
    """In words: what of the step the query does not hold."""
    word = " ".join(step.word.split())  # in one line, whatever a path holds
    if step.query.field("kernel"):
        yield f"{word}: decided request by request outside SQL; `replayed` is empty here, so that it changes nothing"
    if step.values.get("outcomes") is not None:
        yield f"{word}: its file is not read in SQL; `outcomes` is empty here, so that no outcome is known"
    if step.values.get("complexity") == "embeddings":
        yield f"{word}: meaning is judged outside SQL; `judged_complexity` is empty here, so that words decide"
