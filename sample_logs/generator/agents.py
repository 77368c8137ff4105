"""Sessions of agents whose logs are lines of JSON: Qwen Code, the Gemini CLI, Claude Managed Agents; and the events of
streamed answers of the Messages API. A few calls of each are enough."""

from typing import Any

from sample_logs.generator.book import Book, Tokens
from sample_logs.generator.days import iso
from sample_logs.generator.draw import Draw
from sample_logs.generator.small import Call, calls

FOLDER = "/home/dev/helpdesk-web"
EVERY = 9
"""One of the small formats' calls in so many."""


def qwen_code() -> Book:
    """One session, its calls also in the file of the month, and a fork that repeats the first ones."""
    book = Book()
    draw = Draw("qwen-code")
    session, fork = draw.uuid(), draw.uuid()
    chats, month = f"projects/helpdesk-web/chats/{session}.jsonl", "usage/token-usage-2026-11.jsonl"
    made = list(calls(draw, {"qwen3-coder-plus": 1}, every=EVERY, system_tokens=6_000, cached_share=0.7,
                      reasoning_share=0.5))  # fmt: skip
    for place, call in enumerate(made):
        asked = _qwen_line(draw, session, call.at_ms, "user") | {
            "message": {"role": "user", "parts": [{"text": call.question}]}
        }
        book.no_call(chats, asked)
        counts = {
            "promptTokenCount": call.tokens.prompt,
            "candidatesTokenCount": call.tokens.output,
            "thoughtsTokenCount": call.tokens.reasoning,
            "totalTokenCount": call.tokens.prompt + call.tokens.output,
            "cachedContentTokenCount": call.tokens.cache_read,
        }
        answered = _qwen_line(draw, session, call.end_ms, "assistant") | {
            "model": call.model,
            "message": {"role": "model", "parts": [{"text": call.answer}]},
            "usageMetadata": counts,
        }
        book.call(chats, answered, call.tokens, "unpriced_calls")
        book.copy(month, {
            "id": draw.uuid(), "timestamp": iso(call.end_ms), "sessionId": session, "model": call.model,
            "inputTokens": call.tokens.prompt, "outputTokens": call.tokens.output,
            "cachedTokens": call.tokens.cache_read, "thoughtsTokens": call.tokens.reasoning,
            "totalTokens": call.tokens.prompt + call.tokens.output, "apiDurationMs": call.latency_ms,
        })  # fmt: skip
        if place < 2:
            copied = {**answered, "sessionId": fork, "forkedFrom": {"sessionId": session}}
            book.copy(f"projects/helpdesk-web/chats/{fork}.jsonl", copied)
    return book


def gemini_cli() -> Book:
    """One session; each answer comes first without its counts, and one is rewound after it was billed."""
    book = Book()
    draw = Draw("gemini-cli")
    session = draw.uuid()
    file = f"tmp/helpdesk-web/chats/session-2026-11-02T10-00-{session[:8]}.jsonl"
    made = list(calls(draw, {"gemini-2.5-flash": 1}, every=EVERY, system_tokens=4_000, cached_share=0.7,
                      reasoning_share=0.6))  # fmt: skip
    book.no_call(file, {"sessionId": session, "projectHash": draw.hex(64), "startTime": iso(made[0].at_ms)})
    for place, call in enumerate(made):
        asked = {"id": draw.uuid(), "timestamp": iso(call.at_ms), "type": "user", "content": call.question}
        book.no_call(file, asked)
        answer = {
            "id": draw.uuid(), "timestamp": iso(call.end_ms), "type": "gemini", "model": call.model,
            "content": call.answer,
        }  # fmt: skip
        book.no_call(file, answer)
        book.call(file, answer | {"tokens": {
            "input": call.tokens.prompt, "output": call.tokens.output - call.tokens.reasoning,
            "cached": call.tokens.cache_read, "thoughts": call.tokens.reasoning, "tool": 0,
            "total": call.tokens.prompt + call.tokens.output,
        }}, call.tokens)  # fmt: skip
        if place == 3:
            book.no_call(file, {"$rewindTo": asked["id"]})
    return book


def managed_agents() -> Book:
    """The events of one session: its own line names the model."""
    book = Book()
    draw = Draw("managed-agents")
    file = "events.jsonl"
    session = f"sesn_{draw.hex(24)}"
    made = list(calls(draw, {"claude-haiku-4-5": 1}, every=EVERY, system_tokens=3_000, cached_share=0.6,
                      written_share=0.2))  # fmt: skip
    agent = {"id": f"agent_{draw.hex(24)}", "name": "release-notes", "model": {"id": made[0].model}}
    book.no_call(file, {"type": "session", "id": session, "agent": agent, "created_at": iso(made[0].at_ms)})
    for call in made:
        begun = f"sevt_{draw.hex(24)}"
        book.no_call(file, {"type": "span.model_request_start", "id": begun, "processed_at": iso(call.at_ms)})
        book.no_call(file, {
            "type": "agent.message", "id": f"sevt_{draw.hex(24)}", "processed_at": iso(call.end_ms),
            "content": [{"type": "text", "text": call.answer}],
        })  # fmt: skip
        book.call(file, {
            "type": "span.model_request_end", "id": f"sevt_{draw.hex(24)}", "processed_at": iso(call.end_ms),
            "model_request_start_id": begun, "is_error": False, "model_usage": {
                "input_tokens": call.tokens.input, "output_tokens": call.tokens.output,
                "cache_read_input_tokens": call.tokens.cache_read,
                "cache_creation_input_tokens": call.tokens.cache_write_5m,
            },
        }, call.tokens)  # fmt: skip
    book.no_call(file, {"type": "session.status_idle", "id": f"sevt_{draw.hex(24)}", "processed_at": iso(call.end_ms)})
    return book


def anthropic_stream() -> Book:
    """Events of streams, wrapped with their time; the last stream was cut off."""
    book = Book()
    draw = Draw("anthropic-stream")
    file = "events.jsonl"
    made = list(calls(draw, {"claude-haiku-4-5": 1}, every=EVERY, system_tokens=5_000, cached_share=0.5,
                      written_share=0.3))  # fmt: skip
    for call in made[:-1]:
        _streamed(book, draw, file, call)
    _cut_off(book, draw, file, made[-1])
    return book


def _streamed(book: Book, draw: Draw, file: str, call: Call) -> None:
    # the first counts are a copy of the call, which the last ones complete
    book.copy(file, _event(call.at_ms, _message_start(draw, call)))
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    book.no_call(file, _event(call.at_ms, block))
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": call.answer}}
    book.no_call(file, _event(call.end_ms, delta))
    book.no_call(file, _event(call.end_ms, {"type": "content_block_stop", "index": 0}))
    last = {
        "type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": call.tokens.output},
    }  # fmt: skip
    book.call(file, _event(call.end_ms, last), call.tokens)
    book.no_call(file, _event(call.end_ms, {"type": "message_stop"}))


def _cut_off(book: Book, draw: Draw, file: str, call: Call) -> None:
    tokens = Tokens(call.tokens.input, call.tokens.cache_read, call.tokens.cache_write_5m, output=1)
    book.call(file, _event(call.at_ms, _message_start(draw, call)), tokens, "partial_calls")


def _message_start(draw: Draw, call: Call) -> dict[str, Any]:
    usage = {
        "input_tokens": call.tokens.input, "cache_read_input_tokens": call.tokens.cache_read,
        "cache_creation_input_tokens": call.tokens.cache_write_5m, "output_tokens": 1, "service_tier": "standard",
    }  # fmt: skip
    message: dict[str, Any] = {
        "id": f"msg_01{draw.hex(22)}",
        "type": "message",
        "role": "assistant",
        "model": call.model,
        "content": [],
        "stop_reason": None,
        "usage": usage,
    }
    return {"type": "message_start", "message": message}


def _event(at_ms: int, event: dict[str, Any]) -> dict[str, Any]:
    return {"ts": iso(at_ms), "event": event}


def _qwen_line(draw: Draw, session: str, at_ms: int, kind: str) -> dict[str, Any]:
    return {"uuid": draw.uuid(), "parentUuid": None, "sessionId": session, "timestamp": iso(at_ms), "type": kind,
            "cwd": FOLDER, "version": "0.21.13"}  # fmt: skip
