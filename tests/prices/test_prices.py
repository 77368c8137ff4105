"""Which model a log means, what it costs when, and what has no price."""

import json
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest
import sqlglot

from llmcost.engine import registry
from llmcost.prices import listing, table
from llmcost.prices.names import find, of_tier
from tests.pricing import A_MILLION_OF_EACH, Row, as_logged, priced

BUCKETS = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")


def cost(model: str, provider: str | None = None, **fields: object) -> float | None:
    [row] = as_logged([{"provider": provider, "model": model, "output_tokens": 1_000_000} | fields])
    found = row["cost_usd"]
    assert found is None or isinstance(found, float)
    return found


def named(provider: str | None, model: str) -> tuple[str, str] | None:
    found = find(provider, model)
    return (found.provider.id, found.model.id) if found else None


# --- names ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "model", "meant"),
    [
        # as the provider itself writes them
        ("anthropic", "claude-haiku-4-5-20251001", ("anthropic", "claude-haiku-4-5")),
        ("Anthropic", "Claude-Opus-4-7", ("anthropic", "claude-opus-4-7")),
        ("openai", "gpt-4o-2024-08-06", ("openai", "gpt-4o")),
        ("openai", "gpt-5.2-20251211", ("openai", "gpt-5.2")),
        ("openai", "ft:gpt-4o-mini-2024-07-18:acme::abc123", ("openai", "ft:gpt-4o-mini")),
        ("cohere", "command-r-plus-08-2024", ("cohere", "command-r-plus")),
        # no provider: the name says it
        (None, "claude-sonnet-4-5-20250929", ("anthropic", "claude-sonnet-4-5")),
        (None, "claude-sonnet-4-5-20250929[1m]", ("anthropic", "claude-sonnet-4-5")),
        (None, "gpt-4.1-mini", ("openai", "gpt-4.1-mini")),
        (None, "gemini-2.5-flash", ("google", "gemini-2.5-flash")),
        # LiteLLM's prefixes, with and without its word for the provider
        (None, "anthropic/claude-3-7-sonnet-20250219", ("anthropic", "claude-3-7-sonnet-latest")),
        ("gemini", "gemini/gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        (None, "vertex_ai/gemini-2.0-flash", ("google", "gemini-2.0-flash")),
        ("xai", "xai/grok-3-mini-beta", ("x-ai", "grok-3-mini")),
        (None, "groq/openai/gpt-oss-120b", ("groq", "openai/gpt-oss-120b")),
        ("together_ai", "together_ai/meta-llama/Llama-3-70b-chat-hf", ("together", "meta-llama/Llama-3-70b-chat-hf")),
        ("fireworks_ai", "fireworks_ai/accounts/fireworks/models/kimi-k2p5", ("fireworks", "kimi-k2p5")),
        ("litellm_proxy", "anthropic/claude-opus-4-5", ("anthropic", "claude-opus-4-5")),
        # OpenRouter: its own list, its variants, its dates
        ("openrouter", "anthropic/claude-3.7-sonnet:thinking", ("openrouter", "anthropic/claude-3.7-sonnet")),
        (None, "openrouter/openai/gpt-4o:nitro", ("openrouter", "openai/gpt-4o")),
        (None, "openrouter/openai/gpt-5-mini-2025-08-07", ("openrouter", "openai/gpt-5-mini")),
        ("openrouter", "acme/new-model:free", ("openrouter", "acme/new-model:free")),
        # Bedrock: regions, versions, routes, ARNs, and logged as Anthropic's by a client of Anthropic's
        ("bedrock", "anthropic.claude-3-haiku-20240307-v1:0",
         ("aws", "regional.anthropic.claude-3-haiku-20240307-v1:0")),
        ("anthropic", "us.anthropic.claude-opus-4-5-20251101-v1:0", ("aws", "regional.anthropic.claude-opus-4-5-v1:0")),
        (None, "bedrock/converse/global.anthropic.claude-sonnet-4-5-20250929-v1:0",
         ("aws", "global.anthropic.claude-sonnet-4-5-20250929-v1:0")),
        (None, "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0",
         ("aws", "amazon.nova-pro-v1:0")),
        (None, "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3", None),
        ("bedrock", "bedrock/us-west-2/1-month-commitment/anthropic.claude-v2:1", None),
        # Vertex and Azure resell; OpenTelemetry's names for them
        ("gcp.vertex_ai", "projects/p/locations/l/publishers/google/models/gemini-2.5-flash",
         ("google", "gemini-2.5-flash")),
        ("vertex_ai-anthropic_models", "claude-3-5-sonnet-v2@20241022", ("google", "claude-3-5-sonnet")),
        ("azure.ai.openai", "gpt-4o-2024-11-20", ("azure", "gpt-4o")),
        ("azure", "azure/eu/gpt-4o", ("azure", "gpt-4o")),
        ("azure", "our-deployment", None),
        # hosts and addresses instead of names
        ("https://api.openai.com/v1", "gpt-4o", ("openai", "gpt-4o")),
        ("team.openai.azure.com", "gpt-35-turbo", ("azure", "gpt-3.5-turbo")),
        ("api.z.ai", "glm-4.7", ("zai", "GLM-4.7")),
        # unknown gateways: the model's name decides, where its maker alone runs it
        ("acme-gateway", "gpt-4o-mini", ("openai", "gpt-4o-mini")),
        ("acme-gateway", "prod/claude-opus-4-5", ("anthropic", "claude-opus-4-5")),
        ("acme-gateway", "prod/deepseek-r1", None),
        ("openai", "deepseek-chat", ("deepseek", "deepseek-chat")),
        ("openai", "meta-llama/Llama-3.1-8B-Instruct", None),
        # hosts with prices of their own, which are not known
        ("deepinfra", "openai/gpt-oss-120b", None),
        ("snowflake", "claude-sonnet-4-6", None),
        # servers of one's own
        ("ollama", "gpt-4o", None),
        (None, "ollama/deepseek-r1", None),
        ("hosted_vllm", "claude-haiku-4-5", None),
        ("localhost:8000", "gpt-3.5-turbo", None),
        ("http://127.0.0.1:1234/v1", "gpt-4o", None),
        # no model
        ("anthropic", "<synthetic>", None),
        (None, "gpt-oss-120b", None),
        (None, "", None),
        ("openai", "x" * 10_000, None),
    ],
)  # fmt: skip
def test_what_a_log_means(provider: str | None, model: str, meant: tuple[str, str] | None) -> None:
    assert named(provider, model) == meant


def test_every_model_of_the_package_is_found_by_its_own_id() -> None:
    from genai_prices.data_snapshot import get_snapshot

    for provider in get_snapshot().providers:
        for model in provider.models:
            found = find(provider.id, model.id)
            assert found is not None
            # a batch is a tier of its model, where the package lists that too
            listed = (of_tier(found, "batch") if model.id.endswith(":batch") else None) or found.model
            assert (found.provider.id, listed) == (provider.id, model)


def test_names_of_a_real_log_that_stay_without_a_price(shared_data: Path) -> None:
    lines = (shared_data / "aider_message_send.jsonl").read_text(encoding="utf-8").splitlines()
    models = {str(json.loads(line)["properties"]["main_model"]) for line in lines}
    unknown = {model for model in models if not model.endswith("REDACTED") and find(None, model) is None}
    assert unknown == {
        "None",
        "deepseek/deepseek-coder",  # merged into deepseek-chat in 2024
        "fireworks_ai/accounts/fireworks/models/deepseek-r1",  # no longer served
        "fireworks_ai/accounts/fireworks/models/deepseek-v3",
        "fireworks_ai/accounts/fireworks/models/qwen2p5-coder-32b-instruct",
        "gemini/gemini-exp-1206",
        "openrouter/openrouter/quasar-alpha",
        "together_ai/Qwen/Qwen3-235B-A22B-fp8-tput",
    }


# --- what it costs --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "when", "usd_mtok"),
    [
        ("claude-haiku-4-5", "2026-11-20", (1, 0.10, 1.25, 2, 5)),
        ("claude-sonnet-4-6", "2026-11-20", (3, 0.30, 3.75, 6, 15)),
        ("claude-opus-4-7", "2026-11-20", (5, 0.50, 6.25, 10, 25)),
        ("claude-opus-4-1", "2026-11-20", (15, 1.50, 18.75, 30, 75)),
        ("gpt-4o", "2026-11-20", (2.5, 1.25, 2.5, 2.5, 10)),
        ("gpt-4o-mini", "2026-11-20", (0.15, 0.075, 0.15, 0.15, 0.60)),
        # the whole request at the price of a long context, as it was
        ("claude-sonnet-4-6", "2026-03-12", (6, 0.60, 7.5, 12, 22.5)),
    ],
)
def test_known_prices(model: str, when: str, usd_mtok: tuple[float, ...]) -> None:
    [row] = as_logged([{"model": model, "ts": datetime.fromisoformat(when)} | A_MILLION_OF_EACH])
    read, write_5m, write_1h = usd_mtok[1:4]
    assert row["input_cost_usd"] == pytest.approx(usd_mtok[0])
    assert row["cache_read_cost_usd"] == pytest.approx(read)
    assert row["cache_write_cost_usd"] == pytest.approx(write_5m + write_1h)
    assert row["output_cost_usd"] == pytest.approx(usd_mtok[4])
    assert row["cost_usd"] == pytest.approx(sum(usd_mtok))


@pytest.mark.parametrize(
    ("prompt_tokens", "ts", "usd"),
    [
        (200_000, "2026-03-12 23:59:59.999", 0.6),  # a tier starts strictly above its threshold
        (200_001, "2026-03-12 23:59:59.999", 1.200006),
        (200_001, "2026-03-13 00:00:00", 0.600003),
    ],
)
def test_a_context_tier_and_the_day_it_ended(prompt_tokens: int, ts: str, usd: float) -> None:
    assert cost("claude-sonnet-4-6", ts=datetime.fromisoformat(ts), input_tokens=prompt_tokens, output_tokens=0) == (
        pytest.approx(usd, abs=1e-12)
    )


def test_cached_tokens_count_towards_the_context_tier() -> None:
    [row] = as_logged([{"model": "claude-sonnet-4-6", "ts": datetime(2026, 3, 1), "input_tokens": 1,
                        "cache_read_tokens": 150_000, "cache_write_5m_tokens": 50_000}])  # fmt: skip
    assert row["input_cost_usd"] == pytest.approx(6e-6)
    assert row["cache_read_cost_usd"] == pytest.approx(150_000 * 0.60e-6)


def test_a_row_of_several_calls_takes_the_tier_of_their_mean_prompt() -> None:
    many: Row = {"ts": datetime(2026, 3, 1), "calls": 10, "output_tokens": 0}
    assert cost("claude-sonnet-4-6", **many, input_tokens=2_000_009) == pytest.approx(2_000_009 * 3e-6)
    assert cost("claude-sonnet-4-6", **many, input_tokens=2_000_010) == pytest.approx(2_000_010 * 6e-6)


@pytest.mark.parametrize(
    ("time", "usd"),
    [("00:29:59", 0.55), ("00:30:00", 1.1), ("16:29:59", 1.1), ("16:30:00", 0.55), ("23:59:59", 0.55)],
)
def test_prices_by_the_hour(time: str, usd: float) -> None:
    assert cost("deepseek-chat", ts=datetime.fromisoformat(f"2025-03-01 {time}")) == pytest.approx(usd)


@pytest.mark.parametrize(
    ("model", "usd"),
    [
        ("claude-haiku-4-5", 2.5),
        ("gpt-4o", 5),
        ("gemini-2.5-pro", 5),
        ("claude-opus-4-1", 37.5),  # the package has no batch price of it
        ("grok-4.3", 2),  # 20% off
    ],
)
def test_batches_cost_the_same_before_the_package_knew(model: str, usd: float) -> None:
    use = {"model": model, "service_tier": "batch", "output_tokens": 1_000_000}
    rows = as_logged([use | {"ts": datetime(2026, 10, 13, 23, 59)}, use | {"ts": datetime(2026, 10, 14)}])
    assert [row["cost_usd"] for row in rows] == pytest.approx([usd, usd])
    assert ".toml, entry" in rows[0]["price_source"]


def test_tiers_have_their_own_prices() -> None:
    november = datetime(2026, 11, 1)
    assert cost("gpt-5", service_tier="flex", ts=november) == pytest.approx(5)
    assert cost("gpt-5", service_tier="priority", ts=november) == pytest.approx(20)
    assert cost("claude-opus-4-8", service_tier="fast", ts=november) == pytest.approx(
        2 * (cost("claude-opus-4-8", ts=november) or 0)
    )


def test_a_request_without_a_time_gets_the_newest_price() -> None:
    long: Row = {"input_tokens": 300_000, "output_tokens": 0}
    assert cost("claude-sonnet-4-6", **long) == pytest.approx(0.9)
    assert cost("claude-sonnet-4-6", ts=datetime(2026, 3, 1), **long) == pytest.approx(1.8)


def test_reasoning_with_a_price_of_its_own() -> None:
    assert cost("sonar-deep-research", "perplexity", reasoning_tokens=400_000) == pytest.approx(0.6 * 8 + 0.4 * 3)


def test_more_reasoning_than_output_is_no_more_than_the_output() -> None:
    assert cost("sonar-deep-research", "perplexity", reasoning_tokens=5_000_000) == pytest.approx(3)


def test_a_call_with_a_price_of_its_own() -> None:
    assert cost("sonar", "perplexity", output_tokens=0, calls=3) == pytest.approx(0.015)


def test_what_is_unpriced_is_null_and_what_is_free_is_nothing() -> None:
    rows = as_logged(
        [
            {"model": "acme-llama-9", "output_tokens": 10},
            {"model": "gpt-4o", "provider": "ollama", "output_tokens": 10},
            {"model": "whisper-1", "provider": "openai", "output_tokens": 10},  # by the hour of sound
            {"model": "google/gemini-2.0-flash-exp:free", "provider": "openrouter", "output_tokens": 10},
            {"model": "acme/unheard-of:free", "provider": "openrouter", "output_tokens": 10},
            {"model": "gpt-4o", "service_tier": "a tier nobody sells", "output_tokens": 10},
        ]
    )
    assert [row["cost_usd"] for row in rows] == [None, None, None, 0, 0, None]
    assert [row["price_source"] is None for row in rows] == [True, True, True, False, False, True]
    assert (rows[0]["provider"], rows[0]["model"]) == (None, "acme-llama-9")
    assert (rows[1]["provider"], rows[1]["model"]) == ("ollama", "gpt-4o")


def test_a_cost_set_by_a_what_if_stands() -> None:
    rows = as_logged([{"model": model, "cost_override_usd": 0.25} | A_MILLION_OF_EACH for model in ("gpt-4o", "own")])
    assert [row["cost_usd"] for row in rows] == [0.25, 0.25]
    assert {row["output_cost_usd"] for row in rows} == {None}


def test_pricing_keeps_every_row_and_column() -> None:
    requests: list[Row] = [{"model": model} for model in ("gpt-4o", "gpt-4o", "unheard-of", "claude-haiku-4-5")]
    rows = as_logged(requests)
    assert [row["model_logged"] for row in rows] == [row["model"] for row in requests]
    assert priced(requests, [])[0].keys() == rows[0].keys()


def test_each_pair_of_names_is_expanded_once() -> None:
    met = [("anthropic", "claude-haiku-4-5"), (None, "claude-haiku-4-5-20251001"), ("anthropic", "claude-haiku-4-5")]
    names, found = table.expand(met)
    assert [(row["provider_logged"], row["model_logged"]) for row in names] == met[:2]
    assert found == table.expand(met[:1])[1]


def test_the_query_carries_over_to_spark() -> None:
    [spark] = sqlglot.transpile(registry.find("pricing", "priced").body, read="duckdb", write="spark",
                                unsupported_level=sqlglot.ErrorLevel.RAISE)  # fmt: skip
    assert " DIV " in spark
    assert "EXCEPT (" in spark


# --- for the reader -------------------------------------------------------------------------------------------


def test_prices_as_listed() -> None:
    _, found = table.expand([(None, "claude-sonnet-4-6"), (None, "deepseek-chat")])
    listed = listing.listed(found, on=date(2025, 3, 12))
    assert [(row["model"], row["service_tier"], row["hours_utc"], row["prompt_min"], row["prompt_max"],
             row["input_usd_mtok"]) for row in listed] == [
        ("claude-sonnet-4-6", "standard", None, 0, 200_000, 3),
        ("claude-sonnet-4-6", "standard", None, 200_001, None, 6),
        ("claude-sonnet-4-6", "batch", None, 0, 200_000, 1.5),
        ("claude-sonnet-4-6", "batch", None, 200_001, None, 3),
        ("deepseek-chat", "standard", "00:00–00:30", 0, None, 0.135),
        ("deepseek-chat", "standard", "00:30–16:30", 0, None, 0.27),
        ("deepseek-chat", "standard", "16:30–24:00", 0, None, 0.135),
    ]  # fmt: skip
    assert [row["valid_to"] for row in listed[:4:2]] == [date(2026, 3, 13), date(2026, 3, 13)]
    assert all(row["source"].startswith("genai-prices ") for row in listed)
    assert len(listing.listed(found)) > len(listed)


def test_peak_hours_are_listed_with_their_weekdays() -> None:
    _, found = table.expand([(None, "deepseek-v4-pro")])
    listed = listing.listed(found, on=date(2026, 11, 3))
    assert {(row["weekdays"], row["hours_utc"], row["input_usd_mtok"]) for row in listed} >= {
        ("Mon–Fri", "01:00–04:00", 1.32),
        ("Mon–Fri", "06:00–10:00", 1.32),
        ("Sat–Sun", "01:00–04:00", 0.66),
    }


def test_models_without_a_price_are_named_with_their_nearest() -> None:
    names, found = table.expand([("anthropic", "claude-haiku-4-6"), (None, "gpt-4o"), (None, "z" * 10_000)])
    first, second = listing.unpriced(names, found)
    assert (first["provider"], first["model"]) == ("anthropic", "claude-haiku-4-6")
    assert "claude-haiku-4-5" in first["nearest"]
    assert second["nearest"] == []
    assert "claude-haiku-4-5" in table.nearest_hint("claude-haiku-4-6")


def test_the_module_is_quick_to_import() -> None:
    heavy = "{'genai_prices', 'duckdb', 'pyarrow', 'pandas'}"
    code = f"import sys, llmcost.prices; assert not {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
