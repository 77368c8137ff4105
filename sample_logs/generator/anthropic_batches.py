"""Results of Anthropic message batches: most succeeded, some did not."""

from typing import Any

from sample_logs.generator.book import Book
from sample_logs.generator.draw import Draw
from sample_logs.generator.small import calls

FILE = "msgbatch_results.jsonl"
MODELS = {"claude-haiku-4-5-20251001": 1}
FAILED_SHARE = 0.06


def write() -> Book:
    book = Book()
    draw = Draw("anthropic-batches")
    shares = {"cached_share": 0.6, "written_share": 0.3, "reasoning_share": 0.1}
    for number, call in enumerate(calls(draw, MODELS, system_tokens=4_300, **shares)):  # type: ignore[arg-type]
        line: dict[str, Any] = {"custom_id": f"summary-{number:04d}"}
        if draw.chance(FAILED_SHARE):
            error = {"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long"}}
            failed = {"type": "expired"} if number % 2 else {"type": "errored", "error": error}
            book.no_call(FILE, {**line, "result": failed})
            continue
        tokens = call.tokens
        usage: dict[str, Any] = {
            "input_tokens": tokens.input,
            "cache_creation_input_tokens": tokens.cache_write_5m,
            "cache_read_input_tokens": tokens.cache_read,
            "output_tokens": tokens.output,
            "service_tier": "batch",
        }
        if tokens.reasoning:
            usage["output_tokens_details"] = {"thinking_tokens": tokens.reasoning}
        message = {
            "id": f"msg_01{draw.hex(22)}",
            "type": "message",
            "role": "assistant",
            "model": call.model,
            "content": [{"type": "text", "text": call.answer}],
            "stop_reason": "end_turn",
            "usage": usage,
        }
        book.call(FILE, {**line, "result": {"type": "succeeded", "message": message}}, tokens)
    return book
