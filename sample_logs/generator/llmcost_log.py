"""llmcost's own log: the product's traffic as the tracker writes it, one line when a call has ended."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sample_logs.generator.book import Book, Mark, Tokens
from sample_logs.generator.days import day_of, iso
from sample_logs.generator.draw import Draw
from sample_logs.generator.prompts import ONE_HOUR_MS, PromptCache, digest, prefixes
from sample_logs.generator.story import IN_HOUSE, PROJECT
from sample_logs.generator.traffic import Request, planned, week_of

STAGING_SHARE = 0.03
TRUNCATED_SHARE = 0.0006
"""Lines cut off when the process that wrote them was killed."""
STRAY_LINES = (
    "worker 3 restarted after SIGTERM, 2 requests in flight",
    "WARN log rotated, continuing in a new file",
)
OVERLAP_LINES = 14
"""Lines that the log shipper sent twice when the file was rotated."""


@dataclass(frozen=True)
class Served:
    """A request with what the provider did."""

    request: Request
    id: str
    tokens: Tokens
    ttft_ms: int
    latency_ms: int


def write() -> Book:
    book = Book()
    draw = Draw("llmcost/lines")
    served = sorted(_serve(planned()), key=lambda call: (call.request.at_ms + call.latency_ms, call.id))
    first_ids: dict[tuple[str, str], str] = {}
    recent: list[dict[str, Any]] = []
    file = ""
    for call in served:
        ended = day_of(call.request.at_ms + call.latency_ms)
        if _file_of(ended) != file:
            file = _file_of(ended)
            if ended > date(2026, 11, 1):
                book.malformed(file, f"{iso(call.request.at_ms)} {STRAY_LINES[1]}")
                for line in recent[-OVERLAP_LINES:]:
                    book.copy(file, line)
        line = _line(draw, call, first_ids)
        if draw.chance(TRUNCATED_SHARE):
            book.truncated(file, line, draw.unit())
            book.malformed(file, f"{iso(call.request.at_ms)} {STRAY_LINES[0]}")
            continue
        marks: list[Mark] = ["failed_calls"] if call.request.error else []
        if call.request.model is IN_HOUSE:
            marks.append("unpriced_calls")
        book.call(file, line, call.tokens, *marks)
        recent.append(line)
    return book


def _file_of(day: date) -> str:
    """October is archived; the last two days stand in files of their own."""
    if day < date(2026, 11, 1):
        return "usage-2026-10.jsonl.gz"
    return "usage-2026-11.jsonl" if day < date(2026, 11, 19) else f"usage-{day}.jsonl"


def _serve(requests: list[Request]) -> list[Served]:
    """What each request reads from and writes to its prompt cache, and how long it takes."""
    draw = Draw("llmcost/serve")
    cache = PromptCache()
    served = []
    for request in requests:
        prompt = prefixes(request.blocks)
        whole = prompt[-1].tokens
        waits = request.tier == "standard"
        first_ms = draw.between(180, 450) if waits else 0
        if request.error == "overloaded_error":
            served.append(Served(request, _id(draw, request), Tokens(), 0, first_ms))
            continue
        ready_ms = first_ms + whole * 1_000 // request.model.prefill_tokens_per_s
        read = written = 0
        rule = request.feature.cache_rule(request.model) if waits else None
        if rule:
            system = _system_blocks(request) - 1
            places = {
                "system-1h": [system],
                "conversation-5m": [system, request.stable_blocks - 1],
                "automatic": list(range(len(prompt))),
            }[request.feature.cache]
            read, written = cache.serve(
                request.model.name, rule, prompt, places, request.at_ms, request.at_ms + ready_ms
            )
            ready_ms -= read * 900 // request.model.prefill_tokens_per_s  # a read token takes a tenth of the time
        an_hour = rule is not None and rule.life_ms == ONE_HOUR_MS
        writing_ms = request.output_tokens * draw.between(850, 1_180) // request.model.output_tokens_per_s
        served.append(
            Served(
                request=request,
                id=_id(draw, request),
                tokens=Tokens(
                    input=whole - read - written,
                    cache_read=read,
                    cache_write_5m=0 if an_hour else written,
                    cache_write_1h=written if an_hour else 0,
                    output=request.output_tokens,
                    reasoning=request.output_tokens * draw.below(request.feature.reasoning_percent + 1) // 100,
                ),
                ttft_ms=ready_ms if request.feature.streams and waits else 0,
                latency_ms=ready_ms + writing_ms if waits else 0,
            )
        )
    return served


def _line(draw: Draw, call: Served, first_ids: dict[tuple[str, str], str]) -> dict[str, Any]:
    """The call as a line; what it has nothing to say about is left out."""
    request, tokens = call.request, call.tokens
    prompt = prefixes(request.blocks)
    prompt_hash = digest(request.model.name, prompt[-1].hash, request.feature.max_output_tokens)
    first_id = first_ids.setdefault((request.session, prompt_hash), call.id)
    tags = {
        "team": request.feature.team,
        "env": "staging" if request.feature.name is None or draw.chance(STAGING_SHARE) else "production",
        "version": week_of(day_of(request.at_ms)),
    }
    if request.error:
        tags["error_type"] = request.error
    if request.retry:
        tags["retry_of"] = first_id
    answered = request.output_tokens > 0 and not request.error
    used = request.feature.used_tokens
    same = draw.chance(request.feature.same_answer_percent / 100)
    line = {
        "llmcost": 1,
        "request_id": call.id,
        "ts": iso(request.at_ms),
        "provider": request.model.provider,
        "model": request.model.name,
        "feature": request.feature.name,
        "task_type": request.feature.task_type,
        "prompt_id": request.prompt.id or None,
        "user_id": request.user,
        "session_id": request.session,
        "project": PROJECT,
        "tags": tags,
        "input_tokens": tokens.input,
        "cache_read_tokens": tokens.cache_read or None,
        "cache_write_5m_tokens": tokens.cache_write_5m or None,
        "cache_write_1h_tokens": tokens.cache_write_1h or None,
        "output_tokens": tokens.output,
        "reasoning_tokens": tokens.reasoning or None,
        "max_output_tokens": request.feature.max_output_tokens,
        "output_used_tokens": None if used is None or not answered else min(used, tokens.output),
        "stop_reason": request.stop_reason,
        "service_tier": request.tier if request.tier != "standard" else None,
        "status": "error" if request.error else None,
        "latency_ms": call.latency_ms or None,
        "ttft_ms": call.ttft_ms or None,
        "prompt_hash": prompt_hash,
        "output_hash": digest("answer", prompt_hash if same else call.id) if answered else None,
        "prefix": [prefix._asdict() for prefix in prompt] if tokens.prompt else None,
        "system_blocks": _system_blocks(request) if tokens.prompt else None,
        "complexity": draw.by_weight(request.feature.complexity_percent) / 100,
    }
    return {name: value for name, value in line.items() if value is not None}


def _system_blocks(request: Request) -> int:
    return 2 if request.prompt.tools_tokens else 1


def _id(draw: Draw, request: Request) -> str:
    return f"{'msg_01' if request.model.provider == 'anthropic' else 'chatcmpl-'}{draw.hex(20)}"
