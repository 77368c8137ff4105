"""Invocation logs of Amazon Bedrock, compressed as the service delivers them."""

from typing import Any

from sample_logs.generator.book import Book
from sample_logs.generator.days import iso
from sample_logs.generator.draw import Draw
from sample_logs.generator.small import calls

FILE = "AWSLogs/BedrockModelInvocationLogs/us-east-1/2026-11.json.gz"
ACCOUNT = "123456789012"
PROFILE = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0"
MODELS = {"amazon.nova-lite-v1:0": 50, "us.anthropic.claude-haiku-4-5-20251001-v1:0": 30, PROFILE: 20}
ERROR_SHARE = 0.04


def write() -> Book:
    book = Book()
    draw = Draw("bedrock")
    for call in calls(draw, MODELS, system_tokens=4_400, cached_share=0.3, written_share=0.2):
        tokens = call.tokens
        line: dict[str, Any] = {
            "schemaType": "ModelInvocationLog",
            "schemaVersion": "1.0",
            "timestamp": iso(call.at_ms)[:19] + "Z",
            "accountId": ACCOUNT,
            "region": "us-east-1",
            "requestId": draw.uuid(),
            "operation": "Converse",
            "modelId": call.model,
            "identity": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/helpdesk/{call.user}"},
            "requestMetadata": {"feature": "search-answers", "team": "search"},
        }
        if draw.chance(ERROR_SHARE):
            book.no_call(FILE, {**line, "errorCode": "ThrottlingException", "input": {}, "output": {}})
            continue
        line["input"] = {
            "inputContentType": "application/json",
            "inputBodyJson": {
                "messages": [{"role": "user", "content": [{"text": call.question}]}],
                "inferenceConfig": {"maxTokens": 2_048},
            },
            "inputTokenCount": tokens.input,
            "cacheReadInputTokenCount": tokens.cache_read,
            "cacheWriteInputTokenCount": tokens.cache_write_5m,
        }
        line["output"] = {
            "outputContentType": "application/json",
            "outputBodyJson": {
                "output": {"message": {"role": "assistant", "content": [{"text": call.answer}]}},
                "stopReason": "end_turn",
                "metrics": {"latencyMs": call.latency_ms},
            },
            "outputTokenCount": tokens.output,
        }
        book.call(FILE, line, tokens)
    return book
