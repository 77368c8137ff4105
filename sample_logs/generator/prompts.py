"""Prompts as a cache sees them: blocks, their cumulative hashes, and the provider's cache itself."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

FIVE_MINUTES_MS = 300_000
ONE_HOUR_MS = 3_600_000


class Block(NamedTuple):
    """One part of a prompt: what stands in for its text, and its length."""

    text: str
    tokens: int


class Prefix(NamedTuple):
    """A prompt up to and including one of its blocks."""

    hash: str
    tokens: int


def digest(*parts: object) -> str:
    """16 hex digits of what the parts say."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:16]


def prefixes(blocks: Sequence[Block]) -> list[Prefix]:
    """Every prefix of a prompt, the longest last."""
    found: list[Prefix] = []
    so_far = Prefix("", 0)
    for block in blocks:
        so_far = Prefix(digest(so_far.hash, block.text), so_far.tokens + block.tokens)
        found.append(so_far)
    return found


@dataclass(frozen=True)
class CacheRule:
    """How a provider caches this model's prompts.

    Source: the providers' prompt caching documentation, November 2026.
    """

    life_ms: int
    min_tokens: int
    step_tokens: int = 1  # reads come in whole steps
    write_is_billed: bool = True


@dataclass
class _Entry:
    ready_ms: int
    expires_ms: int


class PromptCache:
    """One workspace's cache: an entry is readable once its answer has begun, and a read renews its life."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], _Entry] = {}

    def serve(
        self,
        model: str,
        rule: CacheRule,
        prompt: Sequence[Prefix],
        breakpoints: Sequence[int],
        at_ms: int,
        ready_ms: int,
    ) -> tuple[int, int]:
        """Tokens read and written by a prompt that is sent at `at_ms` and whose answer begins at `ready_ms`.

        `breakpoints` are the places in `prompt` where the caller asks for an entry.
        """
        read = 0
        for prefix in prompt[: breakpoints[-1] + 1]:
            entry = self._entries.get((model, prefix.hash))
            if entry and entry.ready_ms <= at_ms < entry.expires_ms:
                entry.expires_ms = at_ms + rule.life_ms
                read = prefix.tokens // rule.step_tokens * rule.step_tokens
        written = 0
        for place in breakpoints:
            if prompt[place].tokens >= max(rule.min_tokens, read + 1):
                self._entries[model, prompt[place].hash] = _Entry(ready_ms, ready_ms + rule.life_ms)
                written = prompt[place].tokens - read
        return read, written if rule.write_is_billed else 0
