"""What a server's own prefix cache holds of each prompt, by the prefixes that the log has of it, as vLLM keeps them.

vLLM keeps the full blocks of a prompt under the hash of everything up to them. Where it needs a block, it reuses the
one that was freed longest ago, of one request the last one first. Here the blocks between two logged prefixes are one
text, which loses its last blocks first. Requests are taken in the order in which they come, as if each had ended when
the next one comes: what one that still runs holds is among the latest anyway.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from llmcost.self_hosting.compiled import compiled

Integers = NDArray[np.int64]
Narrow = NDArray[np.int32]
_MOST = np.iinfo(np.int32).max  # more tokens than any cache holds


@dataclass(frozen=True)
class Prefixes:
    """The logged prefixes of some requests, one request after the other, each request's shortest first."""

    counts: Narrow  # of each request
    hashes: Narrow  # of each prefix: equal numbers are equal text
    tokens: Narrow  # of each prefix, from the prompt's start on; no more than a number can be

    def take(self, chosen: slice | NDArray[np.bool_] | Integers) -> "Prefixes":
        """Those of the chosen requests."""
        starts = (np.cumsum(self.counts) - self.counts)[chosen]
        counts = self.counts[chosen]
        rows = np.repeat(starts - (np.cumsum(counts) - counts), counts)
        rows += np.arange(len(rows))
        return Prefixes(counts, self.hashes[rows], self.tokens[rows])


def logged(requests: Sequence[pa.Array], ratio: float) -> Prefixes | None:
    """The prefixes of requests, some lists after others, in the hosted model's tokens, `ratio` for one logged; none
    where the log has none. Their `hash` is a number.
    """
    flat = [lists.flatten() for lists in requests]
    if not sum(map(len, flat)):
        return None
    counts = [np.asarray(pc.list_value_length(lists).fill_null(0), np.int32) for lists in requests]
    hashes = np.concatenate([np.asarray(one.field("hash")) for one in flat])
    tokens = [np.asarray(one.field("tokens").cast(pa.int64()).fill_null(0)) * float(ratio) for one in flat]
    return Prefixes(
        counts=np.concatenate(counts),
        hashes=np.unique(hashes, return_inverse=True)[1].astype(np.int32),
        tokens=np.concatenate([np.minimum(np.floor(one), _MOST).astype(np.int32) for one in tokens]),
    )


def found(prefixes: Prefixes, prompts: Integers, outputs: Integers, kv_blocks: int, block_size: int) -> Integers:
    """Tokens of each prompt that one server's cache holds when the requests come one after the other."""
    blocks = np.minimum(prefixes.tokens, np.repeat(prompts, prefixes.counts)) // block_size
    known = int(prefixes.hashes.max(initial=-1)) + 1
    nodes = known + len(prompts) + 2  # each text, the rest of each request, and the two ends of the queue
    tokens = np.zeros(len(prompts), np.int64)
    queue = np.zeros((3, nodes), np.int32)
    needed = -(-(prompts + outputs) // block_size)
    _pass(prefixes.counts, prefixes.hashes, blocks, needed, known, kv_blocks, queue, tokens)
    return tokens * block_size


# Rows of the queue of free blocks, by text: the neighbours that were freed before and after it, and its blocks there.
_BEFORE, _AFTER, _KEPT = 0, 1, 2


@compiled
def _pass(
    counts: Any, hashes: Any, blocks: Any, needed: Any, known: int, kv_blocks: int, queue: Any, reused: Any
) -> None:
    """Notes in `reused` the blocks that each request finds."""
    oldest, latest = known + counts.size, known + counts.size + 1
    queue[_AFTER, oldest], queue[_BEFORE, latest] = latest, oldest
    held = 0
    start = 0
    for number in range(counts.size):
        end = start + counts[number]
        hits, covered, whole = 0, 0, True
        for entry in range(start, end):
            own = max(blocks[entry] - covered, 0)
            covered = max(blocks[entry], covered)
            if whole:
                kept = min(queue[_KEPT, hashes[entry]], own)
                hits += kept
                whole = kept == own
        reused[number] = hits
        held += _put(queue, latest, known + number, max(needed[number] - covered, 0))
        for entry in range(end - 1, start - 1, -1):
            before = blocks[entry - 1] if entry > start else 0
            held += _put(queue, latest, hashes[entry], max(blocks[entry] - before, 0))
        while held > kv_blocks:
            text = queue[_AFTER, oldest]
            gone = min(queue[_KEPT, text], held - kv_blocks)
            held -= gone
            queue[_KEPT, text] -= gone
            if queue[_KEPT, text] == 0:
                _unlink(queue, text)
        start = end


@compiled
def _put(queue: Any, latest: int, text: int, blocks: int) -> Any:
    """Puts a text's blocks at the queue's end; gives by how many more they are than before."""
    more = blocks - queue[_KEPT, text]
    if queue[_KEPT, text] > 0:
        _unlink(queue, text)
    queue[_KEPT, text] = blocks
    if blocks > 0:
        last = queue[_BEFORE, latest]
        queue[_AFTER, last], queue[_BEFORE, text] = text, last
        queue[_AFTER, text], queue[_BEFORE, latest] = latest, text
    return more


@compiled
def _unlink(queue: Any, text: int) -> None:
    before, after = queue[_BEFORE, text], queue[_AFTER, text]
    queue[_AFTER, before], queue[_BEFORE, after] = after, before
