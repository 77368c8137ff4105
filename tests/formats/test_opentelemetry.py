"""OTLP: many spans a line, and names of several conventions."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.formats.reading import read
from tests.logs import Row, ingested, write

TRACE = "5B8EFFF798038103D269B633813FC60C"
CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 90,
}


def attributes(given: Row) -> list[Row]:
    def value(of: Any) -> Row:
        if isinstance(of, int):
            return {"intValue": str(of)}
        if isinstance(of, float):
            return {"doubleValue": of}
        if isinstance(of, list):
            return {"arrayValue": {"values": [{"stringValue": text} for text in of]}}
        return {"stringValue": of}

    return [{"key": name, "value": value(of)} for name, of in given.items()]


def span(id: str, parent: str = "", given: Row | None = None, **fields: Any) -> Row:
    return {
        "traceId": TRACE,
        "spanId": id,
        "parentSpanId": parent,
        "name": "chat gpt-4o",
        "startTimeUnixNano": "1793613600123456789",
        "endTimeUnixNano": "1793613602123456789",
        "attributes": attributes(CHAT if given is None else given),
        "status": {},
    } | fields


def request(*spans: Row) -> Row:
    resource = {"attributes": attributes({"service.name": "helpdesk", "deployment.environment.name": "production"})}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {}, "spans": list(spans)}]}]}


def test_a_span(tmp_path: Path) -> None:
    given = CHAT | {
        "gen_ai.usage.cache_read.input_tokens": 640, "gen_ai.usage.cache_creation.input_tokens": 100,
        "gen_ai.usage.reasoning.output_tokens": 40, "gen_ai.request.max_tokens": 500,
        "gen_ai.response.finish_reasons": ["stop"], "gen_ai.conversation.id": "c1", "user.id": "u1",
        "gen_ai.agent.name": "searcher", "gen_ai.usage.cost": 0.01, "error.type": "timeout",
    }  # fmt: skip
    found = read(tmp_path, [request(span("A1", "B2", given, status={"code": 2}))]).only()
    expected = {
        "request_id": f"{TRACE}:A1".lower(), "provider": "openai", "model": "gpt-4o", "feature": "searcher",
        "model_logged": "gpt-4o-2024-08-06", "task_type": "chat", "user_id": "u1", "session_id": "c1",
        "project": "helpdesk", "input_tokens": 260, "cache_read_tokens": 640, "cache_write_5m_tokens": 100,
        "output_tokens": 90, "reasoning_tokens": 40, "max_output_tokens": 500, "stop_reason": "stop", "status": "error",
        "latency_ms": 2000.0, "cost_logged_usd": 0.01,
        "tags": {"span": "chat gpt-4o", "environment": "production", "error": "timeout"},
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    assert str(found["ts"]).startswith("2026-11-02 10:00:00.12345")


@pytest.mark.parametrize(
    "given",
    [
        {"gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.prompt_tokens": 100,
         "gen_ai.usage.completion_tokens": 9, "gen_ai.usage.cache_read_input_tokens": 60},
        {"gen_ai.system": "openai", "gen_ai.response.model": "gpt-4o", "llm.usage.prompt_tokens": 100,
         "llm.usage.completion_tokens": 9, "gen_ai.usage.details.cache_read_tokens": 60},
        {"llm.provider": "openai", "llm.model_name": "gpt-4o", "llm.token_count.prompt": 100,
         "llm.token_count.completion": 9, "llm.token_count.prompt_details.cache_read": 60},
        {"ai.model.id": "gpt-4o", "ai.usage.promptTokens": 100, "ai.usage.completionTokens": 9,
         "ai.usage.cachedInputTokens": 60},
    ],
    ids=["first conventions", "traceloop", "openinference", "vercel"],
)  # fmt: skip
def test_older_and_other_names(tmp_path: Path, given: Row) -> None:
    found = read(tmp_path, [request(span("a", given=given))])
    assert found.tokens() == [(40, 60, 0, 0, 9)]
    assert found.only()["model"] == "gpt-4o"


@pytest.mark.parametrize(
    ("audio_in", "audio_out", "searches"),
    [
        (
            "gen_ai.usage.details.input_audio_tokens",
            "gen_ai.usage.details.output_audio_tokens",
            "gen_ai.usage.details.web_search_requests",
        ),
        (
            "llm.token_count.prompt_details.audio",
            "llm.token_count.completion_details.audio",
            "gen_ai.usage.server_tool_use.web_search_requests",
        ),
    ],
)
def test_what_is_not_text_and_what_is_billed_by_the_use(
    tmp_path: Path, audio_in: str, audio_out: str, searches: str
) -> None:
    given = {
        "gen_ai.request.model": "gpt-4o-audio-preview", "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 50, audio_in: 40, audio_out: 30, searches: 2,
        "server.address": "eu.api.openai.com",
    }  # fmt: skip
    request_ = read(tmp_path, [request(span("a", given=given))]).only()
    names = ("input_tokens", "input_audio_tokens", "output_tokens", "output_audio_tokens", "web_searches", "region")
    assert tuple(request_[name] for name in names) == (100, 40, 50, 30, 2, "eu")


def test_more_cached_than_went_in(tmp_path: Path) -> None:
    """The instrumentation counts as Anthropic does: apart."""
    given = CHAT | {"gen_ai.usage.input_tokens": 3, "gen_ai.usage.cache_read.input_tokens": 9000}
    assert read(tmp_path, [request(span("a", given=given))]).tokens() == [(3, 9000, 0, 0, 90)]


AGENT = span("a", "", {"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 1100,
                       "gen_ai.usage.output_tokens": 100})  # fmt: skip
TOOL = span("b", "a", {"gen_ai.operation.name": "execute_tool", "gen_ai.usage.input_tokens": 100,
                       "gen_ai.usage.output_tokens": 10})  # fmt: skip
INNER = span("c", "b", CHAT | {"gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 10})
OUTER = span("d", "a")
HTTP = span("e", "d", {"http.request.method": "POST"})


def test_agents_and_tools_repeat_what_is_below(tmp_path: Path) -> None:
    found = read(tmp_path, [request(HTTP, OUTER, INNER, TOOL, AGENT)])
    assert found.tokens() == [(100, 0, 0, 0, 10), (1000, 0, 0, 0, 90)]
    assert found.counts == {"lines": 5, "requests": 2, "duplicates": 2, "no_call": 1, "rejects": 0}


def test_spans_of_a_trace_in_any_order_and_in_several_files(tmp_path: Path) -> None:
    whole = read(tmp_path / "whole", [request(HTTP, OUTER, INNER, TOOL, AGENT)])
    apart = read(tmp_path / "apart", [request(AGENT), request(HTTP)], [request(INNER)], [request(OUTER, TOOL)])
    assert apart.requests == whole.requests
    assert apart.counts["lines"] == 5


def test_an_agent_without_spans_below_counts(tmp_path: Path) -> None:
    remote = {"gen_ai.request.model": "gpt-4o", **{it["key"]: 7 for it in AGENT["attributes"][1:]}}
    assert read(tmp_path, [request(span("a", given=remote))]).counts["requests"] == 1


def test_an_exporter_that_sends_again_adds_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, [request(OUTER), request(OUTER, INNER)], [request(OUTER)])
    assert (found.counts["requests"], found.counts["duplicates"]) == (2, 2)


def test_broken(tmp_path: Path) -> None:
    double = span("c")
    double["attributes"] += attributes({"gen_ai.usage.input_tokens": 5})
    rows = [
        request(span("a", given=CHAT | {"gen_ai.usage.input_tokens": "many"}), span("b", given={
            name: of for name, of in CHAT.items() if "model" not in name})),
        request(double, span("d", attributes=None), span("e", attributes=[{"key": None}, {}])),
        {"resourceSpans": []},
        {"resourceSpans": [{"scopeSpans": [{"spans": None}]}, None]},
        json.dumps(request(span("f")))[:300],
    ]  # fmt: skip
    found = read(tmp_path, rows)
    assert found.reasons == ["a count that is not a whole number", "no model", "not JSON"]
    assert found.counts == {"lines": 8, "requests": 1, "duplicates": 0, "no_call": 4, "rejects": 3}


@pytest.mark.parametrize("parent_first", [True, False])
def test_a_span_without_a_model_repeats_calls_below_it_that_are_read_later(tmp_path: Path, parent_first: bool) -> None:
    unnamed = {name: value for name, value in CHAT.items() if "model" not in name}
    parent = write(tmp_path / "parent.jsonl", [request(span("a", given=unnamed))])
    child = write(tmp_path / "child.jsonl", [request(span("b", parent="a"))])
    for log in (parent, child) if parent_first else (child, parent):
        with ingested(tmp_path / "s.duckdb", log) as (opened, _):
            found = opened.rows(
                "select sum(lines)::bigint as lines, sum(requests)::bigint as requests,"
                " sum(duplicates)::bigint as duplicates, sum(rejects)::bigint as rejects from ledger"
            )
            kept = opened.value("select count(*) from rejects")
    assert found == [{"lines": 2, "requests": 1, "duplicates": 1, "rejects": 0}]
    assert kept == 0
