"""Responses API: alone, wrapped, and as the events of a stream."""

from pathlib import Path
from typing import Any

from tests.formats.reading import check_refusals, read

WRAPPED = {"ts": "2026-11-02T10:00:00Z", "feature": "search", "session_id": "s1", "latency_ms": 900}

RESPONSE: dict[str, Any] = {
    "id": "resp_1", "object": "response", "created_at": 1793613600, "completed_at": 1793613603, "status": "completed",
    "model": "gpt-5-mini-2025-08-07", "max_output_tokens": 800, "service_tier": "default",
    "metadata": {"feature": "from-metadata"}, "prompt": {"id": "pmpt_1", "version": "2"},
    "output": [{"type": "web_search_call"}, {"type": "message", "content": [{"text": "hi"}]}],
    "usage": {"input_tokens": 2006, "input_tokens_details": {"cached_tokens": 1920}, "output_tokens": 300,
              "output_tokens_details": {"reasoning_tokens": 64}, "total_tokens": 2306},
}  # fmt: skip


def test_a_response(tmp_path: Path) -> None:
    request = read(tmp_path, [RESPONSE]).only()
    expected = {
        "request_id": "resp_1|1793613600", "source_format": "openai-responses", "provider": "openai",
        "model": "gpt-5-mini",
        "feature": "from-metadata", "prompt_id": "pmpt_1 v2", "input_tokens": 86, "cache_read_tokens": 1920,
        "output_tokens": 300, "reasoning_tokens": 64, "web_searches": 1, "max_output_tokens": 800,
        "stop_reason": "completed", "service_tier": "standard", "latency_ms": 3000.0,
    }  # fmt: skip
    assert {name: request[name] for name in expected} == expected
    assert request["output_hash"] is not None


def test_a_response_with_its_request_and_as_events(tmp_path: Path) -> None:
    asked = {"instructions": "Be brief.", "input": [{"role": "user", "content": "Compare the two."}], "tools": []}
    request = read(tmp_path, [WRAPPED | {"request": asked, "response": RESPONSE}]).only()
    assert (request["feature"], request["session_id"], request["latency_ms"]) == ("search", "s1", 900.0)
    assert (len(request["prefix"]), request["system_blocks"], request["complexity"]) == (3, 2, 1.0)
    events = [
        {"type": "response.created", "response": RESPONSE | {"usage": None, "status": "in_progress"}},
        {"type": "response.completed", "response": RESPONSE},
    ]
    found = read(tmp_path / "events", events)
    assert (found.counts["requests"], found.counts["no_call"]) == (1, 1)


def test_a_response_cut_off(tmp_path: Path) -> None:
    cut = RESPONSE | {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    assert read(tmp_path, [cut]).only()["stop_reason"] == "max_output_tokens"
    failed = read(tmp_path / "failed", [RESPONSE | {"status": "failed", "error": {"code": "server_error"}}]).only()
    assert (failed["status"], failed["tags"]["error"]) == ("error", "server_error")


def test_broken(tmp_path: Path) -> None:
    check_refusals(tmp_path, RESPONSE, ("usage", "output_tokens"))
