"""Rows of a LiteLLM gateway's table of spend: some columns as JSON, in older rows as text."""

import json
from typing import Any

from sample_logs.generator.book import Book, Tokens
from sample_logs.generator.days import iso
from sample_logs.generator.draw import Draw
from sample_logs.generator.prices import cost_usd
from sample_logs.generator.small import Call, calls

FILE = "spend_logs.jsonl"
MODELS = {"claude-haiku-4-5-20251001": 60, "gpt-5.4-mini": 40}
TEXT_SHARE, HIT_SHARE, FAILURE_SHARE = 0.3, 0.1, 0.05


def write() -> Book:
    book = Book()
    draw = Draw("litellm-spend-logs")
    for call in calls(draw, MODELS, system_tokens=4_608, cached_share=0.4, written_share=0.2):
        anthropic = call.model.startswith("claude")
        tokens = call.tokens if anthropic else Tokens(input=call.tokens.prompt, output=call.tokens.output)
        if draw.chance(FAILURE_SHARE):
            book.call(FILE, _row(draw, call, Tokens(), status="failure"), Tokens(), "failed_calls")
        elif draw.chance(HIT_SHARE):
            book.call(FILE, _row(draw, call, tokens, cache_hit="True"), Tokens())
        else:
            book.call(FILE, _row(draw, call, tokens), tokens)
    return book


def _row(
    draw: Draw, call: Call, tokens: Tokens, *, status: str = "success", cache_hit: str = "False"
) -> dict[str, Any]:
    """One row. Its prompt_tokens hold what was read from and written to the cache."""
    usage = {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.output,
        "prompt_tokens_details": {"cached_tokens": tokens.cache_read},
        "cache_creation_input_tokens": tokens.cache_write_5m,
        "cache_read_input_tokens": tokens.cache_read,
    }
    metadata: Any = {
        "user_api_key_alias": "support-prod",
        "user_api_key_team_alias": "support",
        "status": status,
        "usage_object": usage if status == "success" else None,
    }
    tags: Any = ["feature:search-answers", "task:question-answering"]
    if draw.chance(TEXT_SHARE):
        metadata, tags = json.dumps(metadata), json.dumps(tags)
    return {
        "request_id": f"chatcmpl-{draw.uuid()}",
        "call_type": "acompletion",
        "api_key": draw.hex(64),
        "spend": 0.0 if cache_hit == "True" else cost_usd(call.model, tokens),
        "total_tokens": tokens.prompt + tokens.output,
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.output,
        "startTime": iso(call.at_ms),
        "endTime": iso(call.end_ms),
        "completionStartTime": iso(call.at_ms + 300),
        "model": call.model,
        "model_group": "small",
        "custom_llm_provider": "anthropic" if call.model.startswith("claude") else "openai",
        "user": "",
        "end_user": call.user,
        "session_id": call.session,
        "cache_hit": cache_hit,
        "request_tags": tags,
        "metadata": metadata,
    }
