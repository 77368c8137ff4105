"""The vendors' caches as plain tuples, from the text of their documentation.

Sources: queries/facts/prompt_caches.toml. Three values are those with which a cache saves least, usually and most.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TypeVar

Whole = int | tuple[int, int, int]
Truth = bool | tuple[bool, bool, bool]
T = TypeVar("T")


@dataclass(frozen=True)
class Rule:
    """A vendor's cache."""

    least: Whole  # tokens of the shortest entry
    step: Whole  # entries end on whole steps of it
    life: Whole | None  # seconds; None: the client chooses
    charged: bool  # whether writes are
    kind: str  # where entries end: breakpoints, steps, messages (the prompt's end and the system prompt's), units
    tiers: bool = False  # whether each service tier has a cache of its own
    projects: Truth = False  # whether each project has
    promised: bool = False  # whether an entry is sure to be found within its life
    keys: str | None = None  # what the client's key does: apart, needed (no cache without one), None: nothing
    in_memory: Whole | None = None  # seconds of life where it is asked to be kept in memory only
    overflows: bool = False  # whether many requests a minute may reach machines without the entry
    system: Truth = False  # with messages: whether the system prompt is an entry of its own
    routed: Whole | None = None  # seconds without a request after which a gateway goes to another provider
    routes: Whole = 1  # the providers among which a gateway spreads conversations


@dataclass(frozen=True)
class Assumed:
    """Which questions that vendors leave open are answered by the low and by the high value."""

    low: Collection[str] = ()
    high: Collection[str] = ()

    def number(self, question: str, value: Whole) -> int:
        return self.end(question, value) if isinstance(value, tuple) else value

    def truth(self, question: str, value: Truth) -> bool:
        return self.end(question, value) if isinstance(value, tuple) else value

    def end(self, question: str, ends: tuple[T, T, T]) -> T:
        low, usual, high = ends
        return low if question in self.low else high if question in self.high else usual


MAYBE: Truth = (True, False, False)
"""Projects are kept apart at worst."""

CLAUDE = Rule(1024, 1, None, True, "breakpoints", tiers=True, projects=(True, True, False), promised=True)
GPT = Rule(1024, 128, (300, 600, 3600), False, "steps", tiers=True, projects=MAYBE, keys="apart", overflows=True)
KEPT_LONG = replace(GPT, life=(300, 1800, 86400), in_memory=(300, 600, 3600))
MESSAGES = replace(
    CLAUDE, step=(1024, 1, 1), life=1800, kind="messages", projects=MAYBE, keys="apart", system=(False, True, True)
)
STEPS = Rule(512, 1, (300, 300, 86400), False, "steps", projects=MAYBE)
GROK = replace(STEPS, least=(1024, 128, 128), step=128, life=(300, 600, 86400), keys="apart")
ROUTED = (600, 600, 1_000_000_000)

RULES = {
    "claude-sonnet-4-5": CLAUDE,
    "claude-sonnet-4-6": replace(CLAUDE, least=(2048, 2048, 1024)),
    "claude-opus-4-6": replace(CLAUDE, least=4096),
    "claude-opus-5": replace(CLAUDE, least=512),
    "gpt-4o": GPT,
    "gpt-4.1": KEPT_LONG,
    "gpt-5.5": replace(GPT, least=(2048, 2048, 1024), step=(2048, 512, 128), life=(300, 1800, 86400)),
    "gpt-5.6": MESSAGES,
    "openai.gpt-5.6-sol": replace(MESSAGES, step=1, projects=False),  # on Bedrock
    "deepseek-chat": Rule(64, 64, (3600, 43200, 259200), False, "units", projects=MAYBE),
    "deepseek-v4-pro": Rule((128, 128, 64), (128, 128, 64), (3600, 43200, 259200), False, "units", projects=MAYBE),
    "kimi-k3": Rule((1024, 256, 256), 256, None, True, "steps", projects=MAYBE, promised=True),
    "grok-4.6": GROK,
    "x-ai/grok-4.6": replace(GROK, routed=ROUTED),  # through OpenRouter
    "anthropic/claude-sonnet-4.5": replace(CLAUDE, routed=ROUTED, routes=(5, 1, 1)),
    "qwen/qwen3.7-max": replace(STEPS, least=(1024, 1024, 256), routed=ROUTED, routes=(20, 1, 1)),
    "mistral-large-4": replace(GROK, least=(1024, 64, 64), step=(64, 64, 16), keys="needed"),
    "openai/gpt-oss-120b": Rule((1024, 128, 128), (128, 128, 1), 7200, False, "steps"),
    "qwen3-max": replace(STEPS, least=(1024, 1024, 256)),
    "minimax-m3": STEPS,
    "MiniMax-M2.7": STEPS,
    "GLM-5.3": replace(STEPS, least=(1024, 1024, 1), step=(128, 128, 1)),
    "gemini-2.5-pro": replace(STEPS, least=2048, projects=False),
    "amazon.nova-pro-v1:0": Rule(1024, 1, 300, True, "breakpoints", promised=True),
}

_MARKED = Rule(1024, 1, 300, True, "breakpoints", projects=MAYBE, promised=True)
MARKED = {
    "qwen3-max": _MARKED,
    "qwen/qwen3.7-max": replace(_MARKED, routed=ROUTED),
    "MiniMax-M2.7": replace(_MARKED, least=512),
}
"""The second cache of some models, for requests that mark what is cached."""


def rule_of(model: str, breakpoints: str) -> Rule:
    """The rule of the cache that a placement asks for."""
    return MARKED.get(model, RULES[model]) if breakpoints in ("explicit", "tools", "system") else RULES[model]


QUESTIONS = ("minimum", "steps", "life", "isolation", "routing", "system", "answers", "overflow", "unknown", "misses")
"""What vendors leave open."""

_OPENAI_MISSES = (0.053, 0.025, 0.006)
MISSES = {
    "claude": (0.02, 0.007, 0.002),
    "anthropic/claude": (0.02, 0.007, 0.002),
    "gpt": _OPENAI_MISSES,
    "openai.gpt": _OPENAI_MISSES,
    "gemini": (0.9, 0.5, 0.1),
}
"""The share of histories that is not found, as measured, by how models begin: the most, the mean, the least."""

OTHER_MISSES = (0.053, 0.014, 0.002)


def misses(model: str, assumed: Assumed) -> float:
    measured = (ends for name, ends in MISSES.items() if model.startswith(name))
    return assumed.end("misses", next(measured, OTHER_MISSES))


def assumed(pessimistic: str, optimistic: str) -> Assumed:
    """The words of the two parameters: names separated by commas, all or none."""
    return Assumed(*(_names(words) for words in (pessimistic, optimistic)))


def _names(words: str) -> Collection[str]:
    return QUESTIONS if words == "all" else () if words == "none" else words.split(",")
