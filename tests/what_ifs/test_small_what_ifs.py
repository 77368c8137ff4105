"""What-ifs that one SELECT says, on traffic small enough to work out by hand."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from llmcost.engine import store
from llmcost.prices import book
from tests.command import llmcost
from tests.logs import Row, call, write
from tests.what_ifs.traffic import START_US, fill, replayed

Made = Callable[..., list[Row]]


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    """Makes the requests of a what-if out of rows of claude-haiku-4-5."""
    with store.in_memory() as opened:
        book.learn(opened, [(None, "claude-haiku-4-5")])

        def run(word: str, *rows: Row) -> list[Row]:
            usual: Row = {"ts": START_US, "model": "claude-haiku-4-5", "input_tokens": 1000, "output_tokens": 100}
            fill(opened, [usual | row for row in rows])
            return replayed(opened, word).rows

        yield run


def simulated(folder: Path, rows: list[Row | str], *words: str) -> dict[str, Any]:
    """The JSON of a simulation of these lines under these what-ifs."""
    write(folder / "log.jsonl", rows)
    assert llmcost("ingest", "log.jsonl", cwd=folder).returncode == 0
    stack = [part for word in words for part in ("--what-if", word)]
    done = llmcost("simulate", *stack, "--format", "json", cwd=folder)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_token_caps_save_what_they_cut(tmp_path: Path) -> None:
    rows: list[Row | str] = [
        call(1, task_type="classification", output_tokens=4),
        call(2, task_type="classification", output_tokens=60),
        call(3, task_type="chat", output_tokens=5000),
    ]
    [stage] = simulated(tmp_path, rows, "token-caps")["stages"]
    assert stage["effects"]["output_tokens"] == -50  # one answer of 60 cut at 10
    assert stage["effects"]["answers_cut_short"] == 1
    assert stage["saved_usd"] == pytest.approx(50 * 5 / 1e6)  # claude-haiku-4-5: $5 per million


def test_token_caps_at_a_percentile(tmp_path: Path) -> None:
    rows: list[Row | str] = [call(n, feature="f", output_tokens=n) for n in range(1, 101)]
    [stage] = simulated(tmp_path, rows, "token-caps:percentile=0.9")["stages"]
    assert stage["effects"]["answers_cut_short"] == 10
    assert stage["effects"]["output_tokens"] == -sum(range(1, 11))


def test_the_batch_api_halves_what_can_wait(tmp_path: Path) -> None:
    rows: list[Row | str] = [
        call(1, feature="digest"), call(2, feature="chat"), call(3, feature="digest", status="error"),
        call(4, feature="digest", service_tier="batch"), call(5, feature="digest", cache_read_tokens=1000),
    ]  # fmt: skip
    [stage] = simulated(tmp_path, rows, "batch-api:features=digest,cache_hits=0.3")["stages"]
    one = (1000 * 1 + 100 * 5) / 1e6
    reading = 1000 * 0.10 / 1e6
    missed = (300 * 0.10 + 700 * 1.25) / 1e6  # at a breakpoint a miss is a write: platform.claude.com, prompt caching
    assert stage["effects"]["requests_of_another_tier"] == 2
    assert stage["saved_usd"] == pytest.approx(one / 2 + (one + reading) - (one + missed) / 2)


@pytest.mark.parametrize(
    ("task", "cap"),
    [
        ("classification", 10),
        ("extraction", 100),
        ("summarization", 300),
        ("code_generation", 1000),
        ("code-generation", 1000),
        ("code", 1000),
    ],
)
@pytest.mark.parametrize("more", [0, 1])
def test_each_task_has_its_cap(made: Made, task: str, cap: int, more: int) -> None:
    [row] = made("token-caps", {"task_type": task, "output_tokens": cap + more, "reasoning_tokens": cap + more})
    assert (row["output_tokens"], row["reasoning_tokens"], row["max_output_tokens"]) == (cap, cap, cap)
    assert row["stop_reason"] == ("max_tokens" if more else None)


@pytest.mark.parametrize(("logged", "cap"), [(None, 10), (5, 5), (10, 10), (4096, 10)])
def test_a_lower_cap_that_was_logged_stays(made: Made, logged: int | None, cap: int) -> None:
    [row] = made("token-caps", {"task_type": "classification", "max_output_tokens": logged})
    assert row["max_output_tokens"] == cap


@pytest.mark.parametrize(
    ("used", "output", "stop_reason"),
    [(None, 60, None), (60, 60, None), (59, 59, "stop_sequence"), (0, 0, "stop_sequence")],
)
def test_an_answer_ends_after_what_was_used(made: Made, used: int | None, output: int, stop_reason: str | None) -> None:
    answer: Row = {"output_tokens": 60, "output_used_tokens": used, "output_hash": "h"}
    [row] = made("token-caps:early_stop=true", answer)
    assert (row["output_tokens"], row["stop_reason"]) == (output, stop_reason)
    assert row["output_hash"] == ("h" if output == 60 else None)
    assert made("token-caps", answer)[0]["output_tokens"] == 60


HOUR = 3_600_000_000
ON_THE_HOUR = START_US // HOUR * HOUR


@pytest.mark.parametrize(
    ("word", "seconds", "moves"),
    [
        # a request on the hour waits an hour for its batch; one a second before the next hour waits a second
        ("deadline_hours=25", 0, True),
        ("deadline_hours=24.9", 0, False),
        ("deadline_hours=24.9,late=0.01", 0, True),
        ("deadline_hours=24.1", 3599, True),
        ("deadline_hours=24", 3599, False),
        ("deadline_hours=2,late=0.1", 0, True),  # nine in ten answers within the hour
        ("deadline_hours=1.99,late=0.1", 0, False),
        ("deadline_hours=1.1167,late=0.5", 0, True),  # half of them within seven minutes
        ("deadline_hours=1.11,late=0.5", 0, False),
        ("deadline_hours=1,late=0.99", 0, False),
        ("deadline_hours=1,late=1", 0, True),
        ("deadline_hours=none", 0, True),
        ("deadline_hours=24,window_s=1", 0, False),
        ("deadline_hours=24.01,window_s=1", 0, True),
    ],
)
def test_what_can_wait_for_its_batch_by_the_deadline(made: Made, word: str, seconds: int, moves: bool) -> None:
    [row] = made(f"batch-api:{word}", {"ts": ON_THE_HOUR + seconds * 1_000_000})
    assert row["service_tier"] == ("batch" if moves else "standard")


@pytest.mark.parametrize(
    ("word", "fields", "moves"),
    [
        ("", {}, True),
        ("", {"status": "error"}, False),
        ("", {"service_tier": "flex"}, False),
        ("tiers='standard,flex'", {"service_tier": "flex"}, True),
        ("features=a", {"feature": "a"}, True),
        ("features=a", {"feature": "b"}, False),
        ("features=a", {}, False),
        ("features=none", {"feature": "a"}, False),
        ("task_types=a", {"task_type": "a"}, True),
        ("task_types=a", {"task_type": None}, False),
        ("", {"model": "unheard-of"}, False),
        ("", {"answered_by": "cache"}, False),
    ],
)
def test_what_goes_through_the_batch_api(made: Made, word: str, fields: Row, moves: bool) -> None:
    [row] = made(f"batch-api:{word}", {"latency_ms": 5.0, "ttft_ms": 1.0} | fields)
    assert (row["service_tier"] == "batch") is moves
    assert (row["latency_ms"], row["ttft_ms"]) == ((None, None) if moves else (5.0, 1.0))


def test_a_model_without_a_batch_price_does_not_move(tmp_path: Path) -> None:
    rows: list[Row | str] = [
        call(1, provider="openai", model="gpt-realtime"), call(2, provider="cohere", model="command-r"),
        call(3, provider="openai", model="gpt-4o"),
    ]  # fmt: skip
    [stage] = simulated(tmp_path, rows, "batch-api")["stages"]
    assert stage["effects"]["requests_of_another_tier"] == 1
    assert stage["saved_usd"] == pytest.approx((1000 * 2.5 + 100 * 10) / 1e6 / 2)


def test_bedrock_s_batches_cache_nothing(tmp_path: Path) -> None:
    """docs.aws.amazon.com/bedrock: prompt caching is not available in batch inference."""
    model = "regional.anthropic.claude-haiku-4-5-20251001-v1:0"
    rows: list[Row | str] = [
        call(1, provider="aws", model=model, cache_read_tokens=1000, cache_write_5m_tokens=500), call(2)
    ]  # fmt: skip
    [stage] = simulated(tmp_path, rows, "batch-api:caching=most")["stages"]
    assert stage["effects"]["requests_of_another_tier"] == 2
    assert stage["effects"]["cache_read_tokens"] == -1000
    assert stage["effects"]["cache_write_tokens"] == -500
    assert stage["effects"]["input_tokens"] == 1500


def test_a_model_swap_is_priced_at_the_new_model(tmp_path: Path) -> None:
    rows: list[Row | str] = [call(1, feature="a"), call(2, feature="b")]
    word = "model-swap:target=claude-opus-4-7,features=a,input_ratio=1,verbosity=2"
    [stage] = simulated(tmp_path, rows, word)["stages"]
    old, new = (1000 * 1 + 100 * 5) / 1e6, (1000 * 5 + 200 * 25) / 1e6
    assert stage["saved_usd"] == pytest.approx(old - new)
    assert stage["moves"] == [
        {"from_model": "claude-haiku-4-5", "to_model": "claude-opus-4-7", "requests": 1, "share": 0.5,
         "before_usd": pytest.approx(old), "after_usd": pytest.approx(new), "saved_usd": pytest.approx(old - new)}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("complexity", "task", "model"),
    [
        (0.49, "classification", "claude-haiku-5-5"),
        (0.5, "classification", "claude-sonnet-5-5"),
        (0.79, "summarization", "claude-sonnet-5-5"),
        (0.8, "extraction", "claude-opus-5-5"),
        (0.1, "chat", "claude-opus-5-5"),
        (None, "classification", "claude-haiku-4-5"),
        (0.1, None, "claude-haiku-4-5"),
    ],
)
def test_routing_keeps_to_the_rule(tmp_path: Path, complexity: float | None, task: str | None, model: str) -> None:
    rows: list[Row | str] = [call(1, complexity=complexity, task_type=task)]
    [stage] = simulated(tmp_path, rows, "routing")["stages"]
    assert [move["to_model"] for move in stage["moves"]] == ([] if model == "claude-haiku-4-5" else [model])


def test_routing_without_upgrades_and_with_the_cache_left_behind(tmp_path: Path) -> None:
    rows: list[Row | str] = [
        call(1, complexity=0.9, task_type="chat"),
        call(2, complexity=0.1, task_type="classification", model="claude-opus-4-7", cache_read_tokens=10_000),
    ]
    document = simulated(tmp_path, rows, "routing:upgrade=false")
    [stage] = document["stages"]
    assert [move["to_model"] for move in stage["moves"]] == ["claude-haiku-5-5"]
    assert stage["effects"]["cache_read_tokens"] == -10_000
    # claude-haiku-5-5: $0.10 and $0.50 per million tokens below 100,000 tokens of prompt
    moved = (11_000 * 0.1 + 100 * 0.5) / 1e6
    assert document["result"]["cost_usd"] == pytest.approx((1000 * 1 + 100 * 5) / 1e6 + moved)
