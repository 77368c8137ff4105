"""What-ifs that one SELECT says, on traffic small enough to work out by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import llmcost
from tests.logs import Row, call, write


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
