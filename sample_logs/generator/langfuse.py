"""Langfuse: a trace with an agent over its generations, as the API gives it and as the export has it."""

from collections.abc import Iterator
from typing import Any

from sample_logs.generator.book import Book, Tokens
from sample_logs.generator.days import iso
from sample_logs.generator.draw import Draw
from sample_logs.generator.prices import cost_usd
from sample_logs.generator.small import Call, calls

EXPORT_FILE, TRACES_FILE = "observations.jsonl", "traces.jsonl"
MODELS = {"gpt-5.4-mini": 70, "gemini-2.5-flash": 30}

Line = dict[str, Any]


def write() -> Book:
    book = Book()
    draw = Draw("langfuse")
    for call in calls(draw, MODELS, every=3, system_tokens=1_280, cached_share=0.5, reasoning_share=0.3):
        _exported(book, draw, call)
    for call in calls(Draw("langfuse/traces"), MODELS, every=6, reasoning_share=0.3):
        _traced(book, draw, call)
    return book


def _exported(book: Book, draw: Draw, call: Call) -> None:
    """Three rows: a span, the agent in it whose usage is that of its generation, and the generation."""
    trace = draw.hex(32)
    span, agent, generation = draw.hex(16), draw.hex(16), draw.hex(16)
    context = {
        "trace_id": trace,
        "trace_name": "search-answers",
        "user_id": call.user,
        "session_id": call.session,
        "start_time": _exported_time(call.at_ms),
        "end_time": _exported_time(call.end_ms),
        "environment": "production",
        "level": "DEFAULT",
    }
    counted = {"usage_details": _usage(call.tokens), "cost_details": _cost(call)}
    nothing: Line = {"usage_details": {}, "cost_details": {}}
    generated = {
        "type": "GENERATION",
        "name": "answer",
        "provided_model_name": call.model,
        "prompt_name": "search-answers/answer",
        "prompt_version": 3,
        **counted,
    }
    rows: list[Line] = [
        {"id": span, "parent_observation_id": None, "type": "SPAN", "name": "answer-question", **nothing},
        {"id": agent, "parent_observation_id": span, "type": "AGENT", "name": "searcher", **counted},
        {"id": generation, "parent_observation_id": agent, **generated},
    ]
    book.no_call(EXPORT_FILE, {**context, **rows[0]})
    book.copy(EXPORT_FILE, {**context, **rows[1]})
    book.call(EXPORT_FILE, {**context, **rows[2]}, call.tokens)


def _traced(book: Book, draw: Draw, call: Call) -> None:
    """What /api/public/traces/{id} answers: the trace, and in it its observations."""
    trace = draw.hex(32)
    observations = list(_observations(draw, trace, call))
    line = {
        "id": trace,
        "timestamp": iso(call.at_ms),
        "name": "search-answers",
        "userId": call.user,
        "sessionId": call.session,
        "tags": ["team:search", "beta"],
        "observations": observations,
    }
    book.wrapping(TRACES_FILE, line, [call.tokens], copies=1, no_calls=len(observations) - 2)


def _observations(draw: Draw, trace: str, call: Call) -> Iterator[Line]:
    root = draw.hex(16)
    common = {
        "traceId": trace,
        "startTime": iso(call.at_ms),
        "endTime": iso(call.end_ms),
        "model": call.model,
        "usageDetails": _usage(call.tokens),
        "costDetails": _cost(call),
        "environment": "production",
        "level": "DEFAULT",
    }
    yield {"id": root, "parentObservationId": None, "type": "GENERATION", "name": "ai.generateText", **common}
    child = {"id": draw.hex(16), "parentObservationId": root, "type": "GENERATION", "name": "doGenerate", **common}
    yield child | {"modelParameters": {"max_tokens": 2_048}}
    for name in ("search-index", "rerank"):
        yield {
            "id": draw.hex(16),
            "parentObservationId": root,
            "type": "TOOL",
            "name": name,
            "traceId": trace,
            "startTime": iso(call.at_ms),
            "usageDetails": {},
            "costDetails": {},
        }


def _usage(tokens: Tokens) -> dict[str, int]:
    """Disjoint names, of which the total is the sum."""
    counts = {"input": tokens.input, "output": tokens.output - tokens.reasoning}
    if tokens.cache_read:
        counts["input_cached_tokens"] = tokens.cache_read
    if tokens.reasoning:
        counts["output_reasoning_tokens"] = tokens.reasoning
    return {**counts, "total": tokens.prompt + tokens.output}


def _cost(call: Call) -> dict[str, float]:
    return {"total": cost_usd(call.model, call.tokens)}


def _exported_time(at_ms: int) -> str:
    return iso(at_ms).replace("T", " ").removesuffix("Z") + "000"
