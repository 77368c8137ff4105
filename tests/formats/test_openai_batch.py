"""The Batch API's output: bodies of three other APIs, and what failed."""

from pathlib import Path

from tests.formats.reading import check_refusals, read

BATCHED = {"id": "batch_req_1", "custom_id": "c1", "error": None}
CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1793613600,
    "model": "gpt-4o-mini",
    "choices": [{"finish_reason": "stop", "message": {"content": "hi"}}],
    "usage": {"prompt_tokens": 30, "completion_tokens": 7, "total_tokens": 37},
}
RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1793613600,
    "model": "gpt-5-mini-2025-08-07",
    "status": "completed",
    "usage": {"input_tokens": 2006, "input_tokens_details": {"cached_tokens": 1920}, "output_tokens": 300},
}


def test_an_openai_batch(tmp_path: Path) -> None:
    rows = [
        BATCHED | {"response": {"status_code": 200, "body": CHAT}},
        BATCHED | {"response": {"status_code": 200, "body": RESPONSE}},
        BATCHED | {"response": {"status_code": 200, "body": {
            "object": "list", "model": "text-embedding-3-small", "usage": {"prompt_tokens": 8, "total_tokens": 8}}}},
        BATCHED | {"response": {"status_code": 400, "body": {"error": {"code": "invalid_value"}}}},
        BATCHED | {"response": None, "error": {"code": "batch_expired"}},
    ]  # fmt: skip
    found = read(tmp_path, rows)
    assert sorted(found.tokens()) == [(8, 0, 0, 0, 0), (30, 0, 0, 0, 7), (86, 1920, 0, 0, 300)]
    assert {request["service_tier"] for request in found.requests} == {"batch"}
    assert (found.counts["no_call"], found.requests[0]["tags"]) == (2, {"custom_id": "c1"})


def test_broken(tmp_path: Path) -> None:
    row = BATCHED | {"response": {"status_code": 200, "body": CHAT}}
    check_refusals(tmp_path, row, ("response", "body", "usage", "prompt_tokens"))
