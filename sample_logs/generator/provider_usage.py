"""What a recorder of HTTP exchanges keeps of them: the usage objects of many providers, each in its own shape."""

from collections.abc import Callable
from typing import Any

from sample_logs.generator.book import Book, Tokens
from sample_logs.generator.draw import Draw
from sample_logs.generator.small import calls

FILE = "recorded.jsonl"

Usage = dict[str, Any]


def write() -> Book:
    book = Book()
    draw = Draw("provider-usage")
    shares = {"system_tokens": 1_024, "cached_share": 0.4, "written_share": 0.2, "reasoning_share": 0.3}
    for number, call in enumerate(calls(draw, {"any": 1}, **shares)):  # type: ignore[arg-type]
        uri, model, shape = EXCHANGES[number % len(EXCHANGES)]
        usage, tokens = shape(call.tokens)
        streamed = isinstance(usage, list)
        line = {
            "host": uri.split("/")[2],
            "uri": uri,
            "status": 200,
            "mode": "sse" if streamed else "json",
            "model": model,
            "usage_objects": usage if streamed else [usage],
        }
        book.call(FILE, line, tokens)
    book.no_call(FILE, {"host": "index.example.com", "uri": "https://index.example.com/query", "status": 200,
                        "mode": "json", "model": None, "usage_objects": [{"readUnits": 5}]})  # fmt: skip
    return book


def _plain(tokens: Tokens) -> Tokens:
    """The same call at a provider without a cache or reasoning of its own."""
    return Tokens(input=tokens.prompt, output=tokens.output)


def _read_only(tokens: Tokens) -> Tokens:
    """The same call where a cache is written for nothing."""
    return Tokens(tokens.input + tokens.cache_write_5m, tokens.cache_read, output=tokens.output,
                  reasoning=tokens.reasoning)  # fmt: skip


def _chat(tokens: Tokens) -> tuple[Usage, Tokens]:
    tokens = _read_only(tokens)
    return {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.prompt + tokens.output,
        "prompt_tokens_details": {"cached_tokens": tokens.cache_read},
        "completion_tokens_details": {"reasoning_tokens": tokens.reasoning},
    }, tokens


def _responses(tokens: Tokens) -> tuple[Usage, Tokens]:
    return {
        "input_tokens": tokens.prompt,
        "input_tokens_details": {"cached_tokens": tokens.cache_read, "cache_write_tokens": tokens.cache_write_5m},
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": tokens.prompt + tokens.output,
    }, tokens


def _embedding(tokens: Tokens) -> tuple[Usage, Tokens]:
    return {"prompt_tokens": tokens.prompt, "total_tokens": tokens.prompt}, Tokens(input=tokens.prompt)


def _messages(tokens: Tokens) -> tuple[Usage, Tokens]:
    usage: Usage = {
        "input_tokens": tokens.input,
        "cache_creation_input_tokens": tokens.cache_write_5m,
        "cache_read_input_tokens": tokens.cache_read,
        "output_tokens": tokens.output,
        "service_tier": "standard",
    }
    if tokens.reasoning:
        usage["output_tokens_details"] = {"thinking_tokens": tokens.reasoning}
    return usage, tokens


def _streamed_messages(tokens: Tokens) -> tuple[list[Usage], Tokens]:
    usage, tokens = _messages(tokens)
    return [{**usage, "output_tokens": 2}, {"output_tokens": tokens.output}], tokens


def _gemini(tokens: Tokens) -> tuple[Usage, Tokens]:
    tokens = _read_only(tokens)
    return {
        "promptTokenCount": tokens.prompt,
        "cachedContentTokenCount": tokens.cache_read,
        "candidatesTokenCount": tokens.output - tokens.reasoning,
        "thoughtsTokenCount": tokens.reasoning,
        "totalTokenCount": tokens.prompt + tokens.output,
    }, tokens


def _converse(tokens: Tokens) -> tuple[Usage, Tokens]:
    tokens = Tokens(tokens.input, tokens.cache_read, tokens.cache_write_5m, output=tokens.output)
    return {
        "inputTokens": tokens.input,
        "cacheReadInputTokens": tokens.cache_read,
        "cacheWriteInputTokens": tokens.cache_write_5m,
        "outputTokens": tokens.output,
        "totalTokens": tokens.prompt + tokens.output,
    }, tokens


def _groq(tokens: Tokens) -> tuple[Usage, Tokens]:
    tokens = _plain(tokens)
    return {
        "queue_time": 0.02,
        "prompt_tokens": tokens.input,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.input + tokens.output,
    }, tokens


def _deepseek(tokens: Tokens) -> tuple[Usage, Tokens]:
    usage, tokens = _chat(tokens)
    hit = tokens.cache_read
    return {**usage, "prompt_cache_hit_tokens": hit, "prompt_cache_miss_tokens": tokens.input}, tokens


def _cohere(tokens: Tokens) -> tuple[Usage, Tokens]:
    tokens = _plain(tokens)
    return {
        "billed_units": {"input_tokens": tokens.input, "output_tokens": tokens.output},
        "tokens": {"input_tokens": tokens.input + 64, "output_tokens": tokens.output + 3},
        "cached_tokens": 48,
    }, tokens


def _openrouter(tokens: Tokens) -> tuple[Usage, Tokens]:
    usage, tokens = _chat(tokens)
    return {**usage, "cost": 0.0004, "is_byok": False}, tokens


EXCHANGES: tuple[tuple[str, str | None, Callable[[Tokens], tuple[Any, Tokens]]], ...] = (
    ("https://api.openai.com/v1/chat/completions", "gpt-4o-mini-2024-07-18", _chat),
    ("https://api.openai.com/v1/responses", "gpt-5-mini-2025-08-07", _responses),
    ("https://api.openai.com/v1/embeddings", "text-embedding-3-small", _embedding),
    ("https://api.anthropic.com/v1/messages", "claude-haiku-4-5-20251001", _messages),
    ("https://api.anthropic.com/v1/messages", "claude-haiku-4-5-20251001", _streamed_messages),
    ("https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent", None, _gemini),
    ("https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-lite-v1%3A0/converse", None, _converse),
    ("https://api.groq.com/openai/v1/chat/completions", "llama-3.3-70b-versatile", _groq),
    ("https://api.mistral.ai/v1/chat/completions", "mistral-medium-latest", _groq),
    ("https://api.deepseek.com/chat/completions", "deepseek-chat", _deepseek),
    ("https://api.cohere.com/v2/chat", "command-r-08-2024", _cohere),
    ("https://openrouter.ai/api/v1/chat/completions", "google/gemini-2.5-flash", _openrouter),
    ("https://helpdesk.openai.azure.com/openai/deployments/mini/chat/completions", "gpt-4o-mini-2024-07-18", _chat),
)
"""Addresses, the model that the answer names, and the shape of its usage."""
