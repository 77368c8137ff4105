"""Gemini: thoughts outside the answer, chunks that count up, bodies without a model."""

from pathlib import Path
from typing import Any

import pytest

from tests.formats.reading import changed, check_refusals, read
from tests.logs import Row

WRAPPED = {"ts": "2026-11-02T10:00:00Z", "feature": "search", "session_id": "s1", "latency_ms": 900}

GEMINI: dict[str, Any] = {
    "responseId": "r1", "modelVersion": "gemini-2.5-pro",
    "candidates": [{"finishReason": "STOP", "content": {"parts": [{"text": "hi"}]}}],
    "usageMetadata": {"promptTokenCount": 900, "cachedContentTokenCount": 700, "candidatesTokenCount": 50,
                      "thoughtsTokenCount": 200, "toolUsePromptTokenCount": 86, "totalTokenCount": 1236},
}  # fmt: skip
GEMINI_SNAKE: dict[str, Any] = {
    "response_id": "r1", "model_version": "gemini-2.5-pro", "candidates": [{"finish_reason": "STOP", "content": {}}],
    "usage_metadata": {"prompt_token_count": 900, "cached_content_token_count": 700, "candidates_token_count": 50,
                       "thoughts_token_count": 200, "tool_use_prompt_token_count": 86, "total_token_count": 1236},
}  # fmt: skip


@pytest.mark.parametrize(
    "row", [GEMINI, GEMINI_SNAKE, WRAPPED | {"response": GEMINI}, {"key": "k", "response": GEMINI}]
)
def test_gemini(tmp_path: Path, row: Row) -> None:
    found = read(tmp_path, [row])
    request = found.only()
    assert found.tokens() == [(286, 700, 0, 0, 250)]
    expected = {"request_id": "r1", "model": "gemini-2.5-pro", "reasoning_tokens": 200, "stop_reason": "STOP"}
    assert {name: request[name] for name in expected} == expected
    assert request["service_tier"] == ("batch" if "key" in row else "standard")


def test_the_chunks_of_a_gemini_stream_are_one_call(tmp_path: Path) -> None:
    first = GEMINI | {"usageMetadata": {"promptTokenCount": 900, "candidatesTokenCount": 4, "totalTokenCount": 904}}
    found = read(tmp_path, [first, first, GEMINI])
    assert (found.tokens(), found.counts["duplicates"]) == ([(286, 700, 0, 0, 250)], 2)


def test_a_body_without_a_model_counts_and_is_unpriced(tmp_path: Path) -> None:
    bare = GEMINI | {"modelVersion": None}
    assert read(tmp_path, [bare]).only()["model_logged"] == "unknown"
    said = {"response": bare, "model": "gemini-2.5-flash"}
    assert read(tmp_path / "said", [said]).only()["model"] == "gemini-2.5-flash"


@pytest.mark.parametrize(
    ("traffic", "tier"),
    [("ON_DEMAND", "standard"), ("ON_DEMAND_FLEX", "flex"), ("ON_DEMAND_PRIORITY", "priority"),
     ("PROVISIONED_THROUGHPUT", "provisioned_throughput"), (None, "standard")],
)  # fmt: skip
def test_the_traffic_type_is_the_service_tier(tmp_path: Path, traffic: str | None, tier: str) -> None:
    said = changed(GEMINI, ("usageMetadata", "trafficType"), traffic)
    in_snake = changed(GEMINI_SNAKE, ("usage_metadata", "traffic_type"), traffic)
    assert read(tmp_path, [said]).only()["service_tier"] == tier
    assert read(tmp_path / "snake", [in_snake]).only()["service_tier"] == tier
    assert read(tmp_path / "batch", [{"key": "k", "response": said}]).only()["service_tier"] == "batch"


def test_broken(tmp_path: Path) -> None:
    check_refusals(tmp_path, GEMINI, ("usageMetadata", "thoughtsTokenCount"))


def test_an_interaction_counts_thoughts_and_tool_prompts_next_to_its_input_and_output(tmp_path: Path) -> None:
    interaction = {
        "id": "v1_abc", "object": "interaction", "status": "completed", "model": "gemini-2.5-flash",
        "created": "2026-11-02T10:00:00Z", "service_tier": "flex", "steps": [], "usage": {
            "total_tokens": 1900, "total_input_tokens": 1000, "total_cached_tokens": 600, "total_output_tokens": 200,
            "total_thought_tokens": 400, "total_tool_use_tokens": 300, "input_tokens_by_modality": [
                {"modality": "text", "tokens": 900}, {"modality": "image", "tokens": 100}]}}  # fmt: skip
    for log in (interaction, {"response": interaction}):
        found = read(tmp_path / str(len(log)), [log])
        assert found.tokens() == [(700, 600, 0, 0, 600)]
        expected = {"request_id": "v1_abc", "model": "gemini-2.5-flash", "service_tier": "flex",
                    "reasoning_tokens": 400, "input_image_tokens": 100, "counts_doubtful": False}  # fmt: skip
        assert {name: found.only()[name] for name in expected} == expected
        assert str(found.only()["ts"]) == "2026-11-02 10:00:00"


def test_an_answer_without_a_total(tmp_path: Path) -> None:
    counts = {"promptTokenCount": 30, "candidatesTokenCount": 9, "thoughtsTokenCount": 4}
    answer = {"candidates": [], "modelVersion": "gemini-2.5-flash", "responseId": "r1", "usageMetadata": counts}
    assert read(tmp_path, [answer]).tokens() == [(30, 0, 0, 0, 13)]
