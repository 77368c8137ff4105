"""Responses of Cohere's API, wrapped with the request that names the model, and a few without."""

from typing import Any

from sample_logs.generator.book import Book, Tokens
from sample_logs.generator.days import iso
from sample_logs.generator.draw import Draw
from sample_logs.generator.small import calls

FILE = "rag-service.jsonl"
MODEL = "command-r-08-2024"
BARE_SHARE, RERANK_SHARE = 0.05, 0.1


def write() -> Book:
    book = Book()
    draw = Draw("cohere")
    for call in calls(draw, {MODEL: 1}):
        if draw.chance(RERANK_SHARE):
            ranked = {"id": draw.uuid(), "results": [], "meta": {"billed_units": {"search_units": 1}}}
            book.no_call(FILE, {"ts": iso(call.at_ms), "response": ranked})
        tokens = Tokens(input=call.tokens.prompt, output=call.tokens.output)
        response = {
            "id": draw.uuid(),
            "finish_reason": "COMPLETE",
            "message": {"role": "assistant", "content": [{"type": "text", "text": call.answer}]},
            "usage": {
                "billed_units": {"input_tokens": tokens.input, "output_tokens": tokens.output},
                "tokens": {"input_tokens": tokens.input + 66, "output_tokens": tokens.output + 2},
                "cached_tokens": 64,
            },
        }
        if draw.chance(BARE_SHARE):
            book.call(FILE, response, tokens, "unpriced_calls")
            continue
        request: dict[str, Any] = {
            "model": call.model,
            "max_tokens": 1_000,
            "messages": [{"role": "user", "content": call.question}],
        }
        wrapped = {"ts": iso(call.at_ms), "feature": "search-answers", "latency_ms": call.latency_ms}
        book.call(FILE, {**wrapped, "request": request, "response": response}, tokens)
    return book
