"""Responses of the OpenAI Chat Completions API, as two services of the product keep them, and of other hosts' servers.

One keeps the bare response; the other wraps it with its feature and its request. A third asks whoever is cheapest: each
host's answers have marks of their own.
"""

from typing import Any

from sample_logs.generator.book import Book, Tokens
from sample_logs.generator.days import daily_arrivals, iso
from sample_logs.generator.draw import Draw
from sample_logs.generator.figures import AZURE_CONTEXT_TOKENS
from sample_logs.generator.prices import cost_usd
from sample_logs.generator.prompts import FIVE_MINUTES_MS, Block, CacheRule, PromptCache, prefixes
from sample_logs.generator.small import Call, calls
from sample_logs.generator.texts import QUESTIONS, TICKETS, TRIAGE_PROMPT, tokens_in

BARE_FILE, WRAPPED_FILE, HOSTS_FILE = "search-service.jsonl", "triage-service.jsonl", "other-hosts.jsonl"
SYSTEM_TOKENS = 1_290
CACHE_STEP_TOKENS = 128
MIN_CACHE_TOKENS = 1_024
WRITES_ARE_BILLED = {"gpt-4o-mini-2024-07-18": False, "gpt-5-mini-2025-08-07": False, "gpt-5.6-luna": True}
"""From GPT-5.6 on a cache write has a price, and the response counts it."""
LIFE_MS = {"gpt-5.6-luna": 6 * FIVE_MINUTES_MS}
MODELS = {"gpt-4o-mini-2024-07-18": 45, "gpt-5-mini-2025-08-07": 35, "gpt-5.6-luna": 20}
ERROR_SHARE = 0.02
HOSTS = {
    "llama-3.3-70b-versatile": 20,
    "deepseek-chat": 20,
    "mistral-medium-latest": 20,
    "grok-4-fast": 20,
    "google/gemini-2.5-flash": 20,
}
"""Models of other hosts: Groq, DeepSeek, Mistral, xAI and OpenRouter."""


def write() -> Book:
    book = Book()
    draw = Draw("openai")
    cache = PromptCache()
    for at_ms in daily_arrivals(draw, 7):
        _search(book, draw, cache, at_ms)
    for at_ms in daily_arrivals(draw, 2):
        _triage(book, draw, at_ms)
    hosts = Draw("openai/hosts")
    for call in calls(hosts, HOSTS, system_tokens=1_024, cached_share=0.4, reasoning_share=0.3):
        _elsewhere(book, hosts, call)
    return book


def _search(book: Book, draw: Draw, cache: PromptCache, at_ms: int) -> None:
    if draw.chance(ERROR_SHARE):
        error = {
            "message": "Rate limit reached, try again in 2 s.",
            "type": "requests",
            "code": "rate_limit_exceeded",
        }
        book.no_call(BARE_FILE, {"error": error})
        return
    model = draw.by_weight(MODELS)
    rule = CacheRule(LIFE_MS.get(model, FIVE_MINUTES_MS), MIN_CACHE_TOKENS, CACHE_STEP_TOKENS, WRITES_ARE_BILLED[model])
    prompt = prefixes([Block("system", SYSTEM_TOKENS), Block(draw.hex(8), draw.quantile(AZURE_CONTEXT_TOKENS))])
    read, written = cache.serve(model, rule, prompt, [0, 1], at_ms, at_ms + 400)
    written = written // CACHE_STEP_TOKENS * CACHE_STEP_TOKENS
    answer = draw.pick(QUESTIONS).answer
    reasoning = 64 * draw.between(0, 9) if model.startswith("gpt-5") else 0
    tokens = Tokens(
        input=prompt[-1].tokens - read - written,
        cache_read=read,
        cache_write_5m=written,
        output=tokens_in(answer) + reasoning,
        reasoning=reasoning,
    )
    line = _completion(draw, model, at_ms, answer, "stop", tokens)
    book.call(BARE_FILE, line, tokens)
    if draw.chance(0.015):
        book.truncated(BARE_FILE, line, draw.unit())


def _triage(book: Book, draw: Draw, at_ms: int) -> None:
    text, label = draw.pick(TICKETS)
    model = "gpt-4o-mini-2024-07-18"
    text = f"Classify this ticket: {text}"
    messages = [{"role": "system", "content": TRIAGE_PROMPT}, {"role": "user", "content": text}]
    request = {"model": model, "max_completion_tokens": 2_048, "temperature": 0, "messages": messages}
    tokens = Tokens(input=tokens_in(TRIAGE_PROMPT) + tokens_in(text) + 11, output=tokens_in(label))
    line = {
        "ts": iso(at_ms),
        "feature": "ticket-triage",
        "task_type": "classification",
        "latency_ms": draw.between(260, 700),
        "request": request,
        "response": _completion(draw, model, at_ms, label, "stop", tokens),
    }
    book.call(WRAPPED_FILE, line, tokens)


def _elsewhere(book: Book, draw: Draw, call: Call) -> None:
    """A response of another host, in OpenAI's shape but for its own marks."""
    tokens, model = call.tokens, call.model
    if model == "llama-3.3-70b-versatile":
        tokens = Tokens(input=tokens.prompt, output=tokens.output)
    line = _completion(draw, model, call.at_ms, call.answer, "stop", tokens)
    usage = line["usage"]
    if model == "llama-3.3-70b-versatile":
        line["x_groq"] = {"id": f"req_{draw.hex(26)}"}
        del usage["prompt_tokens_details"], usage["completion_tokens_details"]
    elif model == "deepseek-chat":
        usage |= {"prompt_cache_hit_tokens": tokens.cache_read, "prompt_cache_miss_tokens": tokens.input}
    elif model == "mistral-medium-latest":
        usage["num_cached_tokens"] = usage.pop("prompt_tokens_details")["cached_tokens"]
    elif model == "grok-4-fast":
        usage["completion_tokens"] -= tokens.reasoning  # the total says that the reasoning is not in it
    else:
        line |= {"id": f"gen-{draw.hex(20)}", "provider": "Google"}
        usage["cost"] = cost_usd(model.split("/")[1], tokens)
    book.call(HOSTS_FILE, line, tokens)


def _completion(draw: Draw, model: str, at_ms: int, answer: str, finish_reason: str, tokens: Tokens) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": answer, "refusal": None, "annotations": []}
    prompt_details = {"cached_tokens": tokens.cache_read, "audio_tokens": 0}
    if WRITES_ARE_BILLED.get(model):
        prompt_details["cache_write_tokens"] = tokens.cache_write_5m
    return {
        "id": f"chatcmpl-{draw.hex(24)}",
        "object": "chat.completion",
        "created": at_ms // 1000,
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}],
        "usage": {
            "prompt_tokens": tokens.prompt,
            "completion_tokens": tokens.output,
            "total_tokens": tokens.prompt + tokens.output,
            "prompt_tokens_details": prompt_details,
            "completion_tokens_details": {"reasoning_tokens": tokens.reasoning, "audio_tokens": 0},
        },
        "service_tier": "default",
        "system_fingerprint": f"fp_{draw.hex(10)}",
    }
