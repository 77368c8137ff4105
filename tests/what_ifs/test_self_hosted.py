"""self-hosted as a step of a stack: what it does to the rows, and what it says of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llmcost.engine import registry, store
from llmcost.errors import LlmcostError, UsageError
from llmcost.prices import book
from llmcost.reports.scope import Scope
from llmcost.self_hosting.fitting import DoesNotFitError
from llmcost.what_ifs.engine.step import parse
from llmcost.what_ifs.kernels.self_hosted import KERNEL
from llmcost.what_ifs.projection import simulate
from tests.logs import call, ingested, write
from tests.what_ifs.traffic import replayed

Row = dict[str, Any]
BUCKETS = ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")


@pytest.fixture(scope="module")
def logged() -> Iterator[store.Store]:
    """Two thousand calls over a day: every third a chat, some that cannot be replayed."""
    with store.in_memory() as opened:
        book.learn(opened, [("anthropic", "claude-haiku-4-5")])
        opened.execute("""
            insert into requests by name
            select
                'r' || i as request_id, 'test' as source_format, 'anthropic' as provider,
                'claude-haiku-4-5' as model, 'standard' as service_tier, false as output_partial,
                case when i % 10 <> 1 then timestamp '2026-11-02' + interval (i * 43) second end as ts,
                case when i % 3 = 0 then 'chat' else 'search' end as feature,
                case when i % 4 = 0 then 0.2 when i % 4 = 1 then 0.9 end as complexity,
                500 + i % 700 as input_tokens, 200 as cache_read_tokens, 100 as cache_write_5m_tokens,
                0 as cache_write_1h_tokens, 10 + i % 300 as output_tokens,
                case when i % 10 = 4 then 1 else 0 end as web_searches,
                case when i % 10 = 3 then 24 else 1 end as calls,
                case when i % 10 = 2 then 'error' else 'ok' end as status
            from range(2000) as numbers(i)
        """)
        yield opened


def run(logged: store.Store, word: str) -> dict[str, Row]:
    """The requests after the what-if, by id."""
    return {row["request_id"]: row for row in replayed(logged, word).rows}


def before(logged: store.Store) -> dict[str, Row]:
    return {row["request_id"]: row for row in logged.rows("select * from requests")}


def hosted(rows: dict[str, Row]) -> set[str]:
    return {name for name, row in rows.items() if row["provider"] == "self-hosted"}


def test_the_bill_is_what_the_hosted_requests_cost(logged: store.Store) -> None:
    after = run(logged, "self-hosted:count=2")
    costs = [after[name]["cost_override_usd"] for name in hosted(after)]
    span_hours = 1999 * 43 / 3600
    assert sum(costs) == pytest.approx(2 * 0.526 * span_hours, rel=1e-3)
    assert all(cost > 0 for cost in costs)


def test_who_cannot_be_replayed_stays_as_it_was(logged: store.Store) -> None:
    after, were = run(logged, "self-hosted:count=1"), before(logged)
    assert hosted(after) == {f"r{i}" for i in range(2000) if i % 10 not in (1, 2, 3, 4)}
    for name in set(after) - hosted(after):
        assert after[name] == were[name]


def test_a_hosted_request_takes_its_whole_prompt(logged: store.Store) -> None:
    after, were = run(logged, "self-hosted:count=1,tokenizer_ratio=1.2,prefix_hit_rate=0.5"), before(logged)
    for name in hosted(after):
        row = after[name]
        assert row["model"] == "mistral-7b"
        assert row["cache_read_tokens"] == 112, "whole blocks of 16 of 120"
        assert sum(row[bucket] for bucket in BUCKETS) == round(1.2 * sum(were[name][bucket] for bucket in BUCKETS))
        assert row["output_tokens"] == round(1.2 * were[name]["output_tokens"])
        assert 0 < row["ttft_ms"] <= row["latency_ms"]


def test_a_prefix_that_the_machine_holds_is_not_read_again() -> None:
    """Three calls of one session, each with the prompt before it, and one of another: on one machine and on two."""
    with store.in_memory() as opened:
        opened.execute("""
            insert into requests by name
            select
                'r' || i as request_id, 'test' as source_format, 'anthropic' as provider,
                'claude-haiku-4-5' as model, 'standard' as service_tier, false as output_partial,
                timestamp '2026-11-02' + interval (i * 50) millisecond as ts, 1 as calls,
                300 + 100 * i as input_tokens, 0 as cache_read_tokens, 0 as cache_write_5m_tokens,
                0 as cache_write_1h_tokens, 20 as output_tokens, 0 as web_searches, 'ok' as status,
                case when i = 3 then [{'hash': 'other', 'tokens': 600}]
                else list_transform(range(i + 1), lambda n: {'hash': 'a' || n, 'tokens': 300 + 100 * n}) end as prefix
            from range(4) as numbers (i)
        """)
        for count, read in (("1", [0, 288, 400, 0]), ("2", [0, 0, 288, 0])):
            after = run(opened, f"self-hosted:count={count}")
            assert [after[f"r{i}"]["cache_read_tokens"] for i in range(4)] == read
            assert [sum(after[f"r{i}"][bucket] for bucket in BUCKETS) for i in range(4)] == [300, 400, 500, 600]
        none = run(opened, "self-hosted:count=1,prefix_hit_rate=0")
        assert {row["cache_read_tokens"] for row in none.values()} == {0}


@pytest.mark.parametrize(
    ("word", "condition"),
    [
        ("features=chat", lambda row: row["feature"] == "chat"),
        ("from_models=claude-opus-4-7", lambda row: False),
        ("task_types='a,b'", lambda row: False),
        ("max_complexity=0.5", lambda row: row["complexity"] == 0.2),
        ("max_context=1000", lambda row: sum(row[name] for name in (*BUCKETS, "output_tokens")) <= 1000),
    ],
)
def test_only_the_traffic_asked_for(logged: store.Store, word: str, condition: Any) -> None:
    everybody = hosted(run(logged, "self-hosted:count=1"))
    wanted = {name for name, row in before(logged).items() if name in everybody and condition(row)}
    assert hosted(run(logged, f"self-hosted:count=1,{word}")) == wanted


def test_no_machine_changes_nothing(logged: store.Store) -> None:
    assert run(logged, "self-hosted:count=0") == before(logged)


def test_a_cache_in_front_lowers_the_load(logged: store.Store) -> None:
    """What another step has answered has no tokens left and needs no machine."""
    logged.execute("create or replace temp table answered as select * from requests")
    try:
        logged.execute("update requests set input_tokens = 0, cache_read_tokens = 0, cache_write_5m_tokens = 0,"
                       " output_tokens = 0 where feature = 'chat'")  # fmt: skip
        after = run(logged, "self-hosted:count=1")
        assert {after[name]["feature"] for name in hosted(after)} == {"search"}
    finally:
        logged.execute("delete from requests")
        logged.execute("insert into requests select * from answered")


def test_response_caching_in_front_lowers_the_load(tmp_path: Path) -> None:
    """A step of its own: what it answers needs no machine, and the bill is shared among the others."""
    rows = [call(n, feature="faq", prompt_hash=f"faq{n % 4}") for n in range(1, 101, 2)]
    rows += [call(n, feature="chat", prompt_hash=f"chat{n}") for n in range(2, 101, 2)]
    with ingested(tmp_path / "s.duckdb", write(tmp_path / "log.jsonl", rows)) as (opened, _):
        stack = [parse(word) for word in ("response-caching", "self-hosted:count=1")]
        both = simulate(opened, stack, Scope(), ("feature",))
        answered, hosting = both.stages
        left = 100 - answered.effects["requests_without_a_call"]
        assert left == 50 + 2
        assert hosting.summary is not None
        assert hosting.summary["requests_hosted"] == left
        assert both.cost_usd == pytest.approx(hosting.summary["bill_usd"])
        by_feature = {row["feature"]: row["cost_usd"] for row in both.by}
        assert sum(by_feature.values()) == pytest.approx(both.cost_usd)
        assert 0 < by_feature["faq"] < by_feature["chat"] / 10


def test_the_range_is_that_of_the_iteration_time(tmp_path: Path) -> None:
    """Six hundred calls in a few seconds: how many machines they need depends on how fast one is."""
    rows = [call(n, ts=f"2026-11-02T10:00:{n % 6:02d}.{n // 6:03d}Z", input_tokens=3000) for n in range(600)]
    with ingested(tmp_path / "s.duckdb", write(tmp_path / "log.jsonl", rows)) as (opened, _):
        [likely] = simulate(opened, [parse("self-hosted")], Scope()).stages
        assert likely.range.low_usd < likely.saved_usd < likely.range.high_usd
        assert likely.summary is not None
        few, many = likely.summary["machines_range"]
        assert likely.saved_usd - likely.range.low_usd == pytest.approx((many - likely.summary["machines"]) * 0.526)
        assert likely.range.high_usd - likely.saved_usd == pytest.approx((likely.summary["machines"] - few) * 0.526)
        word = "self-hosted:instance=none,gpu=RTX-4090,usd_per_hour=1,model=llama-3.1-8b,quantization=none"
        [measured] = simulate(opened, [parse(word)], Scope()).stages
        assert measured.range.low_usd == measured.saved_usd == measured.range.high_usd
        [move] = measured.moves
        assert move["before_usd"] - move["after_usd"] == pytest.approx(move["saved_usd"])


@pytest.mark.parametrize(
    ("word", "error", "message"),
    [
        ("quantization=none", DoesNotFitError, "does not fit one T4"),
        ("quantization=mxfp4", DoesNotFitError, "no kernels"),
        ("model=Phi-4-multimodal-instruct", UsageError, "no open-weight model named Phi-4-multimodal-instruct"),
        ("instance=g4dn.large", UsageError, "no instance named g4dn.large"),
        ("model=claude-haiku-4-5", UsageError, "no open-weight model"),
        ("count=some", UsageError, "count=some"),
        ("count=-1", UsageError, "count=-1"),
        ("gpu=H100", LlmcostError, "no on-demand price"),
        ("price=reserved", LlmcostError, "no reserved price"),
        ("usd_per_hour=-1", UsageError, "less than 0"),
        ("tpot_ms=1", LlmcostError, "no number of these machines"),
        ("hours=office,office_from=18,office_to=9", UsageError, "office hours"),
        ("tokenizer_ratio=0", UsageError, "tokenizer_ratio"),
        ("max_waiting=0", UsageError, "admits no requests"),
        ("instance=none", UsageError, "needs an instance or a gpu"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(
    logged: store.Store, word: str, error: type[LlmcostError], message: str
) -> None:
    with pytest.raises(error, match=message) as refused:
        run(logged, f"self-hosted:{word}")
    assert refused.value.hint or "office" in message or "ratio" in message


def test_the_plan_comes_with_the_rows(logged: store.Store) -> None:
    query = registry.find("what_ifs", "self-hosted")
    traffic = logged.arrow(f"select request_id, ts, {', '.join(KERNEL.columns)} from requests")
    replayed = KERNEL.replay(traffic, **query.bind({}))
    summary = KERNEL.summary([replayed.found])
    assert summary["machines"] == 1
    assert summary["requests_hosted"] == replayed.decisions.num_rows == 1200
    assert summary["footing"] == "datasheet"
    assert summary["usd_per_month"] == pytest.approx(384, abs=0.5)
    assert summary["ttft_ms"]["p95"] > 0
    assert 0 < summary["gpu_busy"] < 1


def test_the_order_of_the_rows_does_not_matter(logged: store.Store) -> None:
    query = registry.find("what_ifs", "self-hosted")
    traffic = logged.arrow(f"select request_id, ts, {', '.join(KERNEL.columns)} from requests")
    rows = [
        KERNEL.replay(table, **query.bind({})).decisions.sort_by("request_id").to_pylist()
        for table in (traffic, traffic.take(list(reversed(range(traffic.num_rows)))))
    ]
    assert rows[0] == rows[1]
