"""Claude Code: copies of one message, what is marked as partly logged, and the parts of its usage."""

from pathlib import Path
from typing import Any

import pytest

from tests.formats.reading import changed, check_refusals, read
from tests.logs import Row, claude

USAGE = ("message", "usage")


def usage(**fields: Any) -> Row:
    """A call with these fields of its usage in place of those of `claude`."""
    row = claude()
    return changed(row, USAGE, row["message"]["usage"] | fields)


@pytest.mark.parametrize(
    ("output", "stop_reason", "is_partial"),
    [(10, None, True), (11, None, False), (1, None, True), (0, None, True), (10, "end_turn", False)],
)
def test_a_few_tokens_without_a_stop_reason_are_partly_logged(
    tmp_path: Path, output: int, stop_reason: str | None, is_partial: bool
) -> None:
    row = changed(claude(output=output), ("message", "stop_reason"), stop_reason)
    assert read(tmp_path, [row]).only()["output_partial"] is is_partial


def test_the_copy_with_most_output_is_the_call(tmp_path: Path) -> None:
    found = read(tmp_path, [claude(output=2), claude(output=50), claude(output=31)])
    assert (found.tokens(), found.counts["duplicates"]) == ([(3, 9000, 300, 0, 50)], 2)


@pytest.mark.parametrize(
    ("written", "cache_write"),
    [
        ({"cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200}}, (100, 200)),
        ({"cache_creation": {"ephemeral_1h_input_tokens": 200}}, (100, 200)),
        ({"cache_creation": {"ephemeral_5m_input_tokens": 300, "ephemeral_1h_input_tokens": 0}}, (300, 0)),
        ({"cache_creation": None}, (300, 0)),  # without a split they live 5 minutes
    ],
)
def test_cache_writes_by_their_life(tmp_path: Path, written: Row, cache_write: tuple[int, int]) -> None:
    assert read(tmp_path, [usage(**written)]).tokens() == [(3, 9000, *cache_write, 50)]


@pytest.mark.parametrize(
    ("fields", "tier"),
    [
        ({}, "standard"),
        ({"service_tier": "standard"}, "standard"),
        ({"service_tier": "priority"}, "priority"),
        ({"service_tier": "batch"}, "batch"),
        ({"service_tier": "standard", "speed": "fast"}, "fast"),
        ({"service_tier": "priority", "speed": "standard"}, "priority"),
    ],
)
def test_the_service_tier_and_fast_mode(tmp_path: Path, fields: Row, tier: str) -> None:
    assert read(tmp_path, [usage(**fields)]).only()["service_tier"] == tier


def test_web_searches_are_counted(tmp_path: Path) -> None:
    row = usage(server_tool_use={"web_search_requests": 3})
    assert read(tmp_path, [row]).only()["web_searches"] == 3
    check_refusals(tmp_path / "broken", row, (*USAGE, "server_tool_use", "web_search_requests"))


def test_what_a_session_says_of_its_call(tmp_path: Path) -> None:
    row = claude(cwd="/home/u/shop", gitBranch="main", version="2.1.0", agentId="a7", durationMs=1234.5, costUSD=0.25,
                 entrypoint="sdk-cli")  # fmt: skip
    found = read(tmp_path, [row | {"isSidechain": True}]).only()
    expected = {
        "request_id": "msg_1|req_1", "provider": "anthropic", "model_logged": "claude-sonnet-4-6", "session_id": "s1",
        "project": "/home/u/shop", "latency_ms": 1234.5, "cost_logged_usd": 0.25, "status": "ok",
        "stop_reason": "end_turn",
        "tags": {"sidechain": "true", "git_branch": "main", "agent": "a7", "client_version": "2.1.0",
                 "entrypoint": "sdk-cli"},
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    assert str(found["ts"]) == "2026-11-02 10:00:01"
    assert read(tmp_path / "bare", [claude()]).only()["tags"] == {}


def test_a_message_without_an_id_is_told_by_its_request(tmp_path: Path) -> None:
    row = changed(claude(), ("message", "id"), None)
    assert read(tmp_path, [row]).only()["request_id"] == "req_1"


def test_a_failed_call_is_an_error(tmp_path: Path) -> None:
    assert read(tmp_path, [claude(isApiErrorMessage=True)]).only()["status"] == "error"
    assert read(tmp_path / "b", [claude(isApiErrorMessage=False)]).only()["status"] == "ok"


def test_lines_of_a_session_that_carry_no_call(tmp_path: Path) -> None:
    lines = [
        {"type": "user", "sessionId": "s1", "message": {"content": "hello"}},
        changed(claude(2), ("message", "model"), "<synthetic>"),  # made up by the client, not by a model
        changed(claude(3), USAGE, None),
        {"type": "summary", "leafUuid": "x", "summary": "A session"},
        {"type": "file-history-snapshot", "messageId": "m", "snapshot": {}},
        claude(1),
    ]
    found = read(tmp_path, lines)
    assert (found.counts["requests"], found.counts["no_call"], found.counts["rejects"]) == (1, 5, 0)


def test_progress_of_a_subagent_is_its_call(tmp_path: Path) -> None:
    inner = claude(4)
    progress = {
        "type": "progress", "sessionId": "s1",
        "data": {"message": {"timestamp": "2026-11-02T11:00:00Z", "requestId": "req_9", "message": inner["message"]}},
    }  # fmt: skip
    found = read(tmp_path, [progress]).only()
    assert (found["request_id"], str(found["ts"])) == ("msg_4|req_9", "2026-11-02 11:00:00")
    unnamed = changed(progress, ("data", "message", "message", "id"), None)
    assert read(tmp_path / "unnamed", [unnamed]).only()["request_id"] == "req_9"


def test_broken(tmp_path: Path) -> None:
    check_refusals(tmp_path, claude(), (*USAGE, "cache_read_input_tokens"))
