"""Each rule of the facts under queries/facts/prices, with its dollars worked out by hand.

Where nothing else is said, a request has 100,000 tokens of input and 10,000 of output.
"""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from llmcost.prices import table
from llmcost.prices.facts import facts
from llmcost.prices.overrides import load_overrides
from tests.pricing import Row, as_logged


def cost(model: str, on: str = "2026-11-20", provider: str | None = None, **fields: Any) -> float | None:
    use: Row = {"input_tokens": 100_000, "output_tokens": 10_000} | fields
    [row] = as_logged([{"provider": provider, "model": model, "ts": datetime.fromisoformat(on)} | use])
    found = row["cost_usd"]
    assert found is None or isinstance(found, float)
    return found


def dollars(usd: float) -> Any:
    return pytest.approx(usd, rel=0, abs=1e-12)


def test_every_fact_has_a_source_and_a_provider() -> None:
    assert len(facts().entries) > 50
    for entry in facts().entries:
        assert entry.source, entry.where
        assert entry.providers, entry.where


@pytest.mark.parametrize(
    ("model", "tier", "on", "usd"),
    [
        # six times standard: 0.1 × 60 + 0.01 × 300, 0.1 × 12 + 0.01 × 60
        ("gpt-6-astra", "ultrafast", "2026-11-20", 9.0),
        ("gpt-6.1-sol", "ultrafast", "2026-11-20", 1.8),
        # priority before the package dates it: 0.1 × 12.50 + 0.01 × 75, 0.1 × 2.50 + 0.01 × 20
        ("gpt-5.5", "priority", "2026-06-01", 2.0),
        ("gpt-5", "priority", "2026-06-01", 0.45),
        ("gpt-5", "flex", "2026-06-01", 0.1125),  # 0.1 × 0.625 + 0.01 × 5
        ("gpt-5", "flex", "2026-11-01", 0.1125),
        ("gpt-5", "priority", "2026-11-01", 0.45),
        # Claude's fast mode: 0.1 × 30 + 0.01 × 150, half of it until 16 February, twice before above 200,000
        ("claude-opus-4-6", "fast", "2026-04-01", 4.5),
        ("claude-opus-4-6", "fast", "2026-02-10", 2.25),
        ("claude-opus-4-6", "fast", "2026-02-16 23:59", 2.25),
        ("claude-opus-4-7", "fast", "2026-07-24", 4.5),
        ("claude-opus-4-7", "fast", "2026-07-25", None),  # it had ended
        ("claude-opus-4-8", "fast", "2026-11-01", 1.5),
        # xAI: 2 × (0.1 × 2 + 0.01 × 6)
        ("grok-4.7", "priority", "2026-11-20", 0.52),
        # Gemini: half and 1.8 times 0.1 × 0.75 + 0.01 × 3.75
        ("gemini-3.8-flash", "standard", "2026-11-20", 0.1125),
        ("gemini-3.8-flash", "flex", "2026-11-20", 0.05625),
        ("gemini-3.8-flash", "priority", "2026-11-20", 0.2025),
        # batches of models for which the package has no batch price
        ("gemini-3.5-flash", "batch", "2026-11-20", 0.12),  # (0.1 × 1.5 + 0.01 × 9) / 2
        ("gemini-3.7-flash", "batch", "2026-11-20", 0.05625),
        ("claude-opus-4-1", "batch", "2026-11-20", 1.125),  # (0.1 × 15 + 0.01 × 75) / 2
        # and before the package dates it, on other hosts
        ("grok-4.3", "batch", "2026-09-01", 0.12),  # 0.8 × (0.1 × 1.25 + 0.01 × 2.5)
        ("mistral-medium-3.5", "batch", "2026-09-01", 0.1125),  # (0.1 × 1.5 + 0.01 × 7.5) / 2
        # tiers that nobody has a price of are no standard
        ("gpt-4o", "scale", "2026-11-01", None),
        ("claude-haiku-4-5", "priority", "2026-11-01", None),
        ("gpt-4o", "ultrafast", "2026-11-01", None),
    ],
)
def test_tiers(model: str, tier: str, on: str, usd: float | None) -> None:
    found = cost(model, on, service_tier=tier)
    assert found == (None if usd is None else dollars(usd))


@pytest.mark.parametrize(
    ("provider", "model", "tier", "usd"),
    [
        ("vertex_ai", "claude-fable-5-2", "fast", 2.4),  # 2 × (0.1 × 8 + 0.01 × 40)
        ("vertex_ai", "claude-sonnet-4-6", "batch", 0.225),  # (0.1 × 3 + 0.01 × 15) / 2
        ("groq", "openai/gpt-oss-120b", "flex", 0.021),  # as on demand: 0.1 × 0.15 + 0.01 × 0.6
        ("azure", "gpt-4o", "batch", 0.175),  # (0.1 × 2.5 + 0.01 × 10) / 2
    ],
)
def test_tiers_of_other_hosts(provider: str, model: str, tier: str, usd: float) -> None:
    assert cost(model, provider=provider, service_tier=tier) == dollars(usd)


@pytest.mark.parametrize(
    ("model", "tier", "usd"),
    [
        # OpenRouter's catalogue lists batches as models with :batch: 0.1 × 2 + 0.01 × 10, half of 0.1 × 4 + 0.01 × 20
        ("anthropic/claude-opus-5.5:batch", "batch", 0.3),
        ("anthropic/claude-opus-5.5", "batch", 0.3),
        ("anthropic/claude-opus-5.5", "standard", 0.6),
        # not half: 0.1 × 1.6 + 0.01 × its output, of 2 and of 6
        ("x-ai/grok-4.7:batch", "batch", 0.208),
        # listed as a batch alone: the model is not in the package
        ("openai/gpt-6-astra-pro:batch", "batch", 0.75),
        # without an entry there is no batch to route to (openrouter.ai/docs/guides/routing/model-variants)
        ("anthropic/claude-3-haiku", "batch", None),
        # routing variants are the model: openai/gpt-4o at 2.5 and 10
        ("openai/gpt-4o:nitro", "standard", 0.35),
        ("openai/gpt-4o:floor", "standard", 0.35),
        ("openai/gpt-4o:exacto", "standard", 0.35),
        ("openai/gpt-4o:online", "standard", 0.35),
        # catalogue variants have a price of their own, or none is known: 0.1 × 6 + 0.01 × 18
        ("openai/gpt-4o:extended", "standard", 0.78),
        ("openai/gpt-4.1:extended", "standard", None),
        ("deepseek/deepseek-r1:free", "standard", 0.0),
    ],
)
def test_names_with_a_suffix_at_openrouter(model: str, tier: str, usd: float | None) -> None:
    found = cost(model, provider="openrouter", service_tier=tier)
    assert found == (None if usd is None else dollars(usd))


def test_what_is_read_from_a_cache_that_the_request_marks() -> None:
    """Qwen's explicit cache at a tenth of input, the implicit one at a fifth (alibabacloud.com, Context Cache)."""
    read: Row = {"provider": "openrouter", "input_tokens": 0, "output_tokens": 0, "cache_read_tokens": 100_000}
    marked = read | {"cache_retention": "ephemeral"}
    assert cost("qwen/qwen3.7-max", **read) == dollars(0.1 * 0.295)
    assert cost("qwen/qwen3.7-max", **marked) == dollars(0.1 * 1.475 * 0.1)
    # a request that pays for what it writes has marked it
    assert cost("qwen/qwen3.7-max", **read, cache_write_5m_tokens=100_000) == dollars(0.1 * 1.84375 + 0.1 * 0.1475)
    # of a model with one cache a mark changes nothing
    assert cost("anthropic/claude-opus-5.5", **marked) == dollars(0.1 * 0.2)


def test_a_price_of_the_user_s_own_for_qwen_is_completed_by_the_facts(tmp_path: Path) -> None:
    """Alibaba's own prices are not in the package: at 1.2 dollars, reads cost 0.24 and 0.12, writes 1.5."""
    (tmp_path / "llmcost.toml").write_text(
        '[[prices]]\nprovider = "dashscope"\nmodel = "qwen3-max"\ninput_usd_mtok = 1.2\noutput_usd_mtok = 6\n'
    )
    _, rows = table.expand([("dashscope", "qwen3-max")], load_overrides(tmp_path / "llmcost.toml"))
    standard = next(row for row in rows if row["service_tier"] == "standard")
    assert {name: standard[name] for name in standard if name.startswith("cache_") and name.count("_") > 3} == {
        "cache_read_marked_usd_mtok": pytest.approx(0.12),
        "cache_read_audio_usd_mtok": pytest.approx(0.24),
        "cache_read_image_usd_mtok": pytest.approx(0.24),
        "cache_write_5m_usd_mtok": pytest.approx(1.5),
        "cache_write_1h_usd_mtok": pytest.approx(1.5),
    }
    assert standard["cache_read_usd_mtok"] == pytest.approx(0.24)
    assert "alibabacloud.com" in standard["source"]


def test_the_long_context_of_fast_mode_at_launch() -> None:
    long: Row = {"input_tokens": 300_000, "service_tier": "fast"}
    assert cost("claude-opus-4-6", "2026-03-01", **long) == dollars(0.3 * 60 + 0.01 * 225)
    assert cost("claude-opus-4-6", "2026-04-01", **long) == dollars(0.3 * 30 + 0.01 * 150)


@pytest.mark.parametrize("provider", ["anthropic", "vertex_ai"])
def test_sonnet_4_above_200_000_tokens(provider: str) -> None:
    assert cost("claude-sonnet-4-20250514", "2026-01-10", provider, input_tokens=300_000) == dollars(2.025)
    assert cost("claude-sonnet-4-20250514", "2026-01-10", provider, input_tokens=200_000) == dollars(0.75)


@pytest.mark.parametrize(
    ("provider", "model", "region", "usd"),
    [
        ("anthropic", "claude-sonnet-4-6", "us", 0.45 * 1.1),
        ("anthropic", "claude-sonnet-4-5", "us", 0.45),
        ("anthropic", "claude-sonnet-4-6", "mars", None),
        ("openai", "gpt-5.4", "eu", 0.4 * 1.1),  # 0.1 × 2.5 + 0.01 × 15
        ("openai", "gpt-5.2", "eu", 0.315),  # released before 5 March 2026: 0.1 × 1.75 + 0.01 × 14
        ("google", "claude-sonnet-4-6", "us-east5", 0.45 * 1.1),
        ("google", "claude-3-7-sonnet", "us-east5", 0.45),
        ("google", "gemini-3.5-flash", "europe-west4", 0.24 * 1.1),
        ("google", "gemini-2.5-flash", "europe-west4", 0.055),
        ("azure", "gpt-4o", "eu", 0.35 * 1.1),
        ("azure", "claude-sonnet-4-6", "us", 0.45 * 1.1),
        ("x-ai", "grok-4.7", "us", 0.26 * 1.1),
        ("together", "meta-llama/Llama-3-70b-chat-hf", "us", 0.099 * 1.25),  # 0.11 × 0.90
    ],
)
def test_data_residency(provider: str, model: str, region: str, usd: float | None) -> None:
    found = cost(model, provider=provider, region=region)
    assert found == (None if usd is None else dollars(usd))


def test_residency_stacks_with_fast_mode_and_leaves_fees_alone() -> None:
    fields: Row = {"service_tier": "fast", "region": "us", "web_searches": 2}
    assert cost("claude-opus-5", **fields) == dollars(1.1 * (0.1 * 10 + 0.01 * 50) + 2 * 0.01)


def test_cache_reads_of_a_google_batch_cost_what_they_cost_otherwise() -> None:
    use: Row = {"input_tokens": 0, "cache_read_tokens": 100_000, "output_tokens": 0, "service_tier": "batch"}
    assert cost("gemini-2.5-pro", "2026-09-01", **use) == dollars(0.0125)
    assert cost("gemini-2.5-pro", "2026-11-01", **use) == dollars(0.0125)
    assert cost("claude-haiku-4-5", "2026-09-01", **use) == dollars(0.005)


@pytest.mark.parametrize(
    ("model", "at", "usd_mtok"),
    [
        ("deepseek-v4-pro", "2026-07-01 02:00", 0.435),  # July had no peak
        ("deepseek-v4-pro", "2026-08-16 15:59", 0.435),
        ("deepseek-v4-pro", "2026-08-16 16:00", 0.66),
        ("deepseek-v4-flash", "2026-08-20 02:00", 0.44),  # a Thursday
        ("deepseek-v4-flash", "2026-08-20 04:00", 0.22),
        ("deepseek-v4-flash", "2026-08-30 02:00", 0.22),  # a Sunday
        ("deepseek-v4-pro", "2026-11-01 02:00", 0.66),  # a Sunday
        ("deepseek-v4-pro", "2026-11-02 02:00", 1.32),
        ("deepseek-v4-pro", "2026-11-02 05:00", 0.66),
        ("deepseek-v4-pro", "2026-10-05 02:00", 0.66),  # a Monday, the national holiday
        ("deepseek-flash", "2026-09-25 07:00", 0.15),  # a Friday, the mid-autumn holiday
        ("deepseek-flash", "2026-09-29 07:00", 0.30),
        ("deepseek-chat", "2025-03-01 20:00", 0.135),  # the night discount of 2025
        ("deepseek-chat", "2025-09-05 15:59", 0.27),
        ("deepseek-chat", "2025-09-05 16:00", 0.56),
        ("deepseek-chat", "2025-09-15 20:00", 0.56),
        ("deepseek-chat", "2026-01-10 20:00", 0.28),
        ("deepseek-reasoner", "2026-01-10 02:00", 0.28),
    ],
)
def test_deepseek_by_date_hour_and_weekday(model: str, at: str, usd_mtok: float) -> None:
    assert cost(model, at, input_tokens=1_000_000, output_tokens=0) == dollars(usd_mtok)


def test_introductory_prices() -> None:
    reads: Row = {"input_tokens": 0, "output_tokens": 0, "cache_read_tokens": 1_000_000}
    assert cost("claude-sonnet-5-5", "2026-10-01", **reads) == dollars(0.20)
    assert cost("claude-sonnet-5-5", "2026-10-08", **reads) == dollars(0.10)
    assert cost("gemini-3.6-flash", "2026-08-01") == dollars(0.1 * 1.5 + 0.01 * 7.5)
    assert cost("gemini-3.6-flash", "2026-09-01") == dollars(0.1 * 0.75 + 0.01 * 3.75)


def test_an_alias_of_the_provider_is_billed_as_what_it_leads_to() -> None:
    assert cost("mistral-large-latest") == dollars(0.065)
    assert cost("mistral-large-latest", provider="mistral") == dollars(0.065)
    names, _ = table.expand([("mistral", "mistral-large-latest")])
    assert [(row["model"], row["valid_to"]) for row in names] == [
        ("mistral-large", date(2025, 12, 2)),
        ("mistral-large-2512", None),
    ]


@pytest.mark.parametrize(
    ("model", "input_tokens", "on", "usd"),
    [
        ("gpt-6.2-astra", 100_000, "2026-11-20", 1.2),
        ("gpt-6.2-astra", 272_001, "2026-11-20", 272_001 * 16e-6 + 0.6),
        ("gpt-6.2-sol-2026-11-17", 100_000, "2026-11-20", 0.3),
        ("openai/gpt-6.2-sol", 300_000, "2026-11-20", 1.35),
        ("gemini-4-neon", 100_000, "2026-11-20", 0.45),
        ("gemini-4-carbon", 100_000, "2026-11-30", 0.3),
        ("gemini-4-carbon", 100_000, "2026-12-01", 0.6),
        ("gemini-4-hydrogen", 100_000, "2026-11-20", 0.225),
        ("claude-mythos-5", 100_000, "2026-11-20", 1.5),
        ("claude-mythos-5-1", 100_000, "2026-11-20", 1.5),
    ],
)
def test_models_newer_than_the_package(model: str, input_tokens: int, on: str, usd: float) -> None:
    assert cost(model, on, input_tokens=input_tokens) == dollars(usd)


def test_a_new_model_of_a_gateway_with_its_own_prices_stays_without_one() -> None:
    assert cost("gpt-6.2-sol", provider="openrouter") is None
    assert cost("gpt-6.2-sol", provider="ollama") is None


def test_audio_and_images_have_their_own_price() -> None:
    ninety: Row = {"input_audio_tokens": 90_000, "output_audio_tokens": 9_000}
    # 0.09 × 32 + 0.01 × 2.5 + 0.009 × 64 + 0.001 × 10
    assert cost("gpt-audio", **ninety) == dollars(2.88 + 0.025 + 0.576 + 0.01)
    assert cost("gemini-2.5-flash", input_audio_tokens=90_000) == dollars(0.09 * 1 + 0.01 * 0.3 + 0.01 * 2.5)
    image: Row = {"output_image_tokens": 1_120, "output_tokens": 1_620}
    assert cost("gemini-3-pro-image", input_tokens=100_000, **image) == dollars(0.2 + 500 * 12e-6 + 1_120 * 120e-6)
    cached: Row = {
        "input_tokens": 0,
        "output_tokens": 0,
        "cache_read_tokens": 100_000,
        "cache_read_audio_tokens": 40_000,
    }
    assert cost("gemini-2.5-flash", **cached) == dollars(0.06 * 0.03 + 0.04 * 0.10)


def test_a_part_is_never_more_than_its_whole() -> None:
    assert cost("gpt-audio", input_tokens=10, output_tokens=0, input_audio_tokens=1_000) == dollars(10 * 32e-6)


@pytest.mark.parametrize(
    ("provider", "model", "tools", "usd"),
    [
        ("openai", "gpt-5", {"file_search": 10}, 0.025),
        ("openai", "gpt-5", {"container": 1}, 0.03),
        ("x-ai", "grok-4.7", {"x_posts": 10, "x_profiles": 2}, 0.07),
        ("x-ai", "grok-4.7", {"code_execution": 2, "attachment_search": 1, "collections_search": 4}, 0.025),
        ("x-ai", "grok-4.7", {"violation": 1}, 0.05),
        ("openai", "gpt-5", {"tool_without_a_price": 9}, 0.0),
    ],
)
def test_fees_of_tools(provider: str, model: str, tools: dict[str, int], usd: float) -> None:
    rows = as_logged([{"provider": provider, "model": model, "tools": tools, "ts": datetime(2026, 11, 20)}])
    assert rows[0]["fees_cost_usd"] == dollars(usd)
    assert rows[0]["cost_usd"] == dollars(usd)


def test_web_searches() -> None:
    none: Row = {"input_tokens": 0, "output_tokens": 0}
    assert cost("grok-4.7", web_searches=3, **none) == dollars(0.015)
    assert cost("claude-haiku-4-5", web_searches=3, **none) == dollars(0.03)
    assert cost("gemini-3.5-flash", web_searches=5, **none) == dollars(0.07)


@pytest.mark.parametrize(
    ("model", "tools", "usd"),
    [
        ("sonar", None, 0.005),
        ("sonar", {"search_context_medium": 1}, 0.008),
        ("sonar", {"search_context_high": 1}, 0.012),
        ("sonar-pro", None, 0.006),
        ("sonar-pro", {"search_context_medium": 1}, 0.010),
        ("sonar-pro", {"search_context_high": 1}, 0.014),
    ],
)
def test_a_request_to_sonar_costs_by_the_size_of_its_search_context(
    model: str, tools: dict[str, int] | None, usd: float
) -> None:
    found = cost(model, "2026-06-01", "perplexity", tools=tools, input_tokens=0, output_tokens=0)
    assert found == dollars(usd)


def test_deep_research() -> None:
    use: Row = {"input_tokens": 33, "output_tokens": 11_395 + 73_997, "reasoning_tokens": 73_997, "web_searches": 28}
    found = cost("sonar-deep-research", "2026-06-01", "perplexity", tools={"citation_tokens": 20_000}, **use)
    assert found == dollars(33 * 2e-6 + 11_395 * 8e-6 + 73_997 * 3e-6 + 20_000 * 2e-6 + 28 * 0.005)
