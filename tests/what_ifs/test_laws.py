"""What holds for every what-if: columns stay, neutral parameters change nothing, no row is lost."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmcost.engine import registry, store
from llmcost.errors import LlmcostError, UsageError
from llmcost.prices import book
from llmcost.reports import spend
from llmcost.reports.scope import Scope
from llmcost.what_ifs.engine.chain import Chain, Traffic
from llmcost.what_ifs.engine.step import parse, settled
from llmcost.what_ifs.projection import simulate
from tests.what_ifs import traffic

Row = dict[str, Any]

MODELS = ["claude-haiku-4-5", "claude-opus-4-7", "gpt-4o-mini"]
NAMES = sorted(registry.load("what_ifs"))

texts = st.sampled_from([None, "a", "b"])
counts = st.integers(0, 30_000)
calls = st.fixed_dictionaries(
    {
        "ts": st.one_of(st.none(), st.integers(0, 8000).map(lambda second: 1_793_000_000_000_000 + second * 1_000_000)),
        "model": st.sampled_from(MODELS),
        "feature": texts,
        "task_type": st.sampled_from([None, "classification", "chat"]),
        "prompt_id": texts,
        "user_id": texts,
        "session_id": texts,
        "input_tokens": counts,
        "cache_read_tokens": st.sampled_from([0, 0, 0, 5000]),
        "cache_write_5m_tokens": st.sampled_from([0, 0, 0, 5000]),
        "output_tokens": counts,
        "status": st.sampled_from(["ok", "ok", "error"]),
        "prompt_hash": texts,
        "output_hash": texts,
        "blocks": st.lists(st.sampled_from(["x", "y"]), max_size=3),
        "complexity": st.one_of(st.none(), st.floats(0, 1)),
        "latency_ms": st.one_of(st.none(), st.floats(0, 60_000)),
    }
)


@pytest.fixture
def empty() -> Iterator[store.Store]:
    with store.in_memory() as opened:
        book.learn(opened, [(None, model) for model in MODELS])
        yield opened


def fill(opened: store.Store, rows: list[Row]) -> None:
    """Puts the rows into `requests`, a prompt's blocks chained."""
    made = []
    for row in rows:
        total = row["input_tokens"] + row["cache_read_tokens"] + row["cache_write_5m_tokens"]
        blocks = row.pop("blocks")
        ends = range(1, len(blocks) + 1)
        prefix = [{"hash": "".join(blocks[:end]), "tokens": total * end // len(blocks)} for end in ends]
        made.append(row | {"prefix": prefix or None, "system_blocks": min(1, len(blocks))})
    traffic.fill(opened, made)


def stage(opened: store.Store, word: str) -> tuple[list[Row], list[Row]]:
    """What the what-if makes of the requests: its rows, and its columns with their types."""
    chain = Chain(Traffic.of(opened, Scope(), ()), "")
    if failure := chain.add(settled(opened, parse(word))).failure:
        raise failure
    return opened.rows(f"select * from {chain.stage} order by request_id"), opened.rows(f"describe {chain.stage}")


@pytest.mark.parametrize("name", NAMES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(rows=st.lists(calls, min_size=1, max_size=12))
def test_laws(empty: store.Store, name: str, rows: list[Row]) -> None:
    query = registry.find("what_ifs", name)
    fill(empty, rows)
    before = empty.rows("select * from requests order by request_id")
    columns = [(row["column_name"], row["column_type"]) for row in empty.rows("describe requests")]

    neutral, _ = stage(empty, f"{name}:{query.field('neutral')}")
    assert neutral == before

    try:
        after, described = stage(empty, name)
    except LlmcostError:
        return  # this traffic cannot be projected, and it says so
    assert [(row["column_name"], row["column_type"]) for row in described] == columns
    if query.field("rows", "keeps") == "keeps":
        assert [row["request_id"] for row in after] == [row["request_id"] for row in before]


def test_an_empty_stack_changes_nothing(empty: store.Store) -> None:
    fill(empty, [{"ts": 1_793_000_000_000_000, "model": MODELS[0], "input_tokens": 1000, "cache_read_tokens": 0,
                  "cache_write_5m_tokens": 0, "output_tokens": 10, "status": "ok", "blocks": ["x"]}])  # fmt: skip
    projection = simulate(empty, [], Scope())
    assert projection.cost_usd == projection.baseline_usd == spend.spend(empty, (), Scope())[0]["cost_usd"]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("prompt-caching:miss_rate=2", "miss_rate=2 is not between 0 and 1"),
        ("prompt-caching:base_share=nan", "base_share=nan is not between 0 and 1"),
        ("prompt-caching:slack_s=-1", "slack_s=-1 is less than 0"),
        ("prompt-caching:others_every_s=0", "others_every_s=0 is less than 1"),
        ("prompt-caching:ttft_ms=soon", "ttft_ms=soon is not a number"),
        ("prompt-caching:ttft_ms=1_0", "ttft_ms=1_0 is not a number"),
        ("self-hosted:spare=\u0661", "spare=\u0661 is not a number"),
        ("prompt-caching:slack_s=none", "slack_s=none is not a number"),
        ("response-caching:capacity=-1", "capacity=-1 is less than 0"),
        ("batch-api:window_s=inf", "window_s=inf is not between 1 and 1e"),
        ("batch-api:window_s=nan", "window_s=nan is not between 1 and 1e"),
        ("batch-api:window_s=1e308", "window_s=1e308 is not between 1 and 1e"),
    ],
)
def test_a_number_out_of_its_bounds_is_refused(word: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse(word)
