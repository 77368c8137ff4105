"""Requests exported from Helicone: every count is separate, none is inside another."""

from sample_logs.generator.book import Book, Tokens
from sample_logs.generator.days import iso
from sample_logs.generator.draw import Draw
from sample_logs.generator.prices import cost_usd
from sample_logs.generator.small import calls

FILE = "helicone-export.jsonl"
MODELS = {"gpt-5.4-mini": 60, "claude-haiku-4-5-20251001": 40}
NEVER_CACHED = "00000000-0000-0000-0000-000000000000"
ERROR_SHARE, HIT_SHARE = 0.04, 0.08


def write() -> Book:
    book = Book()
    draw = Draw("helicone")
    for call in calls(draw, MODELS, system_tokens=4_224, cached_share=0.5, reasoning_share=0.3):
        failed, hit = draw.chance(ERROR_SHARE), draw.chance(HIT_SHARE)
        tokens = Tokens() if failed else call.tokens
        line = {
            "request_id": draw.uuid(),
            "request_created_at": iso(call.at_ms),
            "request_model": call.model,
            "response_model": call.model,
            "request_path": "https://gateway.helicone.ai/v1/chat/completions",
            "request_user_id": call.user,
            "request_properties": {
                "Feature": "search-answers",
                "Environment": "production",
                "Helicone-Session-Id": call.session,
            },
            "response_status": 429 if failed else 200,
            "provider": "ANTHROPIC" if call.model.startswith("claude") else "OPENAI",
            "prompt_tokens": tokens.input,
            "prompt_cache_read_tokens": tokens.cache_read,
            "prompt_cache_write_tokens": tokens.cache_write_5m,
            "completion_tokens": tokens.output - tokens.reasoning,
            "reasoning_tokens": tokens.reasoning,
            "cost": 0.0 if hit else cost_usd(call.model, tokens),
            "delay_ms": call.latency_ms,
            "time_to_first_token": 280,
            "cache_reference_id": draw.uuid() if hit else NEVER_CACHED,
        }
        if failed:
            book.call(FILE, line, Tokens(), "failed_calls")
        else:
            book.call(FILE, line, Tokens() if hit else tokens)
    return book
