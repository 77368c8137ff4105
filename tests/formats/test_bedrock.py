"""Bedrock's invocation log: disjoint counts, models behind ARNs."""

from pathlib import Path
from typing import Any

import pytest

from tests.formats.reading import check_refusals, read

BEDROCK: dict[str, Any] = {
    "schemaType": "ModelInvocationLog", "timestamp": "2026-11-02T10:00:00Z", "requestId": "r1", "region": "us-east-1",
    "operation": "Converse", "accountId": "1", "identity": {"arn": "arn:aws:sts::1:assumed-role/app/session"},
    "modelId": "us.anthropic.claude-haiku-4-5-20251001-v1:0", "requestMetadata": {"team": "x", "feature": "search"},
    "input": {"inputTokenCount": 35, "cacheReadInputTokenCount": 700, "cacheWriteInputTokenCount": 30,
              "inputBodyJson": {"messages": [{"role": "user", "content": [{"text": "hi"}]}],
                                "inferenceConfig": {"maxTokens": 512}}},
    "output": {"outputTokenCount": 446, "outputBodyJson": {"stopReason": "end_turn", "metrics": {"latencyMs": 900}}},
}  # fmt: skip


def test_bedrock(tmp_path: Path) -> None:
    request = read(tmp_path, [BEDROCK], suffix="json.gz").only()
    expected = {
        "request_id": "r1", "provider": "aws", "feature": "search", "user_id": "assumed-role/app/session",
        "project": "x", "input_tokens": 35, "cache_read_tokens": 700, "cache_write_5m_tokens": 30, "output_tokens": 446,
        "max_output_tokens": 512, "stop_reason": "end_turn", "latency_ms": 900.0, "system_blocks": 0,
    }  # fmt: skip
    assert {name: request[name] for name in expected} == expected
    assert request["tags"] == {
        "team": "x", "feature": "search", "region": "us-east-1", "account": "1", "operation": "Converse",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["inference-profile/us.", "foundation-model/"])
def test_bedrock_models_behind_an_arn(tmp_path: Path, kind: str) -> None:
    plain = read(tmp_path / "plain", [BEDROCK]).only()["model"]
    arn = f"arn:aws:bedrock:us-east-1:1:{kind}anthropic.claude-haiku-4-5-20251001-v1:0"
    found = read(tmp_path, [BEDROCK | {"modelId": arn}]).only()
    assert found["model_logged"] == arn
    assert found["model"].split("anthropic.")[-1] == plain.split("anthropic.")[-1]


def test_bedrock_embeddings_and_failures(tmp_path: Path) -> None:
    embedded = BEDROCK | {"requestId": "r2", "modelId": "amazon.titan-embed-text-v2:0", "output": {}}
    throttled = BEDROCK | {"requestId": "r3", "input": {}, "output": {}, "errorCode": "ThrottlingException"}
    found = read(tmp_path, [embedded, throttled])
    assert (found.tokens(), found.counts["no_call"]) == ([(35, 700, 30, 0, 0)], 1)


def test_broken(tmp_path: Path) -> None:
    check_refusals(tmp_path, BEDROCK, ("output", "outputTokenCount"))
