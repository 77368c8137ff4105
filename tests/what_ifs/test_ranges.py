"""Savings as ranges: the ends of the assumptions, the spread of the traffic, and steps that cannot be projected."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from llmcost.engine import store
from llmcost.errors import LlmcostError
from llmcost.prices import book
from llmcost.reports.scope import scope
from llmcost.what_ifs.engine.step import parse
from llmcost.what_ifs.projection import simulate
from tests.logs import Row, call, ingested, write
from tests.what_ifs.test_small_what_ifs import simulated

READ, PLAIN, WRITE, OUT = 0.10 / 1e6, 1 / 1e6, 1.25 / 1e6, 5 / 1e6  # claude-haiku-4-5, US dollars a token


def test_the_range_is_the_replay_at_both_ends(tmp_path: Path) -> None:
    document = simulated(tmp_path, [call(1, cache_read_tokens=1000)], "batch-api")
    [stage] = document["stages"]
    before = 1000 * PLAIN + 100 * OUT + 1000 * READ

    def saved(hits: float) -> float:
        return before - (1000 * PLAIN + 100 * OUT + 1000 * hits * READ + 1000 * (1 - hits) * WRITE) / 2

    assert stage["saved_usd"] == pytest.approx(saved(0.64))
    assert (stage["saved_low_usd"], stage["saved_high_usd"]) == (pytest.approx(saved(0.3)), pytest.approx(saved(0.98)))
    assert document["result"]["saved_low_usd"] == stage["saved_low_usd"]


def test_what_the_user_set_is_no_assumption(tmp_path: Path) -> None:
    [stage] = simulated(tmp_path, [call(1, cache_read_tokens=1000)], "batch-api:cache_hits=0.5")["stages"]
    assert stage["saved_low_usd"] == stage["saved_usd"] == stage["saved_high_usd"]


@pytest.mark.parametrize("name", ["response-caching", "semantic-caching"])
def test_a_cache_saves_least_where_answers_differ_or_may_come_late(tmp_path: Path, name: str) -> None:
    """Asked every 20 s; low: answers of unknown latency are there after 30 s. One that differs is asked again."""
    rows: list[Row | str] = [call(20 * n, prompt_hash="p", output_hash=answer) for n, answer in enumerate("xxxy")]
    [stage] = simulated(tmp_path, rows, name)["stages"]
    one = 1000 * PLAIN + 100 * OUT
    assert stage["saved_usd"] == stage["saved_high_usd"] == pytest.approx(2 * one), "the last differs"
    assert stage["saved_low_usd"] == pytest.approx(one), "the second comes too early"
    assert not stage["saved_is_upper_bound"], "the log has every answer"
    [stage] = simulated(tmp_path, rows, f"{name}:latency_ms=0,differing=served")["stages"]
    assert stage["saved_usd"] == stage["saved_high_usd"] == pytest.approx(3 * one), "those who accept any answer"


@pytest.mark.parametrize("name", ["response-caching", "semantic-caching"])
def test_where_no_answer_is_logged_a_cache_may_save_nothing(tmp_path: Path, name: str) -> None:
    rows: list[Row | str] = [
        call(ts=f"2026-11-{day:02}T10:00:{n:02}Z", request_id=f"{day}-{n}", latency_ms=1, prompt_hash="p")
        for day in range(1, 11) for n in range(day % 3 + 1)
    ]  # fmt: skip
    document = simulated(tmp_path, rows, name)
    [stage] = document["stages"]
    assert (stage["saved_low_usd"], stage["saved_high_usd"]) == (0, stage["saved_usd"])
    assert stage["saved_is_upper_bound"]
    assert document["result"]["saved_is_upper_bound"]
    assert 0 < stage["traffic_low_usd"] < stage["saved_usd"] < stage["traffic_high_usd"], "by the days drawn"
    [stage] = simulated(tmp_path, rows, f"{name}:differing=asked")["stages"]
    assert stage["saved_low_usd"] == stage["saved_usd"] > 0, "nothing shows that any differs"


def test_features_add_up_at_each_end(tmp_path: Path) -> None:
    rows: list[Row | str] = [
        call(n, feature=f"f{n % 2}", cache_read_tokens=500 * n, task_type="classification") for n in range(1, 9)
    ]
    write(tmp_path / "log.jsonl", rows)
    with ingested(tmp_path / "s.duckdb", tmp_path / "log.jsonl") as (opened, _):
        stack = [parse("token-caps"), parse("batch-api")]
        found = simulate(opened, stack, scope(opened), ("feature",))
    for end in ("low_usd", "high_usd"):
        assert getattr(found.range, end) == pytest.approx(sum(getattr(stage.range, end) for stage in found.stages))
        assert getattr(found.range, end) == pytest.approx(sum(row[f"saved_{end}"] for row in found.by))
    assert found.range.low_usd < sum(stage.saved_usd for stage in found.stages) < found.range.high_usd


def test_traffic_alike_every_day_leaves_no_doubt_and_other_traffic_does(tmp_path: Path) -> None:
    def on_days(tokens: list[int]) -> list[Row | str]:
        return [
            call(n, ts=f"2026-11-{day:02}T10:{n:02}:00Z", session_id="s", task_type="classification", output_tokens=out)
            for day, out in enumerate(tokens, start=1)
            for n in [day]
        ]

    (tmp_path / "alike").mkdir()
    (tmp_path / "varied").mkdir()
    alike = simulated(tmp_path / "alike", on_days([60] * 10), "token-caps")
    assert alike["ranges"]["drawn"] == "days"
    saved = alike["result"]["saved_usd"]
    assert alike["result"]["traffic_low_usd"] == pytest.approx(saved) == alike["result"]["traffic_high_usd"]

    varied = simulated(tmp_path / "varied", on_days([5, 5, 5, 5, 5, 400, 400, 5, 5, 5]), "token-caps")["result"]
    assert varied["traffic_low_usd"] < varied["saved_usd"] < varied["traffic_high_usd"]


def some_without_a_time(tokens: int) -> list[Row | str]:
    """Ten days that vary, and a request that has no time, with so many tokens of output."""
    rows: list[Row | str] = [
        call(n, ts=f"2026-11-{n:02}T10:00:00Z", task_type="classification", output_tokens=200 * (1 + n % 2))
        for n in range(1, 11)
    ]
    undated = call(99, task_type="classification", output_tokens=tokens)
    return [*rows, {name: value for name, value in undated.items() if name != "ts"}]


def test_what_has_no_time_saves_what_it_saves_and_is_not_drawn(tmp_path: Path) -> None:
    document = simulated(tmp_path, some_without_a_time(1000), "token-caps")
    result = document["result"]
    assert result["traffic_low_usd"] < result["saved_usd"] < result["traffic_high_usd"]
    assert result["traffic_high_usd"] - result["traffic_low_usd"] < result["saved_usd"]


def test_where_most_has_no_time_nothing_is_said_of_other_days(tmp_path: Path) -> None:
    document = simulated(tmp_path, some_without_a_time(20_000), "token-caps")
    assert document["result"]["saved_usd"] > 0
    assert document["result"]["traffic_low_usd"] is None


def test_too_few_days_and_sessions_say_nothing(tmp_path: Path) -> None:
    document = simulated(tmp_path, [call(1, task_type="classification")], "token-caps")
    assert document["ranges"]["drawn"] is None
    assert document["result"]["traffic_low_usd"] is None


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[store.Store]:
    write(tmp_path / "log.jsonl", [call(n, task_type="classification") for n in range(1, 4)])
    with ingested(tmp_path / "s.duckdb", tmp_path / "log.jsonl") as (opened, _):
        book.learn(opened, [(None, "claude-haiku-4-5")])
        yield opened


def test_a_step_that_cannot_be_projected_is_noted_and_the_rest_is(logged: store.Store) -> None:
    unfit = parse("self-hosted:instance=g4dn.xlarge,model=mistral-7b,quantization=none")
    with pytest.raises(LlmcostError):
        simulate(logged, [unfit], scope(logged))
    found = simulate(logged, [unfit, parse("token-caps")], scope(logged))
    assert found.stages[0].saved_usd == 0
    assert found.stages[1].saved_usd == pytest.approx(3 * 90 * OUT)
    assert any(note.startswith("self-hosted: not projected") for note in found.notes)


def test_what_the_log_lacks_is_said(logged: store.Store) -> None:
    found = simulate(logged, [parse("routing")], scope(logged))
    assert "routing: cannot be projected: no request has the task type or complexity that decides" in found.notes


def test_requests_without_a_time_wait_for_no_others(tmp_path: Path) -> None:
    prefix = [{"hash": "system", "tokens": 800}, {"hash": "all", "tokens": 1000}]
    rows = [call(n, ts=None, task_type="extraction", prefix=prefix, system_blocks=1) for n in range(9)]
    with ingested(tmp_path / "s.duckdb", write(tmp_path / "log.jsonl", rows)) as (opened, _):
        book.learn(opened, [(None, "claude-haiku-4-5")])
        notes = simulate(opened, [parse("request-batching")], scope(opened)).notes
    assert any(note.startswith("request-batching: cannot be projected: no request has a time") for note in notes), notes


def test_a_step_as_a_word_means_the_same_step() -> None:
    for word in ("routing", "token-caps:percentile=0.9", 'batch-api:features="a,b",cache_hits=0.5', "model-swap"):
        step = parse(word)
        assert parse(step.word).values == step.values
