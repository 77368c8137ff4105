"""The same product's requests as a LiteLLM proxy logs them, and as OpenTelemetry exports them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks import generate

_SPANS_A_LINE = 20


def litellm_log(data: Path, lines: int) -> Path:
    """LiteLLM's logging payload, one call a line."""
    return _log(data, "litellm_log", lines, lambda row: json.dumps(_payload(row)), 1)


def otlp_log(data: Path, calls: int) -> Path:
    """OTLP JSON lines, a batch of spans a line."""
    return _log(data, "otlp_log", calls, lambda row: json.dumps(_span(row)), _SPANS_A_LINE)


def _log(data: Path, name: str, calls: int, write: Callable[[dict[str, Any]], str], batch: int) -> Path:
    def fill(out: Path) -> None:
        rng = random.Random(generate.SEED)
        with (out / "log.jsonl").open("w", encoding="utf-8", buffering=1 << 20) as log:
            for start in range(0, calls, batch):
                rows = [
                    write(generate.llmcost_line(rng, number, calls))
                    for number in range(start, min(start + batch, calls))
                ]
                log.write(rows[0] if batch == 1 else _envelope(rows))
                log.write("\n")

    return generate.once(data / f"{name}_{calls}_v{generate.GENERATION}", fill) / "log.jsonl"


def _payload(row: dict[str, Any]) -> dict[str, Any]:
    start = datetime.fromisoformat(row["ts"]).timestamp()
    prompt = row["input_tokens"] + row["cache_read_tokens"]
    return {
        "id": row["request_id"], "litellm_call_id": row["request_id"], "trace_id": row["session_id"],
        "call_type": "acompletion", "status": "failure" if row["status"] == "error" else "success",
        "custom_llm_provider": row["provider"], "model": row["model"], "model_group": row["feature"],
        "prompt_tokens": prompt, "completion_tokens": row["output_tokens"], "response_cost": 0.001,
        "startTime": start, "endTime": start + row["latency_ms"] / 1000, "cache_hit": False,
        "request_tags": [f"feature:{row['feature']}", f"prompt_id:{row['prompt_id']}"], "end_user": row["user_id"],
        "metadata": {
            "user_api_key_team_alias": row["project"],
            "usage_object": {"prompt_tokens": prompt, "cache_read_input_tokens": row["cache_read_tokens"]},
        },
    }  # fmt: skip


def _span(row: dict[str, Any]) -> dict[str, Any]:
    start = int(datetime.fromisoformat(row["ts"]).timestamp() * 1e9)
    attributes = {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": row["provider"],
        "gen_ai.request.model": row["model"], "gen_ai.conversation.id": row["session_id"],
    }  # fmt: skip
    counts = {
        "gen_ai.usage.input_tokens": row["input_tokens"] + row["cache_read_tokens"],
        "gen_ai.usage.cache_read.input_tokens": row["cache_read_tokens"],
        "gen_ai.usage.output_tokens": row["output_tokens"],
    }
    return {
        "traceId": f"{row['request_id'][4:]:0>32}", "spanId": row["request_id"][4:].rjust(16, "0"),
        "name": f"chat {row['model']}", "kind": 3, "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + int(row["latency_ms"] * 1e6)),
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()]
        + [{"key": key, "value": {"intValue": str(value)}} for key, value in counts.items()],
        "status": {},
    }  # fmt: skip


def _envelope(spans: list[str]) -> str:
    resource = '{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]}'
    return (
        f'{{"resourceSpans":[{{"resource":{resource},"scopeSpans":[{{"scope":{{}},"spans":[{",".join(spans)}]}}]}}]}}'
    )
