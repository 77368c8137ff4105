"""Responses of the Anthropic Messages API, as two services of the product keep them.

The contract service wraps each response with its request and a time; the summary service keeps the bare
response, which names no time and no feature.
"""

import json
from typing import Any

from sample_logs.generator.book import Book, Tokens
from sample_logs.generator.days import daily_arrivals, iso
from sample_logs.generator.draw import Draw
from sample_logs.generator.figures import MOONCAKE_INPUT_TOKENS, MOONCAKE_OUTPUT_TOKENS
from sample_logs.generator.story import PROJECT
from sample_logs.generator.texts import CLAUSES, EXTRACTION_PROMPT, QUESTIONS, THREADS, tokens_in

WRAPPED_FILE, BARE_FILE = "contract-service.jsonl", "summary-service.jsonl"
CLAUSES_A_CALL = (1, 3)
ERROR_SHARE, RESENT_SHARE = 0.03, 0.02
MODELS = {"claude-sonnet-5-5": 70, "claude-haiku-4-5-20251001": 20, "claude-opus-4-8": 10}
SUMMARY_PROMPT_TOKENS = 1_460
BATCH_SHARE = 0.2


def write() -> Book:
    book = Book()
    draw = Draw("anthropic")
    for at_ms in daily_arrivals(draw, 4):
        _contract(book, draw, at_ms)
    for _ in daily_arrivals(draw, 4):
        _summary(book, draw)
    return book


def _contract(book: Book, draw: Draw, at_ms: int) -> None:
    first = draw.below(len(CLAUSES))
    clauses = [CLAUSES[(first + n) % len(CLAUSES)] for n in range(draw.between(*CLAUSES_A_CALL))]
    text = "\n\n".join(["Extract the terms of each clause.", *(clause for clause, _ in clauses)])
    request = {
        "model": draw.by_weight(MODELS),
        "max_tokens": 4_096,
        "temperature": 0,
        "system": EXTRACTION_PROMPT,
        "messages": [{"role": "user", "content": text}],
        "metadata": {"user_id": f"u_{draw.below(40):04d}"},
    }
    wrapped = {
        "ts": iso(at_ms),
        "feature": "contract-extraction",
        "task_type": "extraction",
        "project": PROJECT,
    }
    if draw.chance(ERROR_SHARE):
        error = {"type": "overloaded_error", "message": "Overloaded"}
        response: dict[str, Any] = {"type": "error", "error": error, "request_id": f"req_011C{draw.hex(20)}"}
        book.no_call(WRAPPED_FILE, {**wrapped, "request": request, "response": response})
        wrapped["ts"] = iso(at_ms + draw.between(1_000, 5_000))
    answer = json.dumps([facts for _, facts in clauses], separators=(",", ":"))
    output = tokens_in(answer)
    cut = output > 150 and draw.chance(0.3)
    if cut:
        request["max_tokens"], output = 150, 150
        answer = answer[: 150 * 4]
    tokens = Tokens(input=tokens_in(EXTRACTION_PROMPT + text) + 12, output=output)
    content = [{"type": "text", "text": answer}]
    response = _message(draw, str(request["model"]), content, "max_tokens" if cut else "end_turn", tokens, "standard")
    line = {
        **wrapped,
        "latency_ms": 600 + output * draw.between(9, 16),
        "request": request,
        "response": response,
    }
    book.call(WRAPPED_FILE, line, tokens)
    if draw.chance(RESENT_SHARE):
        book.copy(WRAPPED_FILE, line)


def _summary(book: Book, draw: Draw) -> None:
    """A summary of a whole document, which only its token counts tell of; some with a search on the web."""
    if draw.chance(ERROR_SHARE):
        error = {"type": "rate_limit_error", "message": "This request would exceed your rate limit."}
        book.no_call(BARE_FILE, {"type": "error", "error": error, "request_id": f"req_011C{draw.hex(20)}"})
        return
    searches = draw.between(1, 3) if draw.chance(0.08) else 0
    read = draw.chance(0.4)
    thinking = draw.between(0, 300) if draw.chance(0.25) else 0
    tokens = Tokens(
        input=draw.quantile(MOONCAKE_INPUT_TOKENS),
        cache_read=SUMMARY_PROMPT_TOKENS if read else 0,
        cache_write_5m=0 if read else SUMMARY_PROMPT_TOKENS,
        output=draw.quantile(MOONCAKE_OUTPUT_TOKENS) + thinking,
        reasoning=thinking,
        web_searches=searches,
    )
    text = draw.pick(THREADS)[1] if not searches else draw.pick(QUESTIONS).answer
    tier = "batch" if draw.chance(BATCH_SHARE) else "standard"
    response = _message(draw, "claude-sonnet-5-5", [{"type": "text", "text": text}], "end_turn", tokens, tier)
    book.call(BARE_FILE, response, tokens)
    if draw.chance(0.01):
        book.truncated(BARE_FILE, response, draw.unit())


def _message(
    draw: Draw, model: str, content: list[dict[str, Any]], stop_reason: str, tokens: Tokens, tier: str
) -> dict[str, Any]:
    usage: dict[str, Any] = {
        "input_tokens": tokens.input,
        "cache_creation_input_tokens": tokens.cache_write_5m + tokens.cache_write_1h,
        "cache_read_input_tokens": tokens.cache_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": tokens.cache_write_5m,
            "ephemeral_1h_input_tokens": tokens.cache_write_1h,
        },
        "output_tokens": tokens.output,
        "service_tier": tier,
    }
    if tokens.reasoning:
        usage["output_tokens_details"] = {"thinking_tokens": tokens.reasoning}
    if tokens.web_searches:
        usage["server_tool_use"] = {"web_search_requests": tokens.web_searches}
    return {
        "id": f"msg_01{draw.hex(22)}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": usage,
    }
