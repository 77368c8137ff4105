"""What coding agents export over OTLP: events and spans under bare names, some of which say the same call again."""

import re
from pathlib import Path

from llmcost.engine import store
from llmcost.ingest import run
from tests.logs import Row, write

NANO = 1_795_168_800 * 10**9
GEMINI = {
    "input_token_count": 9_000, "cached_content_token_count": 6_000, "output_token_count": 200,
    "thoughts_token_count": 300, "tool_token_count": 0, "total_token_count": 9_500,
}  # fmt: skip
CLAUDE = {"input_tokens": 3, "output_tokens": 900, "cache_read_tokens": 70_000, "cache_creation_tokens": 5_000}


def attributes(values: Row) -> list[Row]:
    return [
        {"key": name, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for name, value in values.items()
    ]


def event(service: str, values: Row, **fields: object) -> Row:
    record = {"timeUnixNano": str(NANO), "attributes": attributes(values)} | fields
    resource = {"attributes": attributes({"service.name": service})}
    return {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [record]}]}]}


def span(name: str, values: Row, parent: str = "", id_: str = "b") -> Row:
    told = {"traceId": "a1", "spanId": id_, "parentSpanId": parent, "name": name, "attributes": attributes(values),
            "startTimeUnixNano": str(NANO - 10**9), "endTimeUnixNano": str(NANO)}  # fmt: skip
    return {"resourceSpans": [{"scopeSpans": [{"spans": [told]}]}]}


def calls(folder: Path, *rows: Row) -> list[Row]:
    with store.in_memory() as opened:
        account = run.ingest(opened, [str(write(folder / "log.jsonl", rows))])
        assert account.total("rejects") == 0, opened.rows("from rejects")
        return opened.rows("from requests order by request_id")


def counts(row: Row) -> tuple[object, ...]:
    return (
        row["model_logged"], row["input_tokens"], row["cache_read_tokens"], row["cache_write_5m_tokens"],
        row["output_tokens"], row["reasoning_tokens"],
    )  # fmt: skip


def test_what_gemini_cli_says_again_is_no_other_call(tmp_path: Path) -> None:
    sentence = {"stringValue": "API response from gemini-2.5-pro. Status: 200. Duration: 800ms."}
    again = {
        "event.name": "gen_ai.client.inference.operation.details", "gen_ai.request.model": "gemini-2.5-pro",
        "gen_ai.usage.input_tokens": 9_000, "gen_ai.usage.output_tokens": 200,
    }  # fmt: skip
    for service, name in (("gemini-cli", "gemini_cli.api_response"), ("qwen-code", "qwen-code.api_response")):
        told = event(service, {"event.name": name, "model": "gemini-2.5-pro"} | GEMINI, body=sentence)
        [found] = calls(tmp_path / service, told, event(service, again, body=sentence))
        assert counts(found) == ("gemini-2.5-pro", 3_000, 6_000, 0, 500, 300)


def test_the_event_of_another_program_is_a_call(tmp_path: Path) -> None:
    values = {
        "event.name": "gen_ai.client.inference.operation.details", "gen_ai.request.model": "gpt-5.4",
        "gen_ai.usage.input_tokens": 90, "gen_ai.usage.output_tokens": 20,
    }  # fmt: skip
    [found] = calls(tmp_path, event("shop", values))
    assert counts(found) == ("gpt-5.4", 90, 0, 0, 20, None)


def test_a_span_of_claude_code_and_the_event_of_its_request_are_one_call(tmp_path: Path) -> None:
    request = {"model": "claude-opus-5", "request_id": "req_1", "session.id": "s"} | CLAUDE
    above = span("claude_code.interaction", {"session.id": "s"}, id_="c")
    below = span("claude_code.llm_request", {"gen_ai.request.model": "claude-opus-5"} | request, parent="c")
    told = event("claude-code", {"event.name": "api_request", "cost_usd": "0.1"} | request)
    for number, rows in enumerate([[above, below], [told], [above, below, told], [told, below, above]]):
        [found] = calls(tmp_path / str(number), *rows)
        assert counts(found) == ("claude-opus-5", 3, 70_000, 5_000, 900, None)
        assert (found["request_id"], found["session_id"], found["provider"]) == ("req_1", "s", "anthropic")


def test_the_organisation_that_caches_belong_to_is_kept_as_a_hash(tmp_path: Path) -> None:
    told = {"event.name": "api_request", "model": "claude-opus-5", "request_id": "req_1"} | CLAUDE
    found = [
        calls(tmp_path / str(number), event("claude-code", told | {"organization.id": name}))[0]["organisation"]
        for number, name in enumerate(["one-organisation", "one-organisation", "another"])
    ]
    assert found[0] == found[1] != found[2]
    assert re.fullmatch("[0-9a-f]{16}", found[0])
    assert calls(tmp_path / "unsaid", event("claude-code", told))[0]["organisation"] is None


def test_without_a_request_each_span_and_each_event_is_a_call(tmp_path: Path) -> None:
    values = {"model": "claude-opus-5", "session.id": "s"} | CLAUDE
    spans = [span("claude_code.llm_request", values, id_=id_) for id_ in ("b", "c")]
    told = event("claude-code", values, body={"stringValue": "claude_code.api_request"})
    later = event("claude-code", values, eventName="claude_code.api_request", timeUnixNano=str(NANO + 1))
    assert len(calls(tmp_path, *spans, told, later)) == 4
