"""Prompts of an exact number of tokens, for a server whose tokenizer is unknown.

The server itself is asked: it reports how many tokens a prompt has. From a few such answers comes a set of words that
are one token each, and what the server adds to every prompt (a beginning-of-text mark, a chat template).
"""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from llmcost.errors import LlmcostError, UsageError

# Frequent English words: one token each, with the space before it, in the tokenizers of the models in use.
WORDS = tuple(
    "the of and to in is it you that he was for on are with as his they be at one have this from or had by word but "
    "what some we can out other were all there when up use your how said an each she which do their time if will way "
    "about many then them write would like so these her long make thing see him two has look more day could go come "
    "did number sound no most people my over know water than call first who may down side been now find any new work "
    "part take get place made live where after back little only round man year came show every good me give our under "
    "name very through just form".split()
)
_LETTERS = tuple("bcdfghjklmnpqrstvwxz")  # of a tokenizer that cuts words into letters or bytes
_HEAD = "Text"  # begins every prompt, so that what follows it is always cut into tokens the same way
_GROUP = 8  # words that are tried together


@dataclass(frozen=True)
class Prompts:
    """Makes prompts of an exact length for one server."""

    units: tuple[str, ...]  # one token each
    overhead: int  # tokens of a prompt that has none of them

    @property
    def shortest(self) -> int:
        """The fewest tokens that a prompt can have."""
        return self.overhead + 1

    def require(self, tokens: int) -> None:
        """UsageError when no prompt can be that short."""
        if tokens < self.shortest:
            raise UsageError(
                f"no prompt of {tokens} input tokens can be made: the server itself adds {self.overhead}",
                hint=f"ask for at least {self.shortest}",
            )

    def text(self, tokens: int, rng: random.Random) -> str:
        """A random prompt that the server counts as this many tokens."""
        return _HEAD + "".join(rng.choices(self.units, k=tokens - self.overhead))


async def calibrate(count_tokens: Callable[[str], Awaitable[int | None]]) -> Prompts:
    """Finds units of one token each by the server's own count. LlmcostError when there are none.

    Twice the same units cost twice their tokens but the overhead once, which separates the two. The server need not
    take every text (null): words that it cuts into bytes may be more than a small context holds.
    """
    for units in (tuple(f" {word}" for word in WORDS), _LETTERS):
        once = await count_tokens(_HEAD + "".join(units))
        twice = await count_tokens(_HEAD + "".join(units * 2))
        if once is None or twice is None:
            continue
        overhead = 2 * once - twice
        kept = units if once - overhead == len(units) else await _single(units, overhead, count_tokens)
        if kept:
            return Prompts(kept, overhead)
    raise LlmcostError(
        "no prompt of an exact length can be made: neither words nor letters are one token each on this server",
        hint="check that the model at the endpoint generates text",
    )


async def _single(
    units: Sequence[str], overhead: int, count_tokens: Callable[[str], Awaitable[int | None]]
) -> tuple[str, ...]:
    """The units, by groups, that cost a single token each."""
    kept: list[str] = []
    for start in range(0, len(units), _GROUP):
        group = units[start : start + _GROUP]
        if await count_tokens(_HEAD + "".join(group)) == overhead + len(group):
            kept += group
    return tuple(kept)
