"""What-ifs: replays of the logged traffic, stacked in the order given.

Each is one file under `queries/what_ifs`, a SELECT from `requests` to `requests`;
one that SQL cannot say names a kernel, which decides row by row what the SELECT
then applies.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from llmcost import price_book, registry, reports
from llmcost.errors import LlmcostError, UsageError
from llmcost.relations import dimensioned, nested, priced
from llmcost.reports import Row, Scope
from llmcost.store import Store


@dataclass(frozen=True)
class WhatIf:
    """One step of a stack: the query and the value of each of its parameters."""

    query: registry.Query
    values: dict[str, registry.Value]


@dataclass
class Stage:
    """What one step made of the traffic. Shares are of the baseline's cost, so that stages add up."""

    what_if: WhatIf
    cost_usd: float
    saved_usd: float
    saved_share: float | None
    moves: list[Row] = field(default_factory=list)
    summary: Row | None = None  # what a kernel says of its replay as a whole
    effects: Row = field(default_factory=dict)  # differences in tokens; answers and requests that the step changes


@dataclass
class Projection:
    """The baseline, every stage after it, and how far to trust them."""

    requests: int
    baseline_usd: float
    stages: list[Stage]
    by: list[Row]
    dimensions: tuple[str, ...]
    assumptions: list[str]
    notes: list[str]
    backtest: dict[str, Any] | None = None

    @property
    def cost_usd(self) -> float:
        """What the traffic costs after the last stage."""
        return self.stages[-1].cost_usd if self.stages else self.baseline_usd


def parse(word: str) -> WhatIf:
    """`NAME[:param=value,…]` as the command line takes it. Raises UsageError for unknown names and values."""
    name, _, rest = word.partition(":")
    query = registry.find("what_ifs", name.strip().replace("_", "-"))
    given: dict[str, str] = {}
    for part in _parts(rest):
        key, equals, value = part.partition("=")
        if not equals:
            raise UsageError(f"{word}: {part} is no param=value", hint=f"like {query.name}:{_example(query)}")
        given[key.strip()] = value.strip()
    return WhatIf(query, query.bind(given))


def simulate(store: Store, stack: Sequence[WhatIf], covered: Scope, dimensions: Sequence[str] = ()) -> Projection:
    """Runs the covered traffic through the stack and prices it after every step.

    Requests without a price in the log take part in no sum: their cost is unknown before and after.
    """
    values = [_with_models(store, what_if) for what_if in stack]
    store.execute(f"create or replace temp table stage_0 as {nested(covered.steps(), 'select * from requests')}",
                  covered.parameters())  # fmt: skip
    requests = int(store.value("select coalesce(sum(calls), 0) from stage_0"))
    if requests == 0:
        raise LlmcostError("there are no requests to replay", hint="check --since and --until, or ingest some logs")
    _price(store, 0, dimensions)
    unpriced = int(store.value("select coalesce(sum(calls), 0) from cost_0 where cost_usd is null"))
    baseline = _cost(store, 0)

    stages: list[Stage] = []
    previous = baseline
    for number, (what_if, bound) in enumerate(zip(stack, values, strict=True), start=1):
        summary = _run(store, what_if.query, bound, number)
        _price(store, number, ())
        cost = _cost(store, number)
        saved = previous - cost
        stages.append(Stage(what_if, cost, saved, saved / baseline if baseline else None,
                            _moves(store, number), summary, _effects(store, number)))  # fmt: skip
        previous = cost

    notes = []
    if unpriced:
        notes.append(f"{unpriced:,} requests have no price: they are replayed but take part in no sum")
    if unpriced == requests:
        notes.append("no request has a price, so nothing can be said in dollars; see: llmcost prices")
    return Projection(
        requests=requests,
        baseline_usd=baseline,
        stages=stages,
        by=_savings(store, len(stack), dimensions),
        dimensions=tuple(dimensions),
        assumptions=[line for what_if in stack for line in assumptions(what_if)],
        notes=notes,
        backtest=backtested(store, "stage_0", [what_if.query.name for what_if in stack]),
    )


def backtested(store: Store, relation: str, names: Sequence[str]) -> dict[str, Any] | None:
    """How replays would have predicted what the relation's log recorded, by name; None where it records nothing."""
    found = {}
    for name in dict.fromkeys(names):
        module = f"llmcost.backtest.{name.replace('-', '_')}"
        if find_spec(module) is not None and (result := import_module(module).backtest(store.arrow, relation)):
            found[name] = result
    return found or None


def assumptions(what_if: WhatIf) -> list[str]:
    """What a step takes for granted, in the words of its header."""
    return [f"{what_if.query.name}: {line}" for line in what_if.query.fields.get("assumes", ())]


def composed(store: Store, stack: Sequence[WhatIf], covered: Scope) -> str:
    """The stack as one query, its parameters written out, for a reader to copy and run.

    A step with a kernel reads the kernel's decisions from a relation `replayed`, which the query cannot make.
    """
    steps = [(name, registry.literal(body, covered.parameters())) for name, body in covered.steps()]
    steps += [("requests", registry.literal(what_if.query.body, _with_models(store, what_if))) for what_if in stack]
    return nested(priced(*steps), "select sum(cost_usd) as cost_usd from priced")


def _parts(text: str) -> list[str]:
    """The text split at commas; a comma inside quotes separates nothing."""
    parts: list[str] = []
    quoted = False
    current = ""
    for character in text:
        if character in "'\"":
            quoted = not quoted
        elif character == "," and not quoted:
            parts.append(current)
            current = ""
        else:
            current += character
    return [part for part in [*parts, current] if part.strip()]


def _example(query: registry.Query) -> str:
    return f"{query.parameters[0].name}={query.parameters[0].default}" if query.parameters else "param=value"


def _run(store: Store, query: registry.Query, values: dict[str, registry.Value], number: int) -> Row | None:
    """Makes `stage_<number>` out of the stage before it. Returns what its kernel says of the whole."""
    select = nested([("requests", f"select * from stage_{number - 1}")], query.body)
    statement = f"create or replace temp table stage_{number} as {select}"
    if not query.field("kernel"):
        store.execute(statement, values)
        return None
    kernel = import_module(f"llmcost.what_ifs.kernels.{query.field('kernel').replace('-', '_')}")
    order = ", ".join([*kernel.PARTITION, "ts", "request_id"])
    columns = ", ".join(dict.fromkeys([*kernel.COLUMNS, *kernel.PARTITION, "ts", "request_id"]))
    stage = f"stage_{number - 1}"
    if "prompt_text" in kernel.COLUMNS:  # known where the logs were ingested with --keep-text
        stage = f"(select s.*, texts.prompt as prompt_text from {stage} as s left join texts using (request_id))"
    traffic = store.arrow(f"select {columns} from {stage} order by {order}")
    replayed = kernel.replay(traffic, **{p.name: values[p.name] for p in query.parameters})
    with store.relation("replayed", replayed):
        store.execute(statement, values)
    said = (replayed.schema.metadata or {}).get(b"summary")
    return dict(json.loads(said)) if said else None


def _price(store: Store, number: int, dimensions: Sequence[str]) -> None:
    """Makes `cost_<number>`: each request of the stage with its calls, model, cost and, for the baseline, its key."""
    key, parameters = reports.key(dimensions)
    steps = dimensioned(("requests", f"select * from stage_{number}"))
    body = f"select request_id, calls, model, cost_usd, {key} as key from dimensions"
    store.execute(f"create or replace temp table cost_{number} as {nested(steps, body)}", parameters)


def _cost(store: Store, number: int) -> float:
    """The stage's cost over the requests that have a price in the log, and those a what-if added."""
    return float(
        store.value(
            f"select coalesce(sum(cost_usd::decimal(38, 15)), 0)::double from cost_{number}"
            " where request_id not in (select request_id from cost_0 where cost_usd is null)"
        )
    )


def _moves(store: Store, number: int) -> list[Row]:
    return store.rows(_between(number - 1, number, "moves"))


def _effects(store: Store, number: int) -> Row:
    body = registry.find("reports", "effects").body
    [row] = store.rows(
        f"with before as (select * from stage_{number - 1}), after as (select * from stage_{number}) {body}"
    )
    return row


def _savings(store: Store, last: int, dimensions: Sequence[str]) -> list[Row]:
    if not dimensions:
        return []
    rows = store.rows(_between(0, last, "savings"))
    return [reports.unkeyed(row, dimensions) for row in rows]


def _between(first: int, last: int, report: str) -> str:
    """SQL: a report over two stages' costs, named `before` and `after`."""
    return (
        f"with before as (select * from cost_{first} where request_id not in"
        " (select request_id from cost_0 where cost_usd is null)),"
        f" after as (select * from cost_{last})"
        f" {registry.find('reports', report).body}"
    )


def _with_models(store: Store, what_if: WhatIf) -> dict[str, registry.Value]:
    """The step's values, with `<name>_provider` beside each model, whose prices are made known."""
    values = dict(what_if.values)
    for parameter in what_if.query.parameters:
        if parameter.type == "model":
            name = values[parameter.name]
            provider, model = price_book.resolve(store, str(name)) if name is not None else (None, None)
            values |= {parameter.name: model, f"{parameter.name}_provider": provider}
    return values
