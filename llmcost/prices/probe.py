"""Measures a provider's prompt cache with a handful of requests: minimum, step, life at a few gaps, and isolation."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import gcd
from typing import Any
from uuid import uuid4

from llmcost.engine.store import Store
from llmcost.prices import ceiling

Row = dict[str, Any]

LENGTHS = (600, 1100, 1700, 2790, 4400)
"""Tokens of the prompts that are sent twice: on both sides of the minimums that vendors document, 1,024 and 2,048, and
such that two of them tell steps of 64 to 512 tokens apart."""

USUAL = 4400
"""Tokens of the prompts that measure lives and keys: longer than any documented minimum of an automatic cache."""

OUTPUT_TOKENS = 16
"""Of each answer, at most: the least that OpenAI's APIs accept."""

SETTLES_S = 2.0
"""Seconds between a write and its first read, so that the entry is there."""


@dataclass(frozen=True)
class Reply:
    """What an answer's usage says."""

    prompt_tokens: int
    cached_tokens: int


Ask = Callable[[str, str], Reply]
"""Sends a prompt under a cache key."""


@dataclass(frozen=True)
class Plan:
    """What a probe will send."""

    lengths: tuple[int, ...]
    gaps_s: tuple[float, ...]

    @property
    def requests(self) -> int:
        """Each length and each gap is a write and a read; the last prompt is read again under another key."""
        return 2 * len(self.lengths) + 2 * len(self.gaps_s) + 1

    @property
    def prompt_tokens(self) -> int:
        """About how many, all requests together."""
        return 2 * sum(self.lengths) + (2 * len(self.gaps_s) + 1) * USUAL

    @property
    def seconds(self) -> float:
        """How long it takes to wait."""
        return SETTLES_S + max(self.gaps_s, default=0)


@dataclass
class Found:
    """What was measured. None: it could not be."""

    min_tokens: tuple[int, int, int] | None = None  # as rules write ranges: saves least, taken, saves most
    step_tokens: int | None = None
    life_s: tuple[int, int] | None = None  # the longest gap after which there was a read; the shortest without, or 0
    keys_share: bool | None = None
    seen: list[Row] = field(default_factory=list)  # every pair of requests

    @property
    def is_known(self) -> bool:
        """Whether anything was read, so that there is something to keep."""
        return any(row["cached_tokens"] for row in self.seen)


def most_usd(opened: Store, planned: Plan, provider: str | None, model: str) -> float:
    """What the requests cost if nothing is read, everything is written and every answer is as long as it may be.

    Raises LlmcostError for a model without a price.
    """
    return ceiling.most_usd(opened, provider, model, planned.prompt_tokens, planned.requests * OUTPUT_TOKENS)


def plan(gaps_s: Sequence[float]) -> Plan:
    """The requests for these gaps between a write and a read."""
    return Plan(LENGTHS, tuple(sorted(gaps_s)))


def measured(planned: Plan, ask: Ask, sleep: Callable[[float], object] = time.sleep) -> Found:
    """Sends the requests and says what follows from what was read."""
    found = Found()
    prompts = {length: prompt(length) for length in planned.lengths}
    for text in prompts.values():
        ask(text, "a")
    waiting = {gap: prompt(USUAL) for gap in planned.gaps_s}
    for text in waiting.values():
        ask(text, "a")
    sleep(SETTLES_S)
    replies = {length: ask(text, "a") for length, text in prompts.items()}
    found.seen += [_seen("length", length, reply) for length, reply in replies.items()]
    other = ask(prompts[planned.lengths[-1]], "b")
    found.seen.append(_seen("another key", planned.lengths[-1], other))
    if replies[planned.lengths[-1]].cached_tokens:
        found.keys_share = other.cached_tokens > 0
    reads = sorted((reply for reply in replies.values() if reply.cached_tokens), key=lambda reply: reply.prompt_tokens)
    if reads:
        missed = [reply.prompt_tokens for reply in replies.values() if not reply.cached_tokens]
        below = max((tokens for tokens in missed if tokens < reads[0].prompt_tokens), default=0)
        found.min_tokens = (reads[0].prompt_tokens, reads[0].cached_tokens, min(below + 1, reads[0].cached_tokens))
    if len({reply.cached_tokens for reply in reads}) > 1:
        found.step_tokens = gcd(*(reply.cached_tokens for reply in reads))
    found.life_s = _life(found, waiting, ask, sleep)
    return found


def _life(
    found: Found, waiting: dict[float, str], ask: Ask, sleep: Callable[[float], object]
) -> tuple[int, int] | None:
    """Reads each prompt once its gap is over; all of them were written together."""
    alive, gone, waited = 0.0, 0.0, SETTLES_S
    for gap, text in waiting.items():
        sleep(max(gap - waited, 0))
        waited = max(gap, waited)
        reply = ask(text, "a")
        found.seen.append(_seen("gap", gap, reply))
        if reply.cached_tokens:
            alive = gap
        elif not gone:
            gone = gap
    return (int(alive), int(gone)) if alive else None


def rule(found: Found, vendors: Row, provider: str, model: str, day: date) -> Row:
    """The vendor's rule with what was measured in place of what it leaves open, about this model alone."""
    made = {name: value for name, value in vendors.items() if name != "place" and value is not None}
    made |= {
        "hosts": f"^{re.escape(provider)}$",
        "models": f"^{re.escape(model.lower().replace('.', '-'))}$",
        "source": f"llmcost probe, {len(found.seen)} prompts",
        "read_on": day,
        "said_by": "measured by you",
        "note": "measured: " + ", ".join(_words(found)) if _words(found) else "nothing could be measured",
    }
    if found.min_tokens:
        least, taken, most = found.min_tokens
        made |= {"min_tokens_low": least, "min_tokens": taken, "min_tokens_high": most}
    if found.step_tokens:
        made |= dict.fromkeys(("step_tokens_low", "step_tokens", "step_tokens_high"), found.step_tokens)
    if found.life_s and not made.get("client_sets_life"):
        alive, gone = found.life_s
        most = gone - 1 if gone else max(made.get("life_s_high", alive), alive)
        made |= {"life_s_low": alive, "life_s": min(max(made.get("life_s", alive), alive), most), "life_s_high": most}
    if found.keys_share is not None:
        made |= dict.fromkeys(("isolation_low", "isolation", "isolation_high"), "organisation")
        made["keys"] = "apart"
        if found.keys_share:
            del made["keys"]
    return made


def _words(found: Found) -> list[str]:
    said = []
    if found.min_tokens:
        said.append(f"read from {found.min_tokens[1]:,} tokens on")
    if found.step_tokens:
        said.append(f"steps of {found.step_tokens:,}")
    if found.life_s:
        said.append(f"alive after {found.life_s[0]:,} s")
        if found.life_s[1]:
            said.append(f"gone after {found.life_s[1]:,} s")
    if found.keys_share is not None:
        said.append("keys share" if found.keys_share else "keys do not share")
    return said


def _seen(kind: str, value: float, reply: Reply) -> Row:
    return {"what": kind, "value": value, "prompt_tokens": reply.prompt_tokens, "cached_tokens": reply.cached_tokens}


def prompt(tokens: int) -> str:
    """A text of about that many tokens that nobody has sent before: it begins at random, and each word is one token."""
    return f"{uuid4().hex} " + "the " * max(tokens - 30, 1)
