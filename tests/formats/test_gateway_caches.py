"""Gateways give Claude's counts in OpenAI's form, each by names of its own: no cached token is plain input."""

from pathlib import Path
from typing import Any

import pytest

from tests.formats.reading import read
from tests.logs import Row

PLAIN, CACHED, WRITTEN, ANSWER = 40, 700, 260, 50
INSIDE = {"prompt_tokens": PLAIN + CACHED + WRITTEN, "completion_tokens": ANSWER,
          "total_tokens": PLAIN + CACHED + WRITTEN + ANSWER}  # fmt: skip
APART = {"prompt_tokens": PLAIN, "completion_tokens": ANSWER, "total_tokens": PLAIN + CACHED + WRITTEN + ANSWER}
LIVES = {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 160}
ALL_5M = (PLAIN, CACHED, WRITTEN, 0, ANSWER)
BOTH = (PLAIN, CACHED, 100, 160, ANSWER)


def details(**counts: Any) -> Row:
    return {"prompt_tokens_details": counts}


USAGES = {
    "LiteLLM's proxy": (
        INSIDE | details(cached_tokens=CACHED, cache_creation_tokens=WRITTEN, cache_creation_token_details=LIVES)
        | {"cache_read_input_tokens": CACHED, "cache_creation_input_tokens": WRITTEN}, BOTH),
    "LiteLLM's older proxy": (
        INSIDE | details(cached_tokens=CACHED) | {"cache_creation_input_tokens": WRITTEN}, ALL_5M),
    "Portkey": (APART | {"cache_read_input_tokens": CACHED, "cache_creation_input_tokens": WRITTEN}, ALL_5M),
    "Bifrost": (INSIDE | details(cached_read_tokens=CACHED, cached_write_tokens=WRITTEN), ALL_5M),
    "CLIProxyAPI": (INSIDE | details(cached_tokens=CACHED, cached_creation_tokens=WRITTEN), ALL_5M),
    "New API": (
        INSIDE | details(cached_tokens=CACHED, cached_creation_tokens=WRITTEN)
        | {"claude_cache_creation_5_m_tokens": 100, "claude_cache_creation_1_h_tokens": 160}, BOTH),
    "Model Studio": (
        INSIDE | details(cached_tokens=CACHED, cache_creation_input_tokens=WRITTEN, cache_creation=LIVES), BOTH),
}  # fmt: skip


def chat(usage: Row) -> Row:
    return {"id": "chatcmpl-0123456789abc", "object": "chat.completion", "created": 1793613600,
            "model": "claude-sonnet-4-6", "choices": [{"finish_reason": "stop", "message": {"content": "hi"}}],
            "usage": usage}  # fmt: skip


def as_responses(usage: Row) -> Row:
    """The same counts under the names of the Responses API."""
    renamed = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens",
               "prompt_tokens_details": "input_tokens_details"}  # fmt: skip
    return {renamed.get(name, name): count for name, count in usage.items()}


@pytest.mark.parametrize("gateway", USAGES)
def test_what_a_gateway_says_of_caches(gateway: str, tmp_path: Path) -> None:
    usage, expected = USAGES[gateway]
    logs: dict[str, Row] = {
        "openai": chat(usage),
        "openai-responses": {"id": "resp_0123456789abc", "object": "response", "created_at": 1793613600, "output": [],
                             "model": "claude-sonnet-4-6", "status": "completed", "usage": as_responses(usage)},
        "openai-batch": {"custom_id": "c", "response": {"status_code": 200, "body": chat(usage)}},
        "litellm": {
            "id": "chatcmpl-0123456789abc", "litellm_call_id": "w1", "call_type": "acompletion", "status": "success",
            "custom_llm_provider": "anthropic", "model": "claude-sonnet-4-6", "startTime": 1793613600,
            "endTime": 1793613601, "metadata": {"usage_object": usage},
        } | {name: usage[name] for name in INSIDE},
        "litellm-spend-logs": {
            "request_id": "chatcmpl-0123456789abc", "call_type": "acompletion", "spend": 0.1,
            "custom_llm_provider": "anthropic", "model": "claude-sonnet-4-6", "startTime": "2026-11-02T10:00:00Z",
            "metadata": {"usage_object": usage},
        } | {name: usage[name] for name in INSIDE},
        "provider-usage": {"host": "gateway.example", "uri": "/v1/chat/completions", "model": "claude-sonnet-4-6",
                           "usage_objects": [usage]},
    }  # fmt: skip
    for name, log in logs.items():
        found = read(tmp_path / name, [log])
        assert (found.only()["source_format"], found.tokens()) == (name, [expected])
