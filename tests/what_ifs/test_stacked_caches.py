"""Caches of answers with the other steps of a stack: cascades, routing with known costs, batches."""

from pathlib import Path

import pytest

from tests.logs import Row, call, write
from tests.what_ifs.test_small_what_ifs import simulated

CACHES = ["response-caching", "semantic-caching"]
CASCADE = "routing:by=cascade,small=claude-haiku-4-5,escalate=1"


def log(**fields: object) -> list[Row | str]:
    """Six requests ten minutes apart; the last two repeat the first."""
    return [call(600 * n, model="claude-opus-4-7", prompt_hash=f"p{n % 4 if n < 4 else 0}", **fields) for n in range(6)]


@pytest.mark.parametrize("fields", [{}, {"latency_ms": 2000.0}])
@pytest.mark.parametrize("cache", CACHES)
def test_a_cache_after_a_cascade_is_the_cache_before_it(tmp_path: Path, cache: str, fields: Row) -> None:
    """Each second try is of another request's hash and time as its first: it is never answered by that one."""
    after = simulated(tmp_path, log(**fields), CASCADE, cache)
    assert after["stages"][1]["effects"]["requests_without_a_call"] == 2 * 2, "both tries of the two that repeat"
    before = simulated(tmp_path, log(**fields), cache, CASCADE)
    assert before["stages"][1]["effects"]["requests_asked_twice"] == 4, "what the cache answered is asked of nobody"
    assert after["result"]["cost_usd"] == pytest.approx(before["result"]["cost_usd"])


@pytest.mark.parametrize("cache", CACHES)
def test_a_cascades_answer_is_there_after_its_second_try(tmp_path: Path, cache: str) -> None:
    """The one asked 600 s after the first is a hit only if both tries of the first took no longer."""
    rows = [call(600 * n, model="claude-opus-4-7", prompt_hash="p", latency_ms=400_000.0) for n in range(2)]
    assert simulated(tmp_path, [*rows], cache)["stages"][0]["saved_usd"] > 0
    assert simulated(tmp_path, [*rows], CASCADE, cache)["stages"][1]["saved_usd"] == 0


@pytest.mark.parametrize("cache", CACHES)
def test_what_a_cache_answered_costs_nothing_at_a_model_whose_cost_is_known(tmp_path: Path, cache: str) -> None:
    write(tmp_path / "o.jsonl", [{"prompt": "p0", "model": "claude-haiku-4-5", "correct": 1, "cost": 0.02}])
    document = simulated(tmp_path, log(), cache, "routing:by=oracle,outcomes=o.jsonl")
    plain = (1000 * 5 + 100 * 25) / 1e6
    assert document["result"]["cost_usd"] == pytest.approx(0.02 + 3 * plain), "p0 is paid once, not with its two hits"


@pytest.mark.parametrize("cache", CACHES)
def test_answers_of_unknown_latency_take_as_long_as_the_others(tmp_path: Path, cache: str) -> None:
    """Asked again after 5 s; the log's other answers take 2, or 9, in the median. Without any, 3 s are assumed."""
    pairs = [call(5 * n, prompt_hash="p") for n in range(2)]
    for known, hits in ([2000.0] * 2, 1), ([9000.0, 9000.0, 1.0], 0), ([], 1):
        others = [call(100 + n, prompt_hash=f"q{n}", latency_ms=ms) for n, ms in enumerate(known)]
        [stage] = simulated(tmp_path / f"{len(known)}", [*pairs, *others], f"{cache}:ttl=1h")["stages"]
        assert stage["effects"]["requests_without_a_call"] == hits, known
    at_once = [call(n, prompt_hash="p", ts="2026-11-02T10:00:00Z") for n in range(3)]
    [stage] = simulated(tmp_path / "at once", [*at_once], cache)["stages"]
    assert stage["saved_usd"] == stage["saved_high_usd"] == 0, "no answer is there at the moment it is asked for"


@pytest.mark.parametrize("cache", CACHES)
def test_an_answer_out_of_a_batch_serves_only_what_comes_after_the_batch(tmp_path: Path, cache: str) -> None:
    days = [call(n, prompt_hash="p", ts=f"2026-11-{2 + n:02}T10:00:00Z", feature="night") for n in range(4)]
    batch = simulated(tmp_path / "batch", [*days], "batch-api", f"{cache}:ttl=7d")["stages"][1]
    assert batch["effects"]["requests_without_a_call"] == 2, "the first is there an hour after the second asks"
    interactive = [call(10, prompt_hash="p", ts="2026-11-02T09:00:00Z", feature="live")]
    both = simulated(tmp_path, [*days, *interactive], "batch-api:features=night", f"{cache}:ttl=7d")["stages"][1]
    assert both["effects"]["requests_without_a_call"] == 4, "what is asked live may answer what would go into a batch"
