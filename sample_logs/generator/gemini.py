"""Responses of the Gemini API: wrapped by one service, kept as the chunks of a stream by another."""

from typing import Any

from sample_logs.generator.book import Book, Tokens
from sample_logs.generator.days import iso
from sample_logs.generator.draw import Draw
from sample_logs.generator.small import calls

WRAPPED_FILE, STREAM_FILE = "translate-service.jsonl", "stream-chunks.jsonl"
MODEL = "gemini-2.5-flash"


def write() -> Book:
    book = Book()
    draw = Draw("gemini")
    for call in calls(draw, {MODEL: 1}, system_tokens=2_048, cached_share=0.5, reasoning_share=0.5):
        request = {
            "contents": [{"role": "user", "parts": [{"text": call.question}]}],
            "generationConfig": {"maxOutputTokens": 2_048},
        }
        line = {
            "ts": iso(call.at_ms),
            "feature": "search-answers",
            "latency_ms": call.latency_ms,
            "request": request,
            "response": _response(draw.hex(16), call.answer, call.tokens),
        }
        book.call(WRAPPED_FILE, line, call.tokens)
    for call in calls(Draw("gemini/stream"), {MODEL: 1}, every=6):
        response_id = draw.hex(16)
        first = Tokens(input=call.tokens.input, output=4)
        book.copy(STREAM_FILE, _response(response_id, call.answer[:16], first, done=False))
        book.call(STREAM_FILE, _response(response_id, call.answer[16:], call.tokens), call.tokens)
    return book


def _response(response_id: str, answer: str, tokens: Tokens, *, done: bool = True) -> dict[str, Any]:
    """Its counts of zero are left out, and its candidates do not hold the thoughts."""
    counts = {
        "promptTokenCount": tokens.prompt,
        "cachedContentTokenCount": tokens.cache_read,
        "candidatesTokenCount": tokens.output - tokens.reasoning,
        "thoughtsTokenCount": tokens.reasoning,
        "totalTokenCount": tokens.prompt + tokens.output,
    }
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": [{"text": answer}]}, "index": 0}
    if done:
        candidate["finishReason"] = "STOP"
    return {
        "candidates": [candidate],
        "usageMetadata": {name: count for name, count in counts.items() if count},
        "modelVersion": MODEL,
        "responseId": response_id,
    }
