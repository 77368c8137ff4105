"""The total that a log states decides which of its counts hold which, the same in every format."""

from pathlib import Path
from typing import Any

import pytest

from tests.formats.reading import read
from tests.logs import Row, call


def chat(prompt: int, cached: int, written: int, answer: int, reasoning: int | None, total: int | None) -> Row:
    usage: dict[str, Any] = {
        "prompt_tokens": prompt, "completion_tokens": answer,
        "prompt_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
    }  # fmt: skip
    if reasoning is not None:
        usage["completion_tokens_details"] = {"reasoning_tokens": reasoning}
    if total is not None:
        usage["total_tokens"] = total
    return {"id": "chatcmpl-a1b2c3d4e5f6a7b8", "object": "chat.completion", "created": 1793613600, "model": "gpt-4o",
            "choices": [], "usage": usage}  # fmt: skip


def langfuse(usage: Row) -> Row:
    return {"id": "o1", "traceId": "t1", "type": "GENERATION", "startTime": "2026-11-02T10:00:00Z",
            "model": "claude-sonnet-4-6", "usageDetails": usage}  # fmt: skip


def gemini(**counts: int) -> Row:
    return {"ts": "2026-11-02T10:00:00Z", "model": "gemini-2.5-flash", "usageMetadata": counts, "responseId": "g1"}


@pytest.mark.parametrize(
    ("row", "buckets"),
    [
        # nothing is stated: the format's own way
        (chat(1000, 600, 100, 90, 40, None), (300, 600, 100, 0, 90)),
        # prompt and answer hold all
        (chat(1000, 600, 100, 90, 40, 1090), (300, 600, 100, 0, 90)),
        # the reasoning stands apart
        (chat(1000, 600, 100, 90, 40, 1130), (300, 600, 100, 0, 130)),
        # the caches stand apart
        (chat(1000, 600, 100, 90, 40, 1790), (1000, 600, 100, 0, 90)),
        # the reads are inside, the writes are not
        (chat(1000, 600, 150, 90, None, 1240), (400, 600, 150, 0, 90)),
        # both stand apart
        (chat(1000, 600, 100, 90, 40, 1830), (1000, 600, 100, 0, 130)),
        # the total leaves the writes out, which do not fit inside
        (chat(31, 0, 1253, 467, None, 498), (31, 0, 1253, 0, 467)),
        # the output is what the total leaves
        ({**chat(30, 0, 0, 0, None, 37), "usage": {"prompt_tokens": 30, "total_tokens": 37}}, (30, 0, 0, 0, 7)),
        (langfuse({"input": 3, "input_cache_read": 9000, "output": 50, "total": 9053}), (3, 9000, 0, 0, 50)),
        (langfuse({"input": 9003, "input_cache_read": 9000, "output": 50, "total": 9053}), (3, 9000, 0, 0, 50)),
        (langfuse({"input": 10, "output": 50, "output_reasoning": 20, "total": 60}), (10, 0, 0, 0, 50)),
        (langfuse({"input": 10, "output": 50, "output_reasoning": 20, "total": 80}), (10, 0, 0, 0, 70)),
        (langfuse({"input": 10, "output": 50, "output_reasoning": 20}), (10, 0, 0, 0, 70)),
        (langfuse({"prompt_token_count": 700, "cached_content_token_count": 600, "candidates_token_count": 9,
                   "thoughts_token_count": 41, "total_token_count": 750}), (100, 600, 0, 0, 50)),
        (langfuse({"input": 5, "cache_creation_input_tokens": 400, "cache_creation_1h": 150, "output": 7,
                   "total": 412}), (5, 0, 250, 150, 7)),
        (gemini(promptTokenCount=341, candidatesTokenCount=3362, thoughtsTokenCount=3347, totalTokenCount=3703),
         (341, 0, 0, 0, 3362)),
        (gemini(promptTokenCount=341, candidatesTokenCount=15, thoughtsTokenCount=3347, totalTokenCount=3703),
         (341, 0, 0, 0, 3362)),
        (gemini(promptTokenCount=50, responseTokenCount=500, totalTokenCount=550), (50, 0, 0, 0, 500)),
        (call(cache_read_tokens=600, total_tokens=1100), (400, 600, 0, 0, 100)),
        (call(cache_read_tokens=600, total_tokens=1700), (1000, 600, 0, 0, 100)),
    ],
)  # fmt: skip
def test_the_total_decides(tmp_path: Path, row: Row, buckets: tuple[int, ...]) -> None:
    found = read(tmp_path, [row])
    assert found.tokens() == [buckets]
    assert found.only()["counts_doubtful"] is False


@pytest.mark.parametrize(
    ("row", "buckets"),
    [
        (chat(1000, 600, 100, 90, 40, 5000), (300, 600, 100, 0, 90)),
        (chat(1000, 600, 100, 90, 40, 20), (300, 600, 100, 0, 90)),
        # who states no reasoning may have it in the total
        (chat(1000, 0, 0, 90, None, 1500), (1000, 0, 0, 0, 500)),
        # more reasoning than answer cannot be inside it
        (chat(1000, 0, 0, 90, 200, None), (1000, 0, 0, 0, 290)),
        (langfuse({"input": 3, "input_cache_read": 9000, "output": 50, "total": 10_000, "output_reasoning": 2}),
         (3, 9000, 0, 0, 52)),
    ],
)  # fmt: skip
def test_a_total_that_fits_nothing_is_told(tmp_path: Path, row: Row, buckets: tuple[int, ...]) -> None:
    found = read(tmp_path, [row])
    assert (found.tokens(), found.only()["counts_doubtful"]) == ([buckets], True)


def test_of_gemini_the_rest_of_the_total_is_its_thoughts(tmp_path: Path) -> None:
    found = read(tmp_path, [chat(1000, 0, 0, 90, None, 1500) | {"model": "gemini-2.5-pro"}])
    assert (found.tokens(), found.only()["counts_doubtful"]) == ([(1000, 0, 0, 0, 500)], False)


def test_counts_near_the_end_of_what_a_number_holds(tmp_path: Path) -> None:
    found = read(tmp_path, [chat(2**63 - 1, 2**63 - 1, 2**62, 2**63 - 1, 2**63 - 1, 2**63 - 1)])
    assert found.reasons == ["an absurd count: a trillion or more"]
