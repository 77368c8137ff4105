"""Spans of a small agent, as the OpenTelemetry collector writes them: many a line, parents after their children."""

from typing import Any

from sample_logs.generator.book import Book, Tokens
from sample_logs.generator.draw import Draw
from sample_logs.generator.small import Call, calls

FILE = "traces.jsonl"
MODELS = {"gpt-5.4-mini-2026-03-17": 60, "claude-haiku-4-5-20251001": 40}
TRACES_A_LINE = 4
OLD_NAMES_SHARE = 0.25
"""Of the services, those whose instrumentation still writes the first names of the conventions."""

Span = dict[str, Any]
Attribute = dict[str, Any]


def write() -> Book:
    book = Book()
    draw = Draw("opentelemetry")
    batch: list[tuple[Call, str, str]] = []
    for call in calls(draw, MODELS, system_tokens=2_304, cached_share=0.4, written_share=0.2, reasoning_share=0.2):
        batch.append((call, draw.hex(32), draw.hex(16)))
        if len(batch) == TRACES_A_LINE:
            _export(book, draw, batch)
            batch = []
    return book


def _export(book: Book, draw: Draw, batch: list[tuple[Call, str, str]]) -> None:
    """Two lines: what ended first, and then the agents, each with the usage of its call."""
    children: list[Span] = []
    parents: list[Span] = []
    for call, trace, root in batch:
        times = (call.at_ms, call.end_ms)
        children.append(_span(trace, draw.hex(16), root, "chat", times, _chat(draw, call)))
        children.append(_span(trace, draw.hex(16), root, "GET /search", times, [_text("http.request.method", "GET")]))
        agent = [
            _text("gen_ai.operation.name", "invoke_agent"),
            _text("gen_ai.agent.name", "searcher"),
            _count("gen_ai.usage.input_tokens", call.tokens.prompt),
            _count("gen_ai.usage.output_tokens", call.tokens.output),
        ]
        parents.append(_span(trace, root, "", "invoke_agent searcher", times, agent))
    book.wrapping(FILE, _request(children), [call.tokens for call, _, _ in batch], no_calls=len(batch))
    book.wrapping(FILE, _request(parents), [], copies=len(parents))


def _chat(draw: Draw, call: Call) -> list[Attribute]:
    tokens = call.tokens
    provider = "anthropic" if call.model.startswith("claude") else "openai"
    if draw.chance(OLD_NAMES_SHARE):
        return [
            _text("gen_ai.system", provider),
            _text("gen_ai.response.model", call.model),
            _count("gen_ai.usage.prompt_tokens", tokens.prompt),
            _count("gen_ai.usage.completion_tokens", tokens.output),
            *_details(tokens, read="cache_read_input_tokens", written="cache_creation_input_tokens"),
        ]
    return [
        _text("gen_ai.operation.name", "chat"),
        _text("gen_ai.provider.name", provider),
        _text("gen_ai.request.model", call.model),
        _text("gen_ai.response.model", call.model),
        _text("gen_ai.conversation.id", call.session),
        _text("gen_ai.agent.name", "search-answers"),
        _text("user.id", call.user),
        _count("gen_ai.request.max_tokens", 4_096),
        _count("gen_ai.usage.input_tokens", tokens.prompt),
        _count("gen_ai.usage.output_tokens", tokens.output),
        *_details(tokens, read="cache_read.input_tokens", written="cache_creation.input_tokens"),
        {"key": "gen_ai.response.finish_reasons", "value": {"arrayValue": {"values": [{"stringValue": "stop"}]}}},
    ]


def _details(tokens: Tokens, *, read: str, written: str) -> list[Attribute]:
    """The parts of a prompt and of an answer, each only where there is any."""
    parts = {
        read: tokens.cache_read,
        written: tokens.cache_write_5m,
        "reasoning.output_tokens": tokens.reasoning,
    }
    return [_count(f"gen_ai.usage.{name}", count) for name, count in parts.items() if count]


def _span(
    trace: str, span: str, parent: str, name: str, times_ms: tuple[int, int], attributes: list[Attribute]
) -> Span:
    start_ms, end_ms = times_ms
    return {
        "traceId": trace,
        "spanId": span,
        "parentSpanId": parent,
        "name": name,
        "kind": 3,
        "startTimeUnixNano": str(start_ms * 1_000_000),
        "endTimeUnixNano": str(end_ms * 1_000_000),
        "attributes": attributes,
        "status": {},
    }


def _request(spans: list[Span]) -> dict[str, Any]:
    resource = {"attributes": [_text("service.name", "helpdesk"), _text("deployment.environment.name", "production")]}
    return {
        "resourceSpans": [
            {"resource": resource, "scopeSpans": [{"scope": {"name": "helpdesk.search"}, "spans": spans}]}
        ]
    }


def _text(name: str, value: str) -> Attribute:
    return {"key": name, "value": {"stringValue": value}}


def _count(name: str, value: int) -> Attribute:
    """Whole numbers are texts in OTLP's JSON."""
    return {"key": name, "value": {"intValue": str(value)}}
