"""The replay of a cache that compares prompts by meaning: an index of prompts behind an exact check.

The exact check comes first, as in the caches of the field (GPTCache, Portkey). Then the
prompt, that is the last turn, is looked for among the stored prompts of the same model,
feature and history. It gets the answer of the nearest one that no veto speaks against, if
that is near enough and no stored prompt with another answer is nearer or about as near:
then it could mean either. The vetoes on words can be mistaken, so a vetoed prompt counts
there; those on numbers, dates and negation it sees for what they are.

A prompt that could mean either is not stored as a third one: the index would fill up
with ever closer variants that can never be distinguished.
"""

import heapq
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from llmcost.embeddings.candidates import UNKNOWN, Candidates, recurs
from llmcost.what_ifs.kernels.cached_answers import NEVER, NOBODY, Asked, Ints

_AT_ONCE = 1 << 16
"""Requests as Python's numbers at a time."""


@dataclass(frozen=True)
class Rules:
    """When a stored prompt's answer is given."""

    threshold: float
    margin: float


@dataclass
class Served:
    """What a replay decided for each request, and what it stored meanwhile."""

    source: Ints  # the place of the request whose answer it gets, or NOBODY
    cosine: npt.NDArray[np.float64]  # nan for a repetition
    ambiguous: int = 0


class _Index:
    """The stored prompts with their answers, as they are at one moment after the other."""

    def __init__(self, candidates: Candidates, answers: Ints, rules: Rules) -> None:
        self._candidates = candidates
        self._answers = array("q", answers.tobytes())
        self._rules = rules
        self._entries: dict[int, tuple[int, int, bool]] = {}  # source, end of life, whether all gave its answer

    def store(self, prompt: int, source: int, at: int, end: int) -> None:
        """The newest answer counts; one that is known to differ from the last leaves the prompt ambiguous."""
        before, its_end, agreed = self._entries.get(prompt, (source, 0, True))
        if its_end > at and UNKNOWN not in (self._answers[before], self._answers[source]):
            agreed = agreed and self._answers[before] == self._answers[source]
        else:
            agreed = True
        self._entries[prompt] = source, end, agreed

    def meant(self, prompt: int, at: int) -> tuple[float, int, bool]:
        """Cosine and source of the one stored prompt that is meant, else NOBODY; and whether it could be another."""
        source, end, _ = self._entries.get(prompt, (NOBODY, 0, True))
        if end > at:
            return 1.0, source, False
        near = [
            (cosine, *self._entries.get(other, (NOBODY, 0, True)), pair)
            for cosine, other, pair in self._candidates.of(prompt)
        ]
        alive = [(cosine, source, agreed, pair) for cosine, source, end, agreed, pair in near if end > at]
        enough = ((cosine, source, pair) for cosine, source, _, pair in alive if cosine >= self._rules.threshold)
        may_share = self._candidates.may_share
        best = next(((cosine, source) for cosine, source, pair in enough if may_share(prompt, pair)), None)
        if best is None:
            return 0.0, NOBODY, False
        for cosine, source, agreed, _ in alive:
            about_as_near = cosine > best[0] - self._rules.margin or source == best[1]
            if about_as_near and not (agreed and self._same(source, best[1])):
                return 0.0, NOBODY, True
        return *best, False

    def _same(self, one: int, other: int) -> bool:
        return one == other or self._answers[one] == self._answers[other] != UNKNOWN


def serve(asked: Asked, prompt: Ints, candidates: Candidates, answers: Ints, life: int, rules: Rules) -> Served:
    """The replay itself, one request after another.

    `answers` numbers what the log says was answered, UNKNOWN where it does not say.
    """
    served = Served(np.full(len(asked), NOBODY, np.int64), np.full(len(asked), np.nan))
    keys = int(asked.key.max(initial=NOBODY)) + 1
    writers, ends = array("q", [NOBODY]) * keys, array("q", [0]) * keys  # by exact key
    index = _Index(candidates, answers, rules)
    pending: list[tuple[int, int, bool, int, int]] = []  # when written, source, whether into the index too, key, prompt

    for place, sent, ready, key, number in _in_turn(asked, prompt, candidates):
        while pending and pending[0][0] <= sent:
            written, writer, indexed, its_key, its_prompt = heapq.heappop(pending)
            if its_key != NOBODY:
                writers[its_key], ends[its_key] = writer, written + life
            if indexed:
                index.store(its_prompt, writer, written, written + life)
        if key != NOBODY and ends[key] > sent:
            served.source[place] = writers[key]
            continue
        indexed = number != UNKNOWN
        if indexed:
            cosine, source, ambiguous = index.meant(number, sent)
            if source != NOBODY:
                served.source[place], served.cosine[place] = source, cosine
                continue
            served.ambiguous += ambiguous
            indexed = not ambiguous
        if ready != NEVER:
            heapq.heappush(pending, (ready, place, indexed, key, number))
    return served


def _in_turn(asked: Asked, prompt: Ints, candidates: Candidates) -> Iterator[tuple[int, int, int, int, int]]:
    """Place, time, end, key and prompt of each request that may get another one's answer or give its own."""
    may = np.isin(prompt, candidates.prompts)
    for numbers in (asked.key, prompt):
        known = np.flatnonzero(numbers >= 0)
        may[known] |= recurs(numbers[known])
    places = np.flatnonzero(may)
    for first in range(0, len(places), _AT_ONCE):
        some = places[first : first + _AT_ONCE]
        columns = (some, asked.sent[some], asked.ready[some], asked.key[some], prompt[some])
        yield from zip(*(column.tolist() for column in columns), strict=True)
