"""Every query reads the input that its folder declares, and nothing else; it runs over exactly that."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from llmcost.engine import registry, store
from llmcost.engine.compose import compose
from llmcost.engine.relations import INPUTS, Input, priced
from llmcost.reports import steps
from llmcost.what_ifs.engine.replay import kernel_of
from llmcost.what_ifs.inputs import side_tables

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = {
    "ingest",
    "merge",
    "metrics",
    "migrations",
    "facts",
    "prompt_caching",
}  # steps of one process, data: no kind of query

_DAY = "date '2026-09-01'"
_ENDS = ", ".join(f"{_DAY} as {side}_{end}" for side in ("earlier", "later") for end in ("since", "until"))

QUERIES = [(kind, name) for kind in INPUTS for name in registry.load(kind)]


def sources(sql: str) -> set[str]:
    """The relations that a query reads from outside of itself."""
    return {
        source.name
        for scope in traverse_scope(sqlglot.parse_one(sql, dialect="duckdb"))
        for source in scope.sources.values()
        if isinstance(source, exp.Table) and source.name
    }


def test_every_folder_declares_its_input() -> None:
    folders = {path.name for path in (ROOT / "queries").iterdir() if path.is_dir()}
    assert folders == INPUTS.keys() | PROCESSES


@pytest.mark.parametrize(("kind", "name"), QUERIES)
def test_it_reads_what_its_folder_declares(kind: registry.Kind, name: str) -> None:
    declared = INPUTS[kind]
    assert sources(registry.find(kind, name).body) <= {*declared.relations, *declared.tables}


def test_another_relation_is_seen_wherever_it_is_read() -> None:
    assert sources("with a as (select * from one) select * from a where x in (select y from two)") == {"one", "two"}
    assert sources("select (select max(x) from three) from a as b") == {"a", "three"}


def test_contributing_says_the_same() -> None:
    table = re.findall(
        r"^\| `(\w+)/` \| (.*?) \| (.*?) \| .* \|$", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.MULTILINE
    )
    said = {folder: Input(_leading(inputs), _leading(tables)) for folder, inputs, tables in table}
    assert said == dict(INPUTS)


def _leading(cell: str) -> tuple[str, ...]:
    """The names at the beginning of a cell, before it says what they are."""
    return tuple(re.findall(r"`(\w+)`", cell.partition(":")[0]))


@pytest.fixture(scope="module")
def empty() -> Iterator[store.Store]:
    """A store without requests, in which every declared relation and table can be read."""
    with store.in_memory() as opened:
        side_tables.prepare(opened, {}, "requests")
        costs = (
            "select request_id, request_id as logged_id, calls, model, cost_usd, null::varchar as block, 'k' as key"
            " from requests_priced"
        )
        opened.execute(f"create temp table requests_priced as {compose(priced(), 'select * from priced')}")
        opened.execute(f"create temp table costs as {costs}")
        yield opened


KEYED = "select 'k' as key, 1 as detail, * from requests_priced"
DECISIONS = (
    "null::varchar as wanted, null::varchar as wanted_provider, null::double as wanted_cost_usd,"
    " null::varchar as hit_answer, null::varchar as hit_from, null::double as hit_similarity"
)
MADE = {
    "decided": f"select *, {DECISIONS} from requests",
    "priced": KEYED,
    **dict.fromkeys(INPUTS["backtests"].relations, "select * from requests_priced"),
    **dict.fromkeys(INPUTS["changes"].relations, "select * from requests"),
    **dict.fromkeys(INPUTS["quality"].relations, "select * from requests"),
}


def arrows(kind: registry.Kind) -> dict[str, pa.Table]:
    """The tables that are not made by a query, without rows."""
    return dict(zip(("levels", "moves"), steps.tables([]), strict=True)) if kind in ("spend", "audit") else {}


def over(kind: registry.Kind, name: str) -> str:
    """SQL: the query over relations that have the columns declared, and no rows."""
    query = registry.find(kind, name)
    made = MADE | (dict.fromkeys(("before", "after"), "select * from costs") if kind == "savings" else {})
    made |= {table: registry.find("page", table).body for table in INPUTS["page"].tables if kind == "page"}
    made |= {"unusual_days": registry.find("spend", "unusual-days").body} if kind == "audit" else {}
    if kind == "explain":
        return over_periods(query)
    needed = [*INPUTS[kind].relations, *INPUTS[kind].tables]
    if kernel := kernel_of(query):
        made["replayed"] = "select " + ", ".join(f"null::{type} as {name}" for name, type in kernel.decisions.items())
    return compose([(name, made[name]) for name in needed if name in made], query.body)


def over_periods(query: registry.Query) -> str:
    """SQL: the same for a query over the requests of two periods, each of which reads those before it."""
    keys = ", ".join(f"null::varchar as key_{place}" for place in range(8))
    made = [
        ("requests", "select *, true as in_later, 0::bigint as day_number from requests"),
        *priced(),
        ("priced", f"select {keys}, * from priced"),
        ("moved", registry.find("explain", "moved").body),
        ("chosen", registry.find("explain", "chosen").body),
        ("lasting_features", registry.find("explain", "lasting-features").body),
        ("lasting_prompts", registry.find("explain", "lasting-prompts").body),
        ("cells", registry.find("explain", "cells").body),
        ("played", registry.find("explain", "played").body),
        ("repriced_cells", "select 0::bigint as pair, * from played"),
        ("cells", "select *, false as is_repriced from cells"),
        ("played", registry.find("explain", "played").body),
        ("dated", registry.find("explain", "dated").body),
        ("slices", "select '2026-09-01' as day, 0 as slice"),
        ("spent", registry.find("explain", "spent").body),
        ("periods", f"select 0 as place, {_DAY} as since, {_DAY} as until"),
        ("candidates", "select 0::bigint as pair, 0::bigint as place, 'k' as value"),
        ("pairs", f"select 0 as game, 0 as pair, 0 as value_number, {_ENDS}"),
        ("sides", "select 0 as pair, true as in_later, 0 as slice"),
    ]
    if query.name == "paired":  # cells of many periods have the prices of their own
        made.append(("played", "select * exclude (is_repriced) from played"))
    return compose(made, query.body)


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, name in QUERIES if kind != "formats"])
def test_it_runs_over_what_its_folder_declares(kind: registry.Kind, name: str, empty: store.Store) -> None:
    """Formats run over lines in their own tests: each over lines of its own."""
    query = registry.find(kind, name)
    defaults = query.bind({})
    before: dict[registry.Kind, tuple[str, ...]] = {"explain": ("movers", "moved", "chosen"), "page": ("ranked",)}
    of_spend = registry.find("spend", "unusual-days").bind({}) if kind == "audit" else {}
    for folder, names in before.items():
        for step in names:
            defaults |= registry.find(folder, step).bind({})
    values = of_spend | defaults | {f"{p.name}_provider": None for p in query.parameters if p.type == "model"}
    with ExitStack() as made:
        for table, rows in arrows(kind).items():
            made.enter_context(empty.relation(table, rows))
        empty.rows(over(kind, name), values)
