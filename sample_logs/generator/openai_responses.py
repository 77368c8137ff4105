"""Responses of the OpenAI Responses API: bare in one service, as a stream's events in the other."""

from typing import Any

from sample_logs.generator.book import Book, Tokens
from sample_logs.generator.draw import Draw
from sample_logs.generator.small import Call, calls

BARE_FILE, EVENTS_FILE = "answers.jsonl", "events.jsonl"
MODELS = {"gpt-5-mini-2025-08-07": 60, "gpt-5.6-luna": 40}
SEARCH_SHARE, CUT_SHARE = 0.15, 0.1

Line = dict[str, Any]


def write() -> Book:
    book = Book()
    draw = Draw("openai-responses")
    for call in calls(draw, MODELS, system_tokens=1_280, cached_share=0.4, reasoning_share=0.6):
        searches = draw.between(1, 2) if draw.chance(SEARCH_SHARE) else 0
        tokens = Tokens(call.tokens.input, call.tokens.cache_read, output=call.tokens.output,
                        reasoning=call.tokens.reasoning, web_searches=searches)  # fmt: skip
        book.call(BARE_FILE, _response(draw, call, tokens, cut=draw.chance(CUT_SHARE)), tokens)
    for call in calls(Draw("openai-responses/events"), MODELS, every=6, reasoning_share=0.6):
        done = _response(draw, call, call.tokens)
        book.no_call(EVENTS_FILE, {"type": "response.created", "response": {**done, "status": "in_progress",
                                                                            "output": [], "usage": None}})  # fmt: skip
        book.no_call(EVENTS_FILE, {"type": "response.output_text.delta", "delta": call.answer[:12]})
        book.call(EVENTS_FILE, {"type": "response.completed", "response": done}, call.tokens)
    return book


def _response(draw: Draw, call: Call, tokens: Tokens, *, cut: bool = False) -> Line:
    searches = [{"type": "web_search_call", "status": "completed"}] * tokens.web_searches
    message = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": call.answer}]}
    return {
        "id": f"resp_{draw.hex(32)}",
        "object": "response",
        "created_at": call.at_ms // 1000,
        "completed_at": call.end_ms // 1000,
        "model": call.model,
        "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "max_output_tokens": 1_024,
        "metadata": {"feature": "search-answers"},
        "output": [*searches, message],
        "service_tier": "default",
        "usage": {
            "input_tokens": tokens.prompt,
            "input_tokens_details": {"cached_tokens": tokens.cache_read},
            "output_tokens": tokens.output,
            "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
            "total_tokens": tokens.prompt + tokens.output,
        },
    }
