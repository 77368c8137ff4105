"""response-caching: which requests an exact response cache in front of the provider would have answered.

The cache is the one that Redis `SETEX` makes: an answer is stored once it has been
generated, lives for a fixed time from then on, and a later answer to the same prompt
takes its place. Redis: https://redis.io/docs/latest/commands/setex/ and
https://redis.io/docs/latest/develop/reference/eviction/ (allkeys-lru).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from llmcost.errors import UsageError
from llmcost.what_ifs.kernels import cached_answers, lives
from llmcost.what_ifs.kernels.cached_answers import NEVER, NOBODY, Asked, FalseHits, Ints
from llmcost.what_ifs.kernels.kernel import Kernel, Replayed


@dataclass(frozen=True)
class Hits:
    """What a cache answered, and how often its answers were others than the logged ones."""

    could_repeat: int  # requests that ask the cache
    answers: FalseHits  # on all hits, those asked again among them
    again: int  # hits that are asked again

    def __add__(self, other: "Hits") -> "Hits":
        return Hits(self.could_repeat + other.could_repeat, self.answers + other.answers, self.again + other.again)


class ResponseCaching:
    """One answer a prompt; prompts depend on one another only where they make room for one another."""

    columns = (
        "prompt_hash", "user_id", cached_answers.LATENCY, "status", "calls", "input_tokens", "output_tokens",
        "output_hash",
    )  # fmt: skip
    rows = cached_answers.ROWS
    partition = ("prompt_hash",)
    is_streamed = False
    measured = cached_answers.MEASURED
    decisions = cached_answers.DECISIONS

    def is_apart(self, given: Mapping[str, Any]) -> bool:
        return given["capacity"] is None

    def replay(
        self,
        requests: pa.Table,
        *,
        ttl: str | None,
        refresh: bool,
        scope: str,
        capacity: int | None,
        latency_ms: float | None = None,
        differing: str = "asked",
    ) -> Replayed[Hits]:
        """The requests that the cache answers, whose answer each gets, and whether that is the logged one."""
        life = cached_answers.microseconds(ttl)
        if capacity is not None and capacity < 0:
            raise UsageError(f"capacity={capacity} is below zero", hint="give a number of answers")
        asked = _asked(requests, scope, latency_ms)
        source = np.full(len(asked), NOBODY, np.int64)
        if life > 0 and capacity != 0 and len(asked):
            # What outlives the log lives for ever: a shorter number says the same.
            log_ends = max(asked.sent.max(), asked.ready[asked.ready != NEVER].max(initial=0))
            source = _sources(requests, asked, min(life, int(log_ends - asked.sent.min()) + 1), refresh, capacity)
        hit = source != NOBODY
        decided = cached_answers.decisions(requests, asked.row[hit], asked.row[source[hit]])
        again = cached_answers.asked_again(decided, differing)
        return Replayed(decided, Hits(len(asked), cached_answers.false_hits(decided), again))

    def summary(self, parts: Sequence[Hits]) -> dict[str, Any]:
        found = reduce(add, parts)
        return {
            "requests_that_could_repeat": found.could_repeat,
            "hits": found.answers.hits - found.again,
            "hits_asked_again": found.again,
            "hits_with_both_answers_in_the_log": found.answers.compared,
            "share_of_those_whose_cached_answer_differs": found.answers.share,
            "notes": _notes(found.answers, found.again),
        }


KERNEL: Kernel[Hits] = ResponseCaching()


def _notes(found: FalseHits, again: int) -> list[str]:
    if not found.hits:
        return []
    unknown = (
        "it is unknown how often a cached answer differs from the model's own: the low end of the range counts none of"
        " these hits (differing=doubted)"
    )
    if not found.compared:
        return [f"response-caching: the log holds no answers to compare, so {unknown}"]
    share = f"{found.differing / found.compared:.1%} of the {found.compared:,} cached answers that can be compared"
    means = ": these savings change what users get" if found.differing else ""
    means = "; those asked again save nothing" if again else means
    notes = [f"response-caching: {share} differ from the model's own answers{means}"]
    if others := found.hits - found.compared:
        hits = "hit" if others == 1 else "hits"
        notes.append(f"response-caching: for {others:,} other {hits} the log lacks an answer, so {unknown}")
    return notes


def _asked(requests: pa.Table, scope: str, latency_ms: float | None) -> Asked:
    asks = cached_answers.takes_part(requests) & cached_answers.mask(requests["prompt_hash"].is_valid())
    key = _groups(requests["prompt_hash"])
    if scope == "user":
        asks &= cached_answers.mask(requests["user_id"].is_valid())
        users = requests["user_id"].combine_chunks().dictionary_encode()
        user = users.indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        key = key * (len(users.dictionary) + 1) + user
    row = np.flatnonzero(asks)
    if scope == "user":
        row = row[np.argsort(key[row], kind="stable")]
    return Asked(row, key[row], *cached_answers.sent_and_ready(requests, row, latency_ms))


def _groups(column: pa.ChunkedArray) -> Ints:
    """A number for each run of equal values."""
    values = column.combine_chunks()
    if len(values) == 0:
        return np.empty(0, np.int64)
    changes = pc.not_equal(values[1:], values[:-1]).fill_null(True).to_numpy(zero_copy_only=False)
    return np.concatenate(([0], np.cumsum(changes, dtype=np.int64)))


def _sources(requests: pa.Table, asked: Asked, life: int, refresh: bool, capacity: int | None) -> Ints:
    """For each request the place in `asked` of the one whose answer it gets, or NOBODY."""
    source = np.full(len(asked), NOBODY, np.int64)
    if capacity is not None and capacity < len(np.unique(asked.key)):
        rest = np.arange(len(asked))
    else:
        again = _asked_again(asked.key)
        # An answer still on its way when an earlier one expires makes a gap that pointers cannot express.
        late = lives.late(asked.part(again), life)
        for block in lives.blocks(asked.part(again[~late]), life):
            places = again[~late][block]
            found = lives.quickly(asked.part(places), life, refresh)
            source[places] = np.where(found == NOBODY, NOBODY, places[found])
        rest = again[late]
    if len(rest):
        rest = _in_time(requests, asked, rest)
        found = lives.one_by_one(asked, rest, life, refresh, capacity)
        source[rest] = np.where(found == NOBODY, NOBODY, rest[found])
    return source


def _asked_again(key: Ints) -> Ints:
    """The places of the requests whose key occurs more than once."""
    same = np.concatenate(([False], key[1:] == key[:-1], [False]))
    return np.flatnonzero(same[1:] | same[:-1])


def _in_time(requests: pa.Table, asked: Asked, places: Ints) -> Ints:
    """The places in order of time, those of one moment by request_id: names are compared only where they decide."""
    places = places[np.argsort(asked.sent[places], kind="stable")]
    sent = asked.sent[places]
    tied = _asked_again(sent)
    names = requests["request_id"].take(pa.array(asked.row[places[tied]]))
    by_name = pa.table({"sent": sent[tied], "name": names})
    places[tied] = places[tied][pc.sort_indices(by_name, [("sent", "ascending"), ("name", "ascending")]).to_numpy()]
    return places
