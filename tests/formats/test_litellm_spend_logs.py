"""Rows of LiteLLM's table of spend."""

import json
from pathlib import Path

import pytest

from tests.formats.reading import read
from tests.logs import Row

SPEND = {
    "request_id": "chatcmpl-1", "call_type": "acompletion", "api_key": "hash", "spend": 0.003, "total_tokens": 1290,
    "prompt_tokens": 1200, "completion_tokens": 90, "startTime": "2026-11-02T10:00:00.123000Z",
    "endTime": "2026-11-02T10:00:02.123000Z", "completionStartTime": "2026-11-02T10:00:00.623000Z",
    "model": "claude-sonnet-4-6", "model_group": "prod", "custom_llm_provider": "anthropic", "cache_hit": "False",
    "end_user": "u1", "session_id": "s1", "request_tags": ["feature:chat", "feature:search", "task:qa"],
    "metadata": {"user_api_key_alias": "k", "user_api_key_team_alias": "t", "status": "success", "usage_object": {
        "prompt_tokens_details": {"cached_tokens": 700}, "cache_read_input_tokens": 700,
        "cache_creation_input_tokens": 300,
        "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200}}},
}  # fmt: skip


def as_text(*names: str) -> Row:
    """The row with some columns as texts of JSON."""
    return SPEND | {name: json.dumps(SPEND[name]) for name in names}


@pytest.mark.parametrize("row", [SPEND, as_text("metadata"), as_text("metadata", "request_tags")])
def test_a_row_of_spend(tmp_path: Path, row: Row) -> None:
    request = read(tmp_path, [row]).only()
    expected = {
        "request_id": "chatcmpl-1|1793613600", "source_format": "litellm-spend-logs", "provider": "anthropic",
        "model": "claude-sonnet-4-6", "feature": "search", "task_type": "qa", "user_id": "u1", "session_id": "s1",
        "project": "t", "input_tokens": 200, "cache_read_tokens": 700, "cache_write_5m_tokens": 100,
        "cache_write_1h_tokens": 200, "output_tokens": 90, "status": "ok", "latency_ms": 2000.0, "ttft_ms": 500.0,
        "cost_logged_usd": 0.003,
    }  # fmt: skip
    assert {name: request[name] for name in expected} == expected
    assert request["tags"] == {"feature": "search", "task": "qa", "model_group": "prod", "key": "k"}


def test_what_the_gateway_served_itself_costs_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, [SPEND | {"cache_hit": "True", "spend": 0.0}])
    assert found.tokens() == [(0, 0, 0, 0, 0)]
    assert found.only()["tags"]["response_cache"] == "hit"


def test_the_same_call_in_both_of_litellms_logs(tmp_path: Path) -> None:
    payload = {
        "id": "chatcmpl-1", "litellm_call_id": "l1", "call_type": "acompletion", "custom_llm_provider": "anthropic",
        "model": "claude-sonnet-4-6", "prompt_tokens": 1200, "completion_tokens": 90, "response_cost": 0.003,
        "startTime": 1793613600.1, "status": "success",
    }  # fmt: skip
    found = read(tmp_path, [SPEND], [payload])
    assert (found.counts["requests"], found.counts["duplicates"]) == (1, 1)


def test_broken(tmp_path: Path) -> None:
    rows = [
        SPEND | {"prompt_tokens": "x"},
        SPEND | {"request_id": "2", "model": "", "model_group": None},
        SPEND | {"request_id": "3", "metadata": "{not json", "request_tags": "oops"},
        SPEND | {"request_id": "4", "metadata": {"usage_object": {"cache_read_input_tokens": 9000}}},
    ]
    found = read(tmp_path, rows)
    assert found.reasons == ["a count that is not a whole number", "no model"]
    assert found.tokens() == [(1200, 0, 0, 0, 90), (1200, 9000, 0, 0, 90)], (
        "the call counts where its metadata does not"
    )
