"""What one SELECT says, said again in plain Python: caps, batches and model swaps on random small traffic."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from math import ceil, floor, log

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmcost.engine import store
from llmcost.errors import UsageError
from llmcost.prices import book
from llmcost.what_ifs.engine.step import parse
from tests.what_ifs.traffic import START_US, Replayed, Row, fill, replayed

HAIKU, OPUS, MINI = "claude-haiku-4-5", "claude-opus-4-7", "gpt-4o-mini"
TOKENIZERS = {HAIKU: 1.2, OPUS: 1.56, MINI: 1.0}
CAPS = {"classification": 10, "extraction": 100, "summarization": 300, "code": 1000}

requests = st.fixed_dictionaries(
    {
        "ts": st.one_of(st.none(), st.integers(0, 9000).map(lambda second: START_US + second * 1_000_000)),
        "model": st.sampled_from(sorted(TOKENIZERS)),
        "feature": st.sampled_from([None, "a", "b"]),
        "task_type": st.sampled_from([None, "classification", "code", "chat"]),
        "input_tokens": st.integers(0, 5000),
        "cache_read_tokens": st.integers(0, 5000),
        "cache_write_5m_tokens": st.integers(0, 50),
        "output_tokens": st.integers(0, 1500),
        "output_used_tokens": st.one_of(st.none(), st.integers(0, 1500)),
        "reasoning_tokens": st.one_of(st.none(), st.integers(0, 100)),
        "service_tier": st.sampled_from(["standard", "batch", "priority"]),
        "status": st.sampled_from(["ok", "ok", "error"]),
        "stop_reason": st.sampled_from([None, "end_turn"]),
        "output_hash": st.just("h"),
    }
)
traffics = st.lists(requests, min_size=1, max_size=8)
small = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)


@pytest.fixture(scope="module")
def opened() -> Iterator[store.Store]:
    with store.in_memory() as made:
        book.learn(made, [(None, model) for model in TOKENIZERS])
        yield made


def ran(opened: store.Store, word: str) -> tuple[list[Row], Replayed]:
    stage = replayed(opened, word)
    return stage.rows, stage


@small
@given(rows=traffics, percentile=st.sampled_from([None, 0.0, 0.5, 0.9]), early=st.booleans())
def test_caps(opened: store.Store, rows: list[Row], percentile: float | None, early: bool) -> None:
    fill(opened, rows)
    found, stage = ran(opened, f"token-caps:percentile={percentile or 'none' if percentile != 0.0 else 0.0},"
                               f"early_stop={str(early).lower()}")  # fmt: skip
    cut: dict[str | None, int] = defaultdict(int)
    for row, mine in zip(rows, found, strict=True):
        wanted = row["output_tokens"]
        if early and row["output_used_tokens"] is not None:
            wanted = min(wanted, row["output_used_tokens"])
        cap = CAPS.get(str(row["task_type"]))
        if percentile is not None:
            alike = sorted(
                other["output_tokens"] for other in rows
                if (other["feature"], other["task_type"]) == (row["feature"], row["task_type"])
            )  # fmt: skip
            cap = alike[max(0, ceil(percentile * len(alike)) - 1)]
        ends_at = wanted if cap is None else min(wanted, cap)
        assert mine["output_tokens"] == ends_at
        stopped = "max_tokens" if ends_at < wanted else "stop_sequence" if ends_at < row["output_tokens"] else None
        assert mine["stop_reason"] == (stopped or row["stop_reason"])
        assert mine["output_hash"] == (None if stopped else "h")
        assert mine["reasoning_tokens"] == (
            None if row["reasoning_tokens"] is None else min(row["reasoning_tokens"], ends_at)
        )
        cut[row["feature"]] += stopped == "max_tokens" and ends_at > 0
    assert {row["feature"]: row["answers_cut_short"] for row in stage.cut_short} == {
        feature: count for feature, count in cut.items() if count
    }


def late_share(hours: float) -> float:
    """The share of a provider's batches that need longer."""
    minutes = hours * 60
    if minutes <= 0:
        return 1.0
    if minutes < 7:
        return 1 - 0.5 * minutes / 7
    if minutes < 60:
        return 0.5 - 0.4 * log(minutes / 7) / log(60 / 7)
    return max(0.0, 0.1 - 0.1 * log(minutes / 60) / log(24))


@small
@given(rows=traffics, hours=st.sampled_from([None, 0.5, 1.2, 3.0, 24.0, 24.5, 30.0]),
       late=st.sampled_from([0.0, 0.05, 0.2, 1.0]), window_s=st.sampled_from([60, 3600]),
       tiers=st.sampled_from(["standard", "standard,priority"]))  # fmt: skip
def test_batches(
    opened: store.Store, rows: list[Row], hours: float | None, late: float, window_s: int, tiers: str
) -> None:
    fill(opened, rows)
    word = f'batch-api:features=a,tiers="{tiers}",cache_hits=0.5,late={late},window_s={window_s}'
    word += f",deadline_hours={'none' if hours is None else hours}"
    found, stage = ran(opened, word)
    filled: dict[tuple[str, int | None], int] = defaultdict(int)
    for row, mine in zip(rows, found, strict=True):
        came_s = 0 if row["ts"] is None else row["ts"] / 1_000_000 % window_s
        in_time = hours is None or late_share(hours - (window_s - came_s) / 3600) <= late
        moves = in_time and row["feature"] == "a" and row["status"] == "ok" and row["service_tier"] in tiers.split(",")
        assert mine["service_tier"] == ("batch" if moves else row["service_tier"])
        read = floor(row["cache_read_tokens"] * 0.5) if moves else row["cache_read_tokens"]
        missed = row["cache_read_tokens"] - read
        is_written = row["model"] != MINI  # at a breakpoint; GPT-4o mini has none and bills a miss as plain input
        assert mine["cache_read_tokens"] == read
        assert mine["input_tokens"] == row["input_tokens"] + (0 if is_written else missed)
        assert mine["cache_write_5m_tokens"] == row["cache_write_5m_tokens"] + (missed if is_written else 0)
        if moves:
            at = None if row["ts"] is None else row["ts"] // (window_s * 1_000_000)
            filled[row["model"], at] += 1
    if not filled:
        assert stage.summary == {}
    else:
        assert stage.summary["requests_moved"] == sum(filled.values())
        assert stage.summary["batches"] == len(filled)
        assert stage.summary["largest_window_requests"] == max(filled.values())


def test_who_comes_first_waits_longest(opened: store.Store) -> None:
    """The window ends for all at once; the batch's answers come 7 minutes later in the median, by the hour for most."""
    hour = START_US - START_US % 3_600_000_000
    row: Row = {"model": HAIKU, "feature": "a", "input_tokens": 10, "output_tokens": 1}
    for came_minutes, median, most, latest in ([0], 67, 120, 1500), ([59], 8, 61, 1441), ([0, 30], 63, 116.4, 1500):
        fill(opened, [row | {"ts": hour + minute * 60_000_000} for minute in came_minutes])
        told = ran(opened, "batch-api")[1].summary
        assert told["median_answer_after_minutes"] == pytest.approx(median, abs=0.5)
        assert told["nine_in_ten_answers_within_minutes"] == pytest.approx(most, abs=0.5)
        assert told["all_answers_within_minutes"] == latest
    fill(opened, [row | {"ts": hour + minute * 60_000_000} for minute in (0, 30, 59)])
    moved = [one["service_tier"] for one in ran(opened, "batch-api:deadline_hours=24.6,late=0")[0]]
    assert moved == ["standard", "batch", "batch"]


def test_what_a_cache_answered_needs_no_batch(opened: store.Store) -> None:
    row: Row = {"model": HAIKU, "input_tokens": 10, "output_tokens": 1, "prompt_hash": "p", "latency_ms": 100.0}
    fill(opened, [row | {"ts": START_US}, row | {"ts": START_US + 60_000_000}])
    assert replayed(opened, "response-caching", "batch-api").summary["requests_moved"] == 1


def test_a_batch_holds_no_more_than_the_provider_lets_it(opened: store.Store) -> None:
    row: Row = {"ts": START_US, "feature": "a", "output_tokens": 1, "calls": 120_000}
    fill(opened, [row | {"model": HAIKU, "input_tokens": 10}, row | {"model": MINI, "input_tokens": 10}])
    assert ran(opened, "batch-api")[1].summary["batches"] == 2 + 3  # 100,000 and 50,000 requests
    row |= {"calls": 1}
    fill(
        opened, [row | {"model": HAIKU, "input_tokens": 90_000_000}, row | {"model": MINI, "input_tokens": 90_000_000}]
    )
    assert ran(opened, "batch-api")[1].summary["batches"] == 2 + 2  # 360 MB, of 256 and 200


@small
@given(rows=traffics, target=st.sampled_from([None, *TOKENIZERS]), cache=st.sampled_from(["kept", "lost"]),
       verbosity=st.sampled_from([1, 2]), day=st.sampled_from([None, "2026-01-15"]))  # fmt: skip
def test_swaps(
    opened: store.Store, rows: list[Row], target: str | None, cache: str, verbosity: int, day: str | None
) -> None:
    fill(opened, rows)
    word = (
        f"model-swap:target={target or 'none'},features=a,cache={cache},verbosity={verbosity},prices_on={day or 'none'}"
    )
    found, _ = ran(opened, word)
    for row, mine in zip(rows, found, strict=True):
        is_meant = row["feature"] == "a"
        moves = is_meant and target is not None and target != row["model"]
        assert mine["model"] == (target if moves else row["model"])
        ratio = TOKENIZERS[mine["model"]] / TOKENIZERS[row["model"]]
        prompt = {name: row[name] for name in ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens")}
        if moves and cache == "lost":
            prompt = {name: sum(prompt.values()) if name == "input_tokens" else 0 for name in prompt}
        assert {name: mine[name] for name in prompt} == {name: floor(n * ratio + 0.5) for name, n in prompt.items()}
        assert mine["output_tokens"] == floor(row["output_tokens"] * ratio * (verbosity if moves else 1) + 0.5)
        assert mine["priced_on"] == (date.fromisoformat(day) if is_meant and day else None)


def test_another_days_prices_are_those_of_that_day(opened: store.Store) -> None:
    """o3 cost $10 and $40 a million tokens until 2025-06-10, $2 and $8 from then on."""
    book.learn(opened, [(None, "o3")])
    fill(opened, [{"ts": START_US, "model": "o3", "provider": "openai", "input_tokens": 10_000, "output_tokens": 1000}])
    costs = {
        day: replayed(opened, f"model-swap:target=none,prices_on={day}").cost_usd
        for day in ("2025-06-09", "2025-06-10", "none")
    }
    assert costs == {
        "2025-06-09": pytest.approx(0.14),
        "2025-06-10": pytest.approx(0.028),
        "none": pytest.approx(0.028),
    }


def test_what_had_no_price_on_that_day_is_paid_at_its_own(opened: store.Store) -> None:
    fill(opened, [{"ts": START_US, "model": HAIKU, "input_tokens": 10_000, "output_tokens": 1000}])
    opened.execute("update prices set valid_from = date '2025-10-01' where model = $model", {"model": HAIKU})
    found = replayed(opened, "model-swap:target=none,prices_on=2024-01-01")
    opened.execute("update prices set valid_from = date '1970-01-01' where model = $model", {"model": HAIKU})
    assert found.saved_usd == 0
    assert found.cost_usd > 0


def test_a_word_that_is_no_date_is_refused() -> None:
    with pytest.raises(UsageError, match="prices_on=2026-13-01 is not a date"):
        parse("model-swap:prices_on=2026-13-01")
