"""What a log says of tier, region, modality, tools and cost, format by format, and the dollars that come of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from llmcost.engine import registry, store
from llmcost.ingest import run
from tests.logs import Row, write

AT = "2026-11-20T10:00:00Z"
STAMP = 1_795_168_800  # 20 November 2026, 10:00 UTC


def priced(folder: Path, *rows: Row) -> Row:
    """The only request of a log, priced."""
    with store.in_memory() as opened:
        account = run.ingest(opened, [str(write(folder / "log.jsonl", rows))])
        assert account.total("rejects") == 0, opened.rows("from rejects")
        [found] = opened.rows(registry.find("pricing", "priced").body)
    return dict(found)


def dollars(usd: float) -> Any:
    return pytest.approx(usd, rel=0, abs=1e-12)


def claude(**usage: Any) -> Row:
    counts = {"input_tokens": 1_000_000, "output_tokens": 0} | usage
    return {"id": "msg_01ABCDEFGHIJK", "type": "message", "role": "assistant", "model": "claude-opus-5", "content": [],
            "usage": counts}  # fmt: skip


@pytest.mark.parametrize(
    ("usage", "tier", "region", "usd"),
    [
        ({"inference_geo": "us"}, "standard", "us", 5.5),
        ({"inference_geo": "not_available"}, "standard", None, 5.0),
        ({"inference_geo": "global", "service_tier": "standard"}, "standard", None, 5.0),
        ({"speed": "fast"}, "fast", None, 10.0),
        ({"speed": "standard", "service_tier": "standard"}, "standard", None, 5.0),
        ({"speed": "fast", "inference_geo": "us"}, "fast", "us", 11.0),
        ({"inference_geo": "moon"}, "standard", "moon", None),
        ({"speed": "warp"}, "warp", None, None),
    ],
)
def test_claude_by_speed_and_geography(
    tmp_path: Path, usage: Row, tier: str, region: str | None, usd: float | None
) -> None:
    logs: Mapping[str, Row] = {
        "anthropic": {"ts": AT, "response": claude(**usage)},
        "claude-code": {"type": "assistant", "sessionId": "s", "timestamp": AT, "message": claude(**usage)},
        "litellm": {
            "id": "chatcmpl-0123456789abc", "litellm_call_id": "w1", "call_type": "acompletion", "status": "success",
            "custom_llm_provider": "anthropic", "model": "claude-opus-5", "prompt_tokens": 1_000_000,
            "completion_tokens": 0, "total_tokens": 1_000_000, "startTime": STAMP, "endTime": STAMP + 1,
            "metadata": {"usage_object": usage | {"prompt_tokens": 1_000_000, "completion_tokens": 0}},
        },
        "provider-usage": {"host": "api.anthropic.com", "uri": "/v1/messages", "model": "claude-opus-5", "ts": AT,
                           "usage_objects": [claude(**usage)["usage"]]},
    }  # fmt: skip
    for name, log in logs.items():
        found = priced(tmp_path / name, log)
        assert (found["source_format"], found["service_tier"], found["region"]) == (name, tier, region)
        assert found["cost_usd"] == (None if usd is None else dollars(usd)), name


def test_a_batch_of_claude_with_its_geography(tmp_path: Path) -> None:
    result = {"type": "succeeded", "message": claude(inference_geo="us")}
    assert priced(tmp_path, {"custom_id": "c", "result": result})["cost_usd"] == dollars(2.75)


def openai(model: str, usage: Row, **fields: Any) -> Row:
    choice = {"finish_reason": "stop", "message": {"role": "assistant", "content": "x"}}
    body = {"id": "chatcmpl-0123456789abc", "object": "chat.completion", "created": STAMP, "model": model,
            "choices": [choice], "usage": usage}  # fmt: skip
    outer = {name: fields.pop(name) for name in list(fields) if name == "host"}
    return {"ts": AT, **outer, "response": body | fields}


MILLION = {"prompt_tokens": 100_000, "completion_tokens": 10_000, "total_tokens": 110_000}


@pytest.mark.parametrize(
    ("model", "fields", "usd"),
    [
        ("gpt-5.4", {"host": "eu.api.openai.com"}, 0.44),
        ("gpt-5.4", {"host": "https://us.api.openai.com/v1"}, 0.44),
        ("gpt-5.4", {"host": "api.openai.com"}, 0.40),
        ("gpt-6-astra", {"service_tier": "ultrafast"}, 9.0),
        ("gpt-5", {"service_tier": "default"}, 0.225),
        ("gpt-5", {"service_tier": "flex"}, 0.1125),
        ("gpt-5", {"service_tier": "scale"}, None),
        ("grok-4.7", {"host": "us.api.x.ai"}, 0.286),
        ("grok-4.7", {"host": "api.x.ai", "service_tier": "priority"}, 0.52),
    ],
)
def test_openai_by_host_and_tier(tmp_path: Path, model: str, fields: Row, usd: float | None) -> None:
    assert priced(tmp_path, openai(model, MILLION, **fields))["cost_usd"] == (None if usd is None else dollars(usd))


def test_audio_tokens(tmp_path: Path) -> None:
    details = {"prompt_tokens_details": {"audio_tokens": 90_000, "cached_tokens": 0},
               "completion_tokens_details": {"audio_tokens": 9_000, "reasoning_tokens": 0}}  # fmt: skip
    found = priced(tmp_path, openai("gpt-audio", MILLION | details))
    assert found["cost_usd"] == dollars(2.88 + 0.025 + 0.576 + 0.01)


def test_perplexity(tmp_path: Path) -> None:
    usage = {"prompt_tokens": 7, "completion_tokens": 149, "total_tokens": 156, "search_context_size": "high",
             "cost": {"request_cost": 0.014, "total_cost": 0.016256}}  # fmt: skip
    found = priced(tmp_path, openai("sonar-pro", usage))
    assert (found["provider"], found["cost_logged_usd"]) == ("perplexity", 0.016256)
    assert (found["fees_cost_usd"], found["cost_usd"]) == (dollars(0.014), dollars(0.016256))
    deep = {"prompt_tokens": 33, "completion_tokens": 11_395, "total_tokens": 11_428, "citation_tokens": 20_000,
            "num_search_queries": 28, "reasoning_tokens": 73_997}  # fmt: skip
    found = priced(tmp_path / "deep", openai("sonar-deep-research", deep))
    assert (found["output_tokens"], found["reasoning_tokens"]) == (85_392, 73_997)
    assert found["cost_usd"] == dollars(33 * 2e-6 + 11_395 * 8e-6 + 73_997 * 3e-6 + 20_000 * 2e-6 + 28 * 0.005)


@pytest.mark.parametrize(
    ("usage", "usd"),
    [
        ({"cost": 0.0015, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.03}}, 0.0315),
        ({"cost": 0.03, "is_byok": False, "cost_details": {"upstream_inference_cost": 0.03}}, 0.03),
        ({"cost": 0.03}, 0.03),
        ({"cost_in_usd_ticks": 37_756_000}, 0.0037756),
        ({}, None),
    ],
)
def test_the_logs_own_cost(tmp_path: Path, usage: Row, usd: float | None) -> None:
    found = priced(tmp_path, openai("anthropic/claude-sonnet-4.5", MILLION | usage))
    assert found["cost_logged_usd"] == (None if usd is None else dollars(usd))


def responses(model: str, usage: Row, output: list[Row]) -> Row:
    counts = {"input_tokens": 10_000, "output_tokens": 500, "total_tokens": 10_500} | usage
    return {"id": "resp_0123456789abc", "object": "response", "created_at": STAMP, "status": "completed",
            "model": model, "output": output, "usage": counts}  # fmt: skip


def test_openais_tools(tmp_path: Path) -> None:
    output: list[Row] = [
        {"type": "web_search_call", "action": {"type": "search", "query": "a"}},
        {"type": "web_search_call", "action": {"type": "open_page", "url": "https://example.org"}},
        {"type": "web_search_call"},
        {"type": "file_search_call"},
        {"type": "file_search_call"},
        {"type": "code_interpreter_call", "container_id": "c1"},
        {"type": "code_interpreter_call", "container_id": "c1"},
    ]
    found = priced(tmp_path, responses("gpt-5", {}, output))
    assert (found["web_searches"], dict(found["tools"])) == (2, {"file_search": 2, "container": 1})
    assert found["fees_cost_usd"] == dollars(2 * 0.01 + 2 * 0.0025 + 0.03)
    assert found["cost_usd"] == dollars(0.0125 + 0.005 + 0.055)


def test_xais_tools_and_its_bill(tmp_path: Path) -> None:
    details = {"web_search_calls": 2, "x_search_calls": 3, "x_posts_fetched": 10, "x_users_fetched": 1,
               "code_interpreter_calls": 1, "file_search_calls": 4, "mcp_calls": 7}  # fmt: skip
    usage = {"cost_in_usd_ticks": 1_230_000_000, "server_side_tool_usage_details": details}
    found = priced(tmp_path, responses("grok-4.7", usage, []))
    assert found["provider"] == "x-ai"
    assert found["cost_logged_usd"] == dollars(0.123)
    assert found["fees_cost_usd"] == dollars(0.010 + 0.050 + 0.010 + 0.005 + 0.010)


def gemini(model: str, usage: Row, **fields: Any) -> Row:
    body = {"responseId": "r0123456789abc", "modelVersion": model,
            "usageMetadata": {"promptTokenCount": 100_000, "candidatesTokenCount": 10_000,
                              "totalTokenCount": 110_000} | usage}  # fmt: skip
    return {"ts": AT, "response": body | fields}


@pytest.mark.parametrize(
    ("usage", "usd"),
    [
        ({"serviceTier": "flex"}, 0.05625),
        ({"trafficType": "ON_DEMAND_FLEX"}, 0.05625),
        ({"trafficType": "ON_DEMAND_PRIORITY"}, 0.2025),
        ({"trafficType": "ON_DEMAND"}, 0.1125),
        ({"serviceTier": "standard"}, 0.1125),
        ({"trafficType": "PROVISIONED_THROUGHPUT"}, None),
    ],
)
def test_gemini_by_tier(tmp_path: Path, usage: Row, usd: float | None) -> None:
    found = priced(tmp_path, gemini("gemini-3.8-flash", usage))
    assert found["cost_usd"] == (None if usd is None else dollars(usd))


def test_gemini_by_modality(tmp_path: Path) -> None:
    usage = {
        "cachedContentTokenCount": 20_000,
        "promptTokensDetails": [
            {"modality": "TEXT", "tokenCount": 10_000},
            {"modality": "AUDIO", "tokenCount": 90_000},
        ],
        "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 20_000}],
    }
    found = priced(tmp_path, gemini("gemini-2.5-flash", usage))
    # audio 1.00, cached audio 0.10, text 0.30 in and 2.50 out
    assert found["cost_usd"] == dollars(0.07 * 1 + 0.02 * 0.10 + 0.01 * 0.30 + 0.01 * 2.5)
    image = {"candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1_120}], "promptTokenCount": 0,
             "candidatesTokenCount": 1_620, "totalTokenCount": 1_620}  # fmt: skip
    found = priced(tmp_path / "image", gemini("gemini-3-pro-image", image))
    assert found["cost_usd"] == dollars(500 * 12e-6 + 1_120 * 120e-6)


@pytest.mark.parametrize(("model", "fees"), [("gemini-3.5-flash", 0.07), ("gemini-2.5-flash", 0.035)])
def test_grounding_is_billed_by_the_query_or_by_the_prompt(tmp_path: Path, model: str, fees: float) -> None:
    queries = ["a", "b", "c", "d", "e", ""]
    candidates = [{"finishReason": "STOP", "groundingMetadata": {"webSearchQueries": queries}}]
    assert priced(tmp_path, gemini(model, {}, candidates=candidates))["fees_cost_usd"] == dollars(fees)


@pytest.mark.parametrize(
    ("provider", "model", "api_base", "region"),
    [
        ("vertex_ai", "claude-sonnet-4-6", "https://us-east5-aiplatform.googleapis.com/v1/projects/p", "us-east5"),
        ("vertex_ai", "claude-sonnet-4-6",
         "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/x", None),
        ("vertex_ai", "claude-sonnet-4-6", "https://aiplatform.eu.rep.googleapis.com/v1", "eu"),
        ("azure", "azure/eu/gpt-4o", None, "eu"),
        ("azure", "azure/global/gpt-4o", None, None),
        ("together_ai", "meta-llama/Llama-3-70b-chat-hf", "https://us-api.together.ai/v1", "us"),
    ],
)  # fmt: skip
def test_the_region_in_an_address(
    tmp_path: Path, provider: str, model: str, api_base: str | None, region: str | None
) -> None:
    row = {"request_id": "chatcmpl-0123456789abc", "call_type": "acompletion", "api_key": "k", "spend": 1.0,
           "prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20, "startTime": AT, "endTime": AT,
           "model": model, "custom_llm_provider": provider, "api_base": api_base, "cache_hit": "False",
           "metadata": {}, "request_tags": []}  # fmt: skip
    found = priced(tmp_path, row)
    assert found["region"] == region
    assert found["cost_usd"] is not None


def test_llmcosts_own_log_carries_it_all(tmp_path: Path) -> None:
    row = {"llmcost": 1, "request_id": "r", "ts": AT, "provider": "openai", "model": "gpt-audio", "input_tokens": 1000,
           "output_tokens": 100, "input_audio_tokens": 900, "output_audio_tokens": 90, "tools": {"file_search": 2},
           "region": "US"}  # fmt: skip
    found = priced(tmp_path, row)
    assert (found["input_audio_tokens"], found["output_audio_tokens"], found["region"]) == (900, 90, "us")
    usd = (900 * 32 + 100 * 2.5 + 90 * 64 + 10 * 10) / 1e6 + 0.005
    assert found["cost_usd"] == dollars(usd)


@pytest.mark.parametrize("tools", [{"file_search": "many"}, {"file_search": -1}])
def test_a_count_of_uses_that_is_none_is_refused(tmp_path: Path, tools: Row) -> None:
    row = {"llmcost": 1, "request_id": "r", "ts": AT, "model": "gpt-5", "input_tokens": 1, "output_tokens": 1}
    with store.in_memory() as opened:
        account = run.ingest(opened, [str(write(tmp_path / "log.jsonl", [row | {"tools": tools}]))])
    assert account.total("rejects") == 1
