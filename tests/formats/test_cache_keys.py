"""Formats whose requests say what a cache goes by: keys become hashes, retentions stay words."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.formats.reading import read
from tests.logs import call

RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1793000000,
    "model": "gpt-5.1",
    "status": "completed",
    "output": [],
    "usage": {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110},
}
COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1793000000,
    "model": "gpt-5.1",
    "choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "yes"}}],
    "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
}
MESSAGES = [{"role": "user", "content": "Is it?"}]


def chat(**request: Any) -> dict[str, Any]:
    return {"request": {"messages": MESSAGES, **request}, "response": COMPLETION}


def litellm(**parameters: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "litellm_call_id": "c1",
        "call_type": "acompletion",
        "status": "success",
        "custom_llm_provider": "openai",
        "model": "gpt-5.1",
        "prompt_tokens": 100,
        "completion_tokens": 10,
        "total_tokens": 110,
        "response_cost": 0.1,
        "startTime": 1793000000.5,
        "endTime": 1793000001.5,
        "model_parameters": {"max_tokens": 100, **parameters},
        "messages": MESSAGES,
    }


@pytest.mark.parametrize(
    ("line", "retention"),
    [
        (litellm(prompt_cache_key="customer", prompt_cache_retention="24h"), "24h"),
        (RESPONSE | {"prompt_cache_key": "customer", "prompt_cache_retention": "24h"}, "24h"),
        (RESPONSE | {"prompt_cache_key": "customer", "prompt_cache_retention": "in-memory"}, "in_memory"),
        (RESPONSE | {"prompt_cache_key": "customer", "prompt_cache_options": {"ttl": "30m"}}, "30m"),
        (chat(prompt_cache_key="customer", prompt_cache_retention="24h"), "24h"),
        (chat(prompt_cache_key="customer", prompt_cache_options={"ttl": "30m"}), "30m"),
    ],
)
def test_logs_of_openai_s_requests(tmp_path: Path, line: dict[str, Any], retention: str) -> None:
    row = read(tmp_path, [line]).only()
    assert row["cache_retention"] == retention
    assert row["cache_key"]
    assert "customer" not in str(row)


def test_a_log_without_a_key_says_nothing(tmp_path: Path) -> None:
    rows = (read(tmp_path, [line]).only() for line in (RESPONSE, COMPLETION, chat(), litellm(), call(1)))
    assert {(row["cache_key"], row["cache_retention"], row["organisation"]) for row in rows} == {(None, None, None)}


@pytest.mark.parametrize("log", [chat, litellm])
def test_a_key_is_no_part_of_the_prompt(tmp_path: Path, log: Callable[..., dict[str, Any]]) -> None:
    one, other = (read(tmp_path, [log(prompt_cache_key=key)]).only() for key in ("a", "b"))
    assert one["prompt_hash"] == other["prompt_hash"]
    assert one["cache_key"] != other["cache_key"]


def test_llmcost_s_own_log(tmp_path: Path) -> None:
    said = {"cache_key": "0123456789abcdef", "cache_retention": "24h", "organisation": "fedcba9876543210"}
    row = read(tmp_path, [call(1, **said)]).only()
    assert {name: row[name] for name in said} == said
    assert read(tmp_path, [call(1, cache_key="")]).only()["cache_key"] == ""


@pytest.mark.parametrize("key", ["'; drop table requests; --", "\x1b[31m", 7, {"a": 1}])
def test_a_strange_key_is_hashed_like_any_other(tmp_path: Path, key: Any) -> None:
    assert read(tmp_path, [RESPONSE | {"prompt_cache_key": key}]).only()["cache_key"]
