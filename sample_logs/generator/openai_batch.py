"""Output of an OpenAI batch, half of it Chat Completions, half Responses, and its error file."""

from typing import Any

from sample_logs.generator.book import Book, Tokens
from sample_logs.generator.draw import Draw
from sample_logs.generator.small import calls

FILE, ERROR_FILE = "batch_output.jsonl", "batch_errors.jsonl"
MODEL = "gpt-4o-mini-2024-07-18"
EXPIRED_SHARE = 0.05


def write() -> Book:
    book = Book()
    draw = Draw("openai-batch")
    for number, call in enumerate(calls(draw, {MODEL: 1})):
        tokens = call.tokens
        line: dict[str, Any] = {"id": f"batch_req_{draw.hex(24)}", "custom_id": f"ticket-{20_000 + number}"}
        if draw.chance(EXPIRED_SHARE):
            error = {"code": "batch_expired", "message": "This request could not be executed in time."}
            book.no_call(ERROR_FILE, {**line, "response": None, "error": error})
            continue
        body = _completion(draw, call.at_ms, call.answer, tokens)
        if number % 2:
            body = _response(draw, call.at_ms, call.answer, tokens)
        response = {"status_code": 200, "request_id": draw.hex(32), "body": body}
        book.call(FILE, {**line, "response": response, "error": None}, tokens)
    refused = {"status_code": 400, "request_id": draw.hex(32), "body": {"error": {"code": "invalid_value"}}}
    book.no_call(ERROR_FILE, {"id": "batch_req_0", "custom_id": "ticket-1", "response": refused, "error": None})
    return book


def _completion(draw: Draw, at_ms: int, answer: str, tokens: Tokens) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{draw.hex(24)}",
        "object": "chat.completion",
        "created": at_ms // 1000,
        "model": MODEL,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": tokens.prompt,
            "completion_tokens": tokens.output,
            "total_tokens": tokens.prompt + tokens.output,
        },
    }


def _response(draw: Draw, at_ms: int, answer: str, tokens: Tokens) -> dict[str, Any]:
    return {
        "id": f"resp_{draw.hex(32)}",
        "object": "response",
        "created_at": at_ms // 1000,
        "model": MODEL,
        "status": "completed",
        "output": [{"type": "message", "content": [{"type": "output_text", "text": answer}]}],
        "usage": {
            "input_tokens": tokens.prompt,
            "output_tokens": tokens.output,
            "total_tokens": tokens.prompt + tokens.output,
        },
    }
