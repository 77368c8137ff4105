"""Uses of tools that a vendor runs, under the names that traces, gateways and batches give them, and their fees."""

import json
from pathlib import Path

from llmcost.engine import registry, store
from llmcost.ingest import run
from tests.formats.test_billed_fields import AT, STAMP, dollars
from tests.logs import Row, write

ITEMS: list[Row] = [
    {"type": "file_search_call"},
    {"type": "file_search_call"},
    {"type": "web_search_call", "action": {"type": "search"}},
    {"type": "web_search_call", "action": {"type": "open_page"}},
    {"type": "code_interpreter_call", "container_id": "c1"},
    {"type": "code_interpreter_call", "container_id": "c1"},
    {"type": "message"},
]
USES = {"file_search": 2, "container": 1}
FEES_USD = 2 * 0.0025 + 0.03 + 0.01


def priced(folder: Path, logs: list[Row]) -> list[Row]:
    """The requests of these logs, priced, one a log."""
    with store.in_memory() as opened:
        for number, log in enumerate(logs):
            write(folder / f"{number:02}.jsonl", [log])
        account = run.ingest(opened, [str(folder)])
        assert account.total("rejects") == 0, opened.rows("from rejects")
        found = opened.rows(registry.find("pricing", "priced").body)
    assert len(found) == len(logs)
    return found


def span(model: str, number: int = 0, /, **attributes: object) -> Row:
    named = {"gen_ai.request.model": model, "gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 10}
    values = [
        {"key": name, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for name, value in {**named, **attributes}.items()
    ]
    told = {"traceId": "t", "spanId": f"s{number}", "startTimeUnixNano": str(STAMP * 10**9), "attributes": values}
    return {"resourceSpans": [{"scopeSpans": [{"spans": [told]}]}]}


def observation(model: str, number: int = 0, /, usage: Row | None = None, **fields: object) -> Row:
    counts = {"input": 100, "output": 10, "total": 110} | (usage or {})
    return {
        "id": f"o{number}",
        "traceId": "t",
        "type": "GENERATION",
        "startTime": AT,
        "model": model,
        "usageDetails": counts,
    } | fields


def part(name: str, **call: object) -> Row:
    return {"type": "server_tool_call", "name": name, "server_tool_call": {"type": name} | call}


PARTS = [
    part("file_search"),
    part("file_search"),
    part("web_search"),
    part("web_search", action={"type": "open_page"}),
    part("code_interpreter", container_id="c1"),
    part("code_interpreter", container_id="c1"),
    {"type": "tool_call", "name": "file_search"},
]
NAMED = {"file_search_calls": 2, "code_interpreter_sessions": 1, "web_search_requests": 1}
LOGS: list[Row] = [
    {
        "id": "resp_0123456789ab1", "object": "response", "created_at": STAMP, "model": "gpt-5.4", "output": ITEMS,
        "usage": {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110},
    },
    {
        "id": "b", "custom_id": "c", "response": {"status_code": 200, "body": {
            "id": "resp_0123456789abc", "object": "response", "created_at": STAMP, "model": "gpt-5.4", "output": ITEMS,
            "usage": {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110},
        }},
    },
    {
        "id": "resp_0123456789ab2", "litellm_call_id": "w1", "call_type": "aresponses", "status": "success",
        "custom_llm_provider": "openai", "model": "gpt-5.4", "prompt_tokens": 100, "completion_tokens": 10,
        "total_tokens": 110, "startTime": STAMP, "endTime": STAMP + 1, "response": {"output": ITEMS},
    },
    observation("gpt-5.4", 1, output=ITEMS),
    observation("gpt-5.4", 2, output={"output": ITEMS}),
    observation("gpt-5.4", 3, output=json.dumps(ITEMS)),
    observation("gpt-5.4", 4, usage=NAMED),
    observation("gpt-5.4", 5, usage=NAMED, output=ITEMS),
    span("gpt-5.4", 6, **{"gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": PARTS}])}),
    span("gpt-5.4", 7, **{f"gen_ai.usage.details.{name}": NAMED[name] for name in NAMED}),
    span("gpt-5.4", 8, **{"langfuse.observation.output": json.dumps(ITEMS)}),
]  # fmt: skip


def test_tools_of_openai(tmp_path: Path) -> None:
    found = priced(tmp_path, LOGS)
    assert {row["source_format"] for row in found} == {
        "langfuse", "litellm", "openai-batch", "openai-responses", "opentelemetry",
    }  # fmt: skip
    for row in found:
        assert (row["web_searches"], row["tools"]) == (1, USES), row
        assert row["fees_cost_usd"] == dollars(FEES_USD)
        half = 0.5 if row["source_format"] == "openai-batch" else 1
        assert row["cost_usd"] == dollars(FEES_USD + half * (100 * 2.5 + 10 * 15) / 1e6)


XAI = {"web_search": 2, "x_search": 3, "code_execution": 1, "collections_search": 1}
NAMES: list[tuple[str, Row, int, Row | None]] = [
    (
        "grok-4.7", {f"server_side_tools_{name}": XAI[name] for name in XAI}, 2,
        {"x_search": 3, "code_execution": 1, "collections_search": 1},
    ),
    (
        "grok-4.6",
        {"server_side_tool_usage_details.x_search_calls": 3, "server_side_tool_usage_details.mcp_calls": 2},
        0,
        {"x_search": 3},
    ),
    (
        "claude-opus-5",
        {"server_tool_use.web_search_requests": 2, "server_tool_use.code_execution_requests": 1},
        2,
        None,
    ),
    ("sonar-pro", {"citation_tokens": 20_000, "num_search_queries": 28}, 28, {"citation_tokens": 20_000}),
    ("gemini-3.8-flash", {"google_maps_grounding_requests": 1}, 0, {"google_maps": 1}),
    ("gpt-5.4", {"tool_calls": 3, "web_search_requests": 0, "file_search_calls": 0}, 0, None),
]  # fmt: skip


def test_names_of_instrumentations(tmp_path: Path) -> None:
    logs = [observation(model, number, usage=usage) for number, (model, usage, *_) in enumerate(NAMES)]
    for number, (model, usage, *_) in enumerate(NAMES):
        logs.append(span(model, number, **{f"gen_ai.usage.details.{name}": count for name, count in usage.items()}))
    found = {(row["source_format"], row["model_logged"]): row for row in priced(tmp_path, logs)}
    for model, _, searches, uses in NAMES:
        for form in ("langfuse", "opentelemetry"):
            row = found[form, model]
            assert (row["web_searches"], row["tools"]) == (searches, uses), row
            assert (row["input_tokens"], row["output_tokens"]) == (100, 10)
