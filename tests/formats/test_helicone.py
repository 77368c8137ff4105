"""Requests exported from Helicone."""

from pathlib import Path
from typing import Any

from tests.formats.reading import read

HELICONE: dict[str, Any] = {
    "request_id": "r1", "request_created_at": "2026-11-02T10:00:00Z", "response_status": 200,
    "request_model": "gpt-4o", "provider": "OPENAI", "prompt_tokens": 100, "prompt_cache_read_tokens": 900,
    "prompt_cache_write_tokens": 0, "completion_tokens": 50, "reasoning_tokens": 10, "cost": 0.01,
    "request_user_id": "u", "request_properties": {"Feature": "chat", "Helicone-Session-Id": "s"}, "delay_ms": 800,
}  # fmt: skip


def test_helicone(tmp_path: Path) -> None:
    request = read(tmp_path, [HELICONE]).only()
    expected = {
        "request_id": "r1", "provider": "openai", "model": "gpt-4o", "feature": "chat", "user_id": "u",
        "session_id": "s", "input_tokens": 100, "cache_read_tokens": 900, "output_tokens": 60, "reasoning_tokens": 10,
        "status": "ok", "latency_ms": 800.0, "cost_logged_usd": 0.01,
    }  # fmt: skip
    assert {name: request[name] for name in expected} == expected


def test_a_page_of_helicone(tmp_path: Path) -> None:
    failed = HELICONE | {"request_id": "r2", "response_status": 500, "cost": None, "costUSD": 0.5}
    hit = HELICONE | {"request_id": "r3", "cache_reference_id": "r1"}
    found = read(tmp_path, [{"data": [HELICONE, failed, hit], "error": None}])
    assert [request["status"] for request in found.requests] == ["ok", "error", "ok"]
    assert found.tokens()[2] == (0, 0, 0, 0, 0), "its own cache served it"
    assert found.requests[1]["cost_logged_usd"] == 0.5


def test_broken(tmp_path: Path) -> None:
    rows = [
        HELICONE | {"prompt_tokens": "1k"},
        HELICONE | {"request_id": "r2", "request_model": None},
        HELICONE | {"request_id": "r3", "prompt_tokens": None, "completion_tokens": None},
        HELICONE | {"request_id": "r4", "request_properties": "none", "reasoning_tokens": None},
    ]
    found = read(tmp_path, rows)
    assert found.reasons == ["a count that is not a whole number", "no model"]
    assert (found.counts["no_call"], found.tokens()) == (1, [(100, 900, 0, 0, 50)])
