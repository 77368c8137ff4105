"""What holds for every kernel: it takes its header's parameters, decides as it says, and its parts add up."""

import inspect
import json
import pickle
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from llmcost.engine import registry, store
from llmcost.prices import book
from llmcost.what_ifs.engine import replay
from llmcost.what_ifs.kernels.kernel import Kernel, ordered, selected
from tests.what_ifs.traffic import START_US, Row, fill

NAMES = [name for name, query in registry.load("what_ifs").items() if query.field("kernel")]
MODEL = "claude-haiku-4-5"


def kernel_of(name: str) -> Kernel[Any]:
    kernel = replay.kernel_of(registry.find("what_ifs", name))
    assert kernel is not None
    return kernel


def given(query: registry.Query) -> dict[str, Any]:
    """The parameters that the replay gets: those that do not choose its requests."""
    values = query.bind({})
    chosen = registry.used(kernel_of(query.name).rows, values)
    return {name: value for name, value in values.items() if name not in chosen}


@pytest.fixture(scope="module")
def opened() -> Iterator[store.Store]:
    """Four features that each ask three prompts over and over, with the same instructions."""
    with store.in_memory() as made:
        book.learn(made, [(None, MODEL)])
        rows: list[Row] = [
            {
                "ts": START_US + n * 1_000_000,
                "model": MODEL,
                "feature": "abcd"[n % 4],
                "task_type": "classification",
                "input_tokens": 1000,
                "output_tokens": 20,
                "prompt_hash": f"{n % 4} {n // 4 % 3}",
                "output_hash": "xy"[n // 20 % 2],
                "latency_ms": 100.0,
                "prefix": [{"hash": "s", "tokens": 800}],
                "system_blocks": 1,
            }
            for n in range(60)
        ]
        fill(made, rows)
        yield made


def test_there_are_some() -> None:
    assert len(NAMES) > 3


@pytest.mark.parametrize("name", NAMES)
def test_a_type_checker_holds_it_to_the_protocol(name: str) -> None:
    """mypy compares what is assigned to `KERNEL` with the type that it is declared to have."""
    module = import_module(type(kernel_of(name)).__module__)
    assert str(module.__annotations__["KERNEL"]).startswith(f"{Kernel.__module__}.Kernel[")


@pytest.mark.parametrize("name", NAMES)
def test_it_takes_the_parameters_of_its_header(name: str) -> None:
    taken = inspect.signature(kernel_of(name).replay).parameters.values()
    query = registry.find("what_ifs", name)
    declared = {parameter.name for parameter in query.parameters}
    assert set(kernel_of(name).measured) <= declared
    if not any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in taken):
        keywords = {parameter.name for parameter in taken if parameter.kind is inspect.Parameter.KEYWORD_ONLY}
        assert keywords == set(given(query))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rows", ["true", "false"])
def test_it_decides_on_the_columns_that_it_names(opened: store.Store, name: str, rows: str) -> None:
    query, kernel = registry.find("what_ifs", name), kernel_of(name)
    opened.execute(f"create or replace temp table given as select * from requests where {rows}")
    decisions, _ = replay.replay(opened, kernel, query, query.bind({}), "given")
    assert bool(decisions.num_rows) == (rows == "true")
    with opened.relation("decided", decisions):
        described = {row["column_name"]: row["column_type"].lower() for row in opened.rows("describe decided")}
    assert described == dict(kernel.decisions)
    assert next(iter(described)) == "request_id"


@pytest.mark.parametrize("name", NAMES)
def test_its_parts_add_up_wherever_they_were_replayed(
    opened: store.Store, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    query, kernel = registry.find("what_ifs", name), kernel_of(name)
    values = query.bind({})
    whole, told = replay.replay(opened, kernel, query, values, "requests")
    assert any(isinstance(value, int | float) and value > 0 for value in told.values())
    assert json.loads(json.dumps(told)) == told
    monkeypatch.setattr(replay, "ROWS_AT_ONCE", 7)
    monkeypatch.setattr(replay, "ROWS_OF_A_STREAM", 7)
    decisions, summary = replay.replay(opened, kernel, query, values, "requests")
    assert summary == told
    assert decisions.sort_by("request_id").equals(whole.sort_by("request_id"))

    read = "(select *, null::varchar as prompt_text from requests)"  # no texts are kept
    traffic = opened.arrow(f"select {selected(kernel)} from {read} order by {ordered(kernel)}")
    [found] = pickle.loads(pickle.dumps([kernel.replay(traffic, **given(query)).found]))
    assert kernel.summary([found]) == told


def test_a_part_without_requests_adds_nothing(opened: store.Store) -> None:
    for name in NAMES:
        query, kernel = registry.find("what_ifs", name), kernel_of(name)
        values = given(query)
        if not kernel.is_apart(values):
            continue
        traffic = opened.arrow(f"select {selected(kernel)} from requests order by {ordered(kernel)}")
        found = [kernel.replay(share, **values).found for share in (traffic, traffic[:0])]
        assert kernel.summary(found) == kernel.summary(found[:1])
