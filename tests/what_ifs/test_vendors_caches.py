"""Each vendor's cache, worked out by hand from the text of its rules, which every case names.

The log of most cases: 20 requests a few seconds apart, a system prompt of 8,000 tokens that they share, and 500 tokens
of each one's own. Expected are the tokens read by all of them, and written.
"""

from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pytest

from tests.what_ifs.test_prompt_caching import QUERIES, Call, replayed, turn

CLAUDE = "platform.claude.com/docs/en/build-with-claude/prompt-caching"
OPENAI = "developers.openai.com/api/docs/guides/prompt-caching"
LEAST, MOST = {"pessimistic": "all"}, {"optimistic": "all"}


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    for file in ("schema.sql", "prices.sql", "macros.sql"):
        connection.execute((QUERIES / file).read_text(encoding="utf-8"))
    yield connection
    connection.close()


def shared(model: str, cloud: str | None = None, every_s: float = 5, system: int = 8000, own: int = 500) -> list[Call]:
    """The log: 20 requests with a system prompt in common."""
    return [
        turn(at * every_s, ("system", system), (f"asked {at}", system + own), model=model, cloud=cloud)
        for at in range(20)
    ]


def used(engine: duckdb.DuckDBPyConnection, calls: list[Call], **given: object) -> tuple[int, int]:
    """The tokens that all calls read, and those that they write."""
    after = replayed(engine, calls, **given)
    return sum(row[1] for row in after.values()), sum(row[2] + row[3] for row in after.values())


@pytest.mark.parametrize(
    ("model", "cloud", "read"),
    [
        # automatic, steps of 128: docs.x.ai, prompt caching; 62 × 128 = 7,936 of 8,000 tokens
        ("grok-4.6", "x-ai", 7936),
        # chunks of 256: Kimi's cache; 31 × 256 = 7,936
        ("kimi-k3", "moonshotai", 7936),
        # blocks of 64, with one prompt_cache_key: docs.mistral.ai, prompt caching; 125 × 64 = 8,000
        ("mistral-large-4", "mistral", 8000),
        # automatic, two idle hours: console.groq.com/docs/prompt-caching; 62 × 128
        ("openai/gpt-oss-120b", "groq", 7936),
        # the implicit cache from 1,024 tokens: alibabacloud.com/help/en/model-studio/context-cache
        ("qwen3-max", "qwen", 8000),
        # automatic from 512 tokens: platform.minimax.io, prompt caching
        ("minimax-m3", "minimax", 8000),
        # automatic; nothing is published of its steps
        ("GLM-5.3", "zai", 7936),
        # through OpenRouter, which keeps to one provider: openrouter.ai, prompt caching
        ("x-ai/grok-4.6", "openrouter", 7936),
        ("qwen/qwen3-max", "openrouter", 8000),
    ],
)
def test_a_shared_system_prompt_is_read_by_all_but_the_first(
    engine: duckdb.DuckDBPyConnection, model: str, cloud: str, read: int
) -> None:
    assert used(engine, shared(model, cloud))[0] == 19 * read
    assert used(engine, shared(model, cloud), automatic="keep", **LEAST)[0] <= 19 * read


def test_deepseek_keeps_what_two_prompts_have_in_common(engine: duckdb.DuckDBPyConnection) -> None:
    """api-docs.deepseek.com/guides/kv_cache: of A+B, A+C, A+D the third is the first to read A."""
    assert used(engine, shared("deepseek-chat", "deepseek"))[0] == 18 * 8000
    assert used(engine, shared("deepseek-chat", "deepseek"), **MOST)[0] == 19 * 8000, "units at fixed intervals"
    assert used(engine, shared("deepseek/deepseek-chat", "openrouter"))[0] == 18 * 8000


@pytest.mark.parametrize(
    ("cloud", "model", "given", "found"),
    [
        # the end of the initial developer messages is looked up; read in LiteLLM pull request 37628
        ("openai", "gpt-5.6-sol", {}, (19 * 8000, 8500 + 19 * 500)),
        ("aws", "global.openai.gpt-5.6-sol", {}, (19 * 8000, 8500 + 19 * 500)),
        # not read in openai/codex issue 35300: then every prompt is written whole
        ("openai", "gpt-5.6-sol", LEAST, (0, 20 * 8500)),
        # mode explicit, marked at the end of the system prompt: nothing else is written
        ("openai", "gpt-5.6-sol", {"breakpoints": "system"}, (19 * 8000, 8000)),
    ],
)
def test_gpt_5_6_has_entries_at_messages(
    engine: duckdb.DuckDBPyConnection, cloud: str, model: str, given: dict[str, str], found: tuple[int, int]
) -> None:
    assert used(engine, shared(model, cloud), **given) == found


def test_gpt_5_6_with_shared_tools_and_another_system_prompt_each_writes_everything(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    """OPENAI: entries end at messages, and tools alone are none."""
    calls = [
        turn(at, ("tools", 5000), (f"system {at}", 6000), (f"asked {at}", 6500), model="gpt-5.6", system=2)
        for at in range(20)
    ]
    for given in ({}, LEAST, MOST):
        assert used(engine, calls, **given) == (0, 20 * 6500)


def test_gpt_5_6_reads_a_conversation_to_the_end_of_its_last_message(engine: duckdb.DuckDBPyConnection) -> None:
    """OPENAI: the latest eligible message is written, up to 20 earlier endings are looked up."""

    def said(turns: int, at: float) -> Call:
        told = [(f"message {n}", 2000 + 100 * n) for n in range(1, turns + 1)]
        return turn(at, ("system", 2000), *told, model="gpt-5.6", session="s")

    first, later = said(1, 0), said(21, 10)
    assert used(engine, [first, later], pessimistic="system") == (2100, 2100 + 2000), "the 20th ending before the last"
    too_late = said(22, 10)
    assert used(engine, [first, too_late], pessimistic="system") == (0, 2100 + 4200)
    grown = turn(10, ("system", 2000), ("message 1 and more", 2200), model="gpt-5.6", session="s")
    assert used(engine, [first, grown], pessimistic="system")[0] == 0, "extending a message moves its end"


@pytest.mark.parametrize(
    ("model", "every_s", "read", "most"),
    [
        # kept 24 hours at most, typically about 30 minutes: 15 × 512 = 7,680 of 8,000; most: 62 × 128
        ("gpt-5.5", 1800, 7680, 7936),
        ("gpt-5.5", 3600, 0, 7936),
        # 24 hours is the default for gpt-4.1
        ("gpt-4.1", 1200, 7936, 7936),
        ("gpt-4.1", 7200, 0, 7936),
        # in memory, an hour at most
        ("gpt-4o", 600, 7936, 7936),
        ("gpt-4o", 3601, 0, 0),
    ],
)
def test_openai_s_earlier_caches_live_by_their_retention(
    engine: duckdb.DuckDBPyConnection, model: str, every_s: float, read: int, most: int
) -> None:
    assert used(engine, shared(model, every_s=every_s))[0] == 19 * read
    assert used(engine, shared(model, every_s=every_s), **MOST)[0] == 19 * most


def test_gpt_5_5_reads_from_2048_tokens(engine: duckdb.DuckDBPyConnection) -> None:
    """OPENAI: boundaries every 2,048 tokens from the start of the hidden system message; Codex CLI logs show 512."""
    assert used(engine, shared("gpt-5.5"), pessimistic="steps")[0] == 19 * 3 * 2048
    assert used(engine, shared("gpt-5.5"))[0] == 19 * 15 * 512
    assert used(engine, shared("gpt-5.5", system=1500))[0] == 0
    assert used(engine, shared("gpt-5.5", system=1500), **MOST)[0] == 19 * 1408, "copies say from 1,024"


def test_openai_s_caches_belong_to_the_organisation(engine: duckdb.DuckDBPyConnection) -> None:
    calls = [
        turn(at, ("system", 8000), (f"asked {at}", 8500), model="gpt-4o", project=f"project {at}") for at in range(20)
    ]
    assert used(engine, calls)[0] == 19 * 7936
    assert used(engine, calls, **LEAST)[0] == 0, "different prompt_cache_keys share nothing"


@pytest.mark.parametrize(("model", "other", "every_s"), [("claude-opus-5-5", "fast", 200), ("gpt-4o", "flex", 400)])
def test_each_service_tier_has_a_cache_of_its_own(
    engine: duckdb.DuckDBPyConnection, model: str, other: str, every_s: float
) -> None:
    """CLAUDE: fast and standard do not share; OpenAI's service tiers neither, by a third party."""
    calls = shared(model, every_s=every_s, system=4096)
    alternating = [replace(call, tier=other if number % 2 else "standard") for number, call in enumerate(calls)]
    assert used(engine, calls)[0] == 19 * 4096
    assert used(engine, alternating)[0] == 0, "each tier comes again after its entries' life"


@pytest.mark.parametrize(
    ("model", "system", "every_s", "read", "least", "most"),
    [
        # no life is promised; gone within 24 hours
        ("gemini-3.8-flash", 8000, 1800, 0, 0, 8000),
        # from 4,096 tokens on AI Studio, from 6,144 on Vertex AI by a third party
        ("gemini-3.8-flash", 5000, 5, 5000, 0, 5000),
        ("gemini-2.5-pro", 2048, 5, 2048, 2048, 2048),
        ("gemini-2.5-pro", 2047, 5, 0, 0, 0),
    ],
)
def test_gemini_s_implicit_cache(
    engine: duckdb.DuckDBPyConnection, model: str, system: int, every_s: float, read: int, least: int, most: int
) -> None:
    """ai.google.dev/gemini-api/docs/caching."""
    calls = shared(model, "google", every_s, system)
    assert used(engine, calls)[0] == 19 * read
    assert used(engine, calls, **LEAST)[0] == 19 * least
    assert used(engine, calls, **MOST)[0] == 19 * most


def test_haiku_5_5_caches_from_512_tokens(engine: duckdb.DuckDBPyConnection) -> None:
    calls = shared("claude-haiku-5-5", system=800, own=200)
    assert used(engine, calls) == (19 * 800, 800), CLAUDE


def test_automatic_caching_sets_one_breakpoint_at_the_end(engine: duckdb.DuckDBPyConnection) -> None:
    """CLAUDE: ten sessions of three calls share a system prompt, which no entry ends at."""

    def said(session: int, turns: int) -> Call:
        told = [(f"{session} message {n}", 2000 + 100 * n) for n in range(1, turns + 1)]
        return turn(session * 100 + turns, ("system", 2000), *told, session=f"{session}", name=f"{session} {turns:02}")

    calls = [said(session, turns) for session in range(10) for turns in (1, 3, 5)]
    assert used(engine, calls, breakpoints="implicit") == (10 * (2100 + 2300), 10 * 2500)
    assert used(engine, calls, breakpoints="explicit") == (10 * (2100 + 2300) + 9 * 2000, 10 * 2500 - 9 * 2000)


def test_nova_writes_at_checkpoints_for_five_minutes(engine: duckdb.DuckDBPyConnection) -> None:
    """docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html."""
    assert used(engine, shared("amazon.nova-pro-v1:0", "aws")) == (19 * 8000, 8000)
    assert used(engine, shared("amazon.nova-pro-v1:0", "aws", every_s=301)) == (0, 20 * 8000)


def test_openrouter_forgets_the_provider_after_ten_idle_minutes(engine: duckdb.DuckDBPyConnection) -> None:
    """openrouter.ai/docs/guides/best-practices/prompt-caching."""
    for model in ("openai/gpt-5.6-sol", "openai/gpt-4.1"):
        assert used(engine, shared(model, "openrouter", every_s=600))[0] > 0
        assert used(engine, shared(model, "openrouter", every_s=601), **MOST)[0] == 0
    calls = shared("anthropic/claude-sonnet-4.5", "openrouter", every_s=601)
    assert used(engine, calls, ttl="1h")[0] == 0


def test_a_burst_above_15_a_minute_may_miss(engine: duckdb.DuckDBPyConnection) -> None:
    """OPENAI: about 15 requests a minute for a prefix and key before GPT-5.6; above, some reach other machines."""
    calls = shared("gpt-4o", every_s=0.5)
    assert used(engine, calls)[0] == 19 * 7936
    assert used(engine, calls, pessimistic="overflow")[0] == 14 * 7936, "the 16th to the 20th find nothing"
    assert used(engine, shared("gpt-4o", every_s=5), pessimistic="overflow")[0] == 19 * 7936


@pytest.mark.parametrize("model", ["gpt-realtime", "gpt-4o-audio-preview", "gpt-4-turbo", "claude-2"])
def test_models_without_a_cache(engine: duckdb.DuckDBPyConnection, model: str) -> None:
    assert used(engine, shared(model), **MOST) == (0, 0)


def test_a_cache_without_a_rule_is_anything_up_to_full_reuse(engine: duckdb.DuckDBPyConnection) -> None:
    """A price for cached tokens says that there is a cache, and nothing else is published."""
    engine.execute(
        "insert into prices by name select 'elsewhere' as provider, 'novel-1' as model, 'standard' as service_tier,"
        " '' as region, date '2025-01-01' as valid_from, 1 as weekday_from, 8 as weekday_to, 0 as minute_from,"
        " 1440 as minute_to, 0 as prompt_min, 3 as input_usd_mtok, 0.3 as cache_read_usd_mtok, 'test' as source"
    )
    calls = shared("novel-1", every_s=90000, system=100, own=100)
    assert used(engine, calls, **LEAST)[0] == 0
    assert used(engine, calls, **MOST)[0] == 19 * 100
    assert used(engine, shared("novel-1"))[0] == 19 * 7936


def test_best_takes_the_cheapest_placement_of_each_prompt(engine: duckdb.DuckDBPyConnection) -> None:
    """Different prompts under one system prompt pay for their own ends without a read: the system prompt is enough."""
    assert used(engine, shared("claude-opus-5"), breakpoints="best") == (19 * 8000, 8000)
    once = [turn(at * 9000, (f"system {at}", 8000), model="claude-opus-5", feature="f") for at in range(5)]
    assert used(engine, once, breakpoints="best") == (0, 0), "no cache is the cheapest"
