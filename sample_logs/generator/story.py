"""The story: a support-desk product, its features, its prompts, its models, and what each of them gets wrong.

The models, their ids and their cache rules are those of November 2026. What is invented for the story
(volumes, prompt lengths, caps, speeds) stands here; what comes from published traffic stands in figures.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sample_logs.generator.figures import (
    AIDER_COMPLETION_TOKENS,
    AIDER_GAP_S,
    AIDER_PROMPT_TOKENS,
    AIDER_SESSION_CALLS,
    AZURE_CONTEXT_TOKENS,
    AZURE_GENERATED_TOKENS,
    MOONCAKE_INPUT_TOKENS,
    MOONCAKE_OUTPUT_TOKENS,
    MOONCAKE_TURN_GAP_S,
    Quantiles,
)
from sample_logs.generator.prompts import FIVE_MINUTES_MS, ONE_HOUR_MS, CacheRule

PROJECT = "helpdesk"


@dataclass(frozen=True)
class Model:
    """A model as its API names it, and how fast it is taken to be."""

    name: str
    provider: str
    prefill_tokens_per_s: int
    output_tokens_per_s: int
    min_cache_tokens: int  # 0: caches nothing


SONNET_5 = Model("claude-sonnet-5", "anthropic", 9_000, 72, 1024)
SONNET_5_5 = Model("claude-sonnet-5-5", "anthropic", 10_000, 84, 512)
OPUS_4_8 = Model("claude-opus-4-8", "anthropic", 6_000, 52, 1024)
OPUS_5_5 = Model("claude-opus-5-5", "anthropic", 7_000, 60, 512)
HAIKU_4_5 = Model("claude-haiku-4-5-20251001", "anthropic", 16_000, 140, 4096)
GPT_5_4_MINI = Model("gpt-5.4-mini-2026-03-17", "openai", 14_000, 130, 1024)
GPT_4O_MINI = Model("gpt-4o-mini-2024-07-18", "openai", 14_000, 95, 1024)
IN_HOUSE = Model("deskmate-7b-v3", "in-house", 8_000, 45, 0)

SONNET_SWITCH = date(2026, 11, 9)
"""The day on which the teams moved from Sonnet 5 to Sonnet 5.5."""


@dataclass(frozen=True)
class Prompt:
    """A prompt template: its id and the blocks that never change."""

    id: str
    system_tokens: int
    tools_tokens: int = 0


@dataclass(frozen=True)
class Feature:
    """A feature of the product: what it sends, how often, and to whom."""

    name: str | None
    task_type: str | None
    team: str
    sessions_per_day: int
    prompts: Mapping[Prompt, int]  # and how many of 100 sessions use each
    model: Model
    user_tokens: Quantiles
    output_tokens: Quantiles
    max_output_tokens: int
    complexity_percent: Mapping[int, int]  # and its weight
    model_after_switch: Model | None = None
    shape: Literal["single", "conversation", "document"] = "single"
    cache: Literal["none", "system-1h", "conversation-5m", "automatic"] = "none"
    streams: bool = False
    session_calls: Quantiles | None = None  # None: as many as Mooncake's conversations have
    turn_gap_s: Quantiles = MOONCAKE_TURN_GAP_S
    known_inputs: int = 0  # so many inputs come again and again …
    known_percent: int = 0  # … and this many of 100 requests are one of them
    same_answer_percent: int = 50  # of repeated requests, those answered the same
    reasoning_percent: int = 0  # of the output, at most
    used_tokens: int | None = None  # of an answer, what is read at most; None: nobody knows

    def model_on(self, day: date) -> Model:
        return self.model_after_switch if self.model_after_switch and day >= SONNET_SWITCH else self.model

    def cache_rule(self, model: Model) -> CacheRule | None:
        if self.cache == "none" or not model.min_cache_tokens:
            return None
        if self.cache == "automatic":
            return CacheRule(FIVE_MINUTES_MS, model.min_cache_tokens, step_tokens=128, write_is_billed=False)
        return CacheRule(ONE_HOUR_MS if self.cache == "system-1h" else FIVE_MINUTES_MS, model.min_cache_tokens)


SUPPORT_CHAT = Feature(
    # The biggest bill: nine thousand tokens of handbook and tools before every question, cached nowhere.
    name="support-chat",
    task_type="chat",
    team="support",
    sessions_per_day=34,
    prompts={
        Prompt("support-chat/main", 7_420, 1_860): 86,
        Prompt("support-chat/escalation", 3_140, 1_860): 14,
    },
    model=SONNET_5,
    model_after_switch=SONNET_5_5,
    user_tokens=AZURE_CONTEXT_TOKENS,
    output_tokens=MOONCAKE_OUTPUT_TOKENS,
    max_output_tokens=8_192,
    complexity_percent={50: 70, 0: 8, 33: 8, 67: 8, 100: 6},
    shape="conversation",
    streams=True,
)

SEARCH_ANSWERS = Feature(
    # Customers ask the same things; the provider caches the instructions by itself.
    name="search-answers",
    task_type="question-answering",
    team="search",
    sessions_per_day=25,
    prompts={Prompt("search-answers/answer", 1_180): 88, Prompt("search-answers/rewrite-query", 240): 12},
    model=GPT_5_4_MINI,
    user_tokens=AZURE_CONTEXT_TOKENS,
    output_tokens=MOONCAKE_OUTPUT_TOKENS,
    max_output_tokens=4_096,
    complexity_percent={50: 76, 0: 14, 33: 6, 100: 4},
    cache="automatic",
    streams=True,
    known_inputs=90,
    known_percent=46,
    same_answer_percent=70,
    reasoning_percent=45,
)

TICKET_TRIAGE = Feature(
    # One word of output from the most expensive model, with room for 4,096 tokens.
    name="ticket-triage",
    task_type="classification",
    team="support",
    sessions_per_day=25,
    prompts={Prompt("ticket-triage/category", 1_620): 74, Prompt("ticket-triage/urgency", 880): 26},
    model=OPUS_5_5,
    user_tokens=AZURE_CONTEXT_TOKENS,
    output_tokens=AZURE_GENERATED_TOKENS,
    max_output_tokens=4_096,
    complexity_percent={0: 72, 33: 12, 50: 12, 67: 4},
    known_inputs=14,
    known_percent=12,
    same_answer_percent=96,
)

DOC_SUMMARIES = Feature(
    # A cap below what one in seven summaries needs: they are cut off.
    name="doc-summaries",
    task_type="summarization",
    team="knowledge",
    sessions_per_day=9,
    prompts={Prompt("doc-summaries/summary", 940): 100},
    model=SONNET_5,
    model_after_switch=SONNET_5_5,
    user_tokens=MOONCAKE_INPUT_TOKENS,
    output_tokens=MOONCAKE_OUTPUT_TOKENS,
    max_output_tokens=560,
    complexity_percent={0: 55, 33: 15, 50: 20, 67: 10},
    shape="document",
    streams=True,
)

CONTRACT_EXTRACTION = Feature(
    # Written to the cache for an hour, often read by nobody; a last generation's model.
    name="contract-extraction",
    task_type="extraction",
    team="contracts",
    sessions_per_day=5,
    prompts={Prompt("contract-extraction/clauses", 2_620, 2_240): 100},
    model=OPUS_4_8,
    user_tokens=MOONCAKE_INPUT_TOKENS,
    output_tokens=MOONCAKE_OUTPUT_TOKENS,
    max_output_tokens=16_384,
    complexity_percent={0: 40, 33: 20, 50: 20, 67: 20},
    cache="system-1h",
)

CODE_ASSIST = Feature(
    # Done right: the conversation is cached for five minutes and grows inside the cache.
    name="code-assist",
    task_type="code-generation",
    team="platform",
    sessions_per_day=4,
    prompts={Prompt("code-assist/chat", 4_850, 2_910): 100},
    model=OPUS_5_5,
    user_tokens=AIDER_PROMPT_TOKENS,
    output_tokens=AIDER_COMPLETION_TOKENS,
    max_output_tokens=16_000,
    complexity_percent={100: 45, 67: 20, 50: 25, 0: 10},
    shape="conversation",
    cache="conversation-5m",
    streams=True,
    session_calls=AIDER_SESSION_CALLS,
    turn_gap_s=AIDER_GAP_S,
)

NIGHTLY_DIGEST = Feature(
    # Nobody waits for it: it could go through the batch API at half the price.
    name="nightly-digest",
    task_type="summarization",
    team="insights",
    sessions_per_day=8,
    prompts={Prompt("nightly-digest/team", 1_310): 100},
    model=SONNET_5,
    model_after_switch=SONNET_5_5,
    user_tokens=MOONCAKE_INPUT_TOKENS,
    output_tokens=MOONCAKE_OUTPUT_TOKENS,
    max_output_tokens=4_096,
    complexity_percent={0: 60, 33: 25, 50: 15},
    used_tokens=250,
)

TONE_CHECK = Feature(
    # A small model of the product's own: no price list knows it.
    name="tone-check",
    task_type="classification",
    team="support",
    sessions_per_day=6,
    prompts={Prompt("tone-check/draft", 210): 100},
    model=IN_HOUSE,
    user_tokens=AZURE_CONTEXT_TOKENS,
    output_tokens=AZURE_GENERATED_TOKENS,
    max_output_tokens=64,
    complexity_percent={0: 80, 50: 20},
)

NOTEBOOKS = Feature(
    # Somebody's experiments: no feature, no prompt id.
    name=None,
    task_type=None,
    team="search",
    sessions_per_day=3,
    prompts={Prompt("", 320): 100},
    model=GPT_4O_MINI,
    user_tokens=AZURE_CONTEXT_TOKENS,
    output_tokens=MOONCAKE_OUTPUT_TOKENS,
    max_output_tokens=2_048,
    complexity_percent={50: 100},
    cache="automatic",
)

DAYTIME_FEATURES = (
    SUPPORT_CHAT,
    SEARCH_ANSWERS,
    TICKET_TRIAGE,
    DOC_SUMMARIES,
    CONTRACT_EXTRACTION,
    CODE_ASSIST,
    TONE_CHECK,
    NOTEBOOKS,
)

AGENT_PROMPT = Prompt("code-assist/agent-v2", 5_260, 3_120)
"""A release with the current time on top of its system prompt: every call writes the cache, none reads it."""

BACKFILL_PROMPT = Prompt("doc-summaries/backfill", 940)
"""Sunday's summaries of changed articles, through the batch API."""
