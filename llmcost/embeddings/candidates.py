"""The distinct prompts of some traffic, and which of them may answer for one another."""

# ruff: noqa: TID253 - imported by the what-if that needs it

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from llmcost.embeddings.encoders.encoder import Encoder
from llmcost.embeddings.neighbours import Vectors, near
from llmcost.embeddings.texts import Some, Texts
from llmcost.embeddings.traits import Traits, traits, veto

Ints = npt.NDArray[np.int64]

UNKNOWN = -1
_MOST_TRAITS_BYTES = 128 << 20

HISTORY = "prefix[least(greatest(len(prefix) - 1, coalesce(system_blocks, 0)), len(prefix))].hash as history"
"""SQL: a hash of all that came before the last turn: of the prompt's blocks all but the last, the system's at least."""


@dataclass(frozen=True)
class Prompts:
    """Those that share their group with another one, by the number that each has among all."""

    number: Ints  # ascending
    group: Ints  # only prompts of one group may share an answer
    vectors: Vectors
    texts: Sequence[str]


def distinct(requests: pa.Table, texts: Texts, row: Ints, user: Ints, encoder: Encoder) -> tuple[Ints, Prompts]:
    """For each of the rows the number of its prompt, UNKNOWN where the log does not hold it; and the prompts that could
    be compared with another one. They are numbered from 0, in the order in which they were first asked.

    A prompt is the last turn; it is another one after another model, feature, user or history. `prompt_text` is its
    number among the texts.
    """
    group = together([*(codes(requests[name]) for name in ("provider", "model", "feature", "history")), user])[row]
    known = np.flatnonzero(readable(requests)[row])
    one_prompt = together([group[known], codes(requests["prompt_text"])[row[known]]])
    _, first, number = np.unique(one_prompt, return_index=True, return_inverse=True)
    by_age = np.argsort(first)
    prompt = np.full(len(row), UNKNOWN, np.int64)
    prompt[known] = np.argsort(by_age)[number]
    examples = known[first[by_age]]
    others = np.flatnonzero(recurs(group[examples]))
    said = Some(texts, requests["prompt_text"].take(pa.array(row[examples[others]])).to_numpy())
    return prompt, Prompts(others, group[examples[others]], encoder.vectors(said), said)


def readable(requests: pa.Table) -> npt.NDArray[np.bool_]:
    """Which requests' prompts are known."""
    return np.asarray(requests["prompt_text"].is_valid().to_numpy(zero_copy_only=False), np.bool_)


class Candidates:
    """For each prompt those near it, nearest first."""

    def __init__(self, prompts: Prompts, least: float, *, vetoes: bool, frames: bool = True) -> None:
        self._traits = _TraitsOf(prompts.texts) if vetoes else None
        self._frames = frames
        self._numbers = prompts.number
        group = self._traits.comparable(prompts.group) if self._traits else prompts.group
        pairs = near(prompts.vectors, group, least)
        one = np.concatenate((pairs.one, pairs.other)).astype(np.int32)
        other = np.concatenate((pairs.other, pairs.one)).astype(np.int32)
        cosine = np.tile(pairs.cosine, 2)
        order = np.lexsort((other, -cosine, one))
        one, self._other, self._cosine = one[order], other[order], cosine[order]
        self._starts = np.searchsorted(one, np.arange(len(prompts.number) + 1, dtype=np.int32))
        self._allowed = np.full(len(one), _UNJUDGED, np.int8)
        self.prompts = prompts.number[np.unique(one)]  # that have any

    def of(self, prompt: int) -> list[tuple[float, int, int]]:
        """Cosine and number of each, and a number for the pair."""
        place = int(np.searchsorted(self._numbers, prompt))
        if place == len(self._numbers) or self._numbers[place] != prompt:
            return []
        start, end = self._starts[place : place + 2].tolist()
        others = self._numbers[self._other[start:end]].tolist()
        return list(zip(self._cosine[start:end].tolist(), others, range(start, end), strict=True))

    def may_share(self, prompt: int, pair: int) -> bool:
        """Whether no veto speaks against a pair of the prompt."""
        if self._traits is None:
            return True
        if self._allowed[pair] == _UNJUDGED:
            mine, theirs = (
                self._traits[int(np.searchsorted(self._numbers, prompt))],
                self._traits[int(self._other[pair])],
            )
            self._allowed[pair] = veto(mine, theirs, frames=self._frames) is None
        return bool(self._allowed[pair])


_UNJUDGED = -1


class _TraitsOf:
    """The traits of prompts. Those of a long text take more room than the text: the last ones used are kept."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._kept: OrderedDict[int, Traits] = OrderedDict()
        self._room = _MOST_TRAITS_BYTES

    def __getitem__(self, place: int) -> Traits:
        if place in self._kept:
            self._kept.move_to_end(place)
            return self._kept[place]
        found = traits(self._texts[place])
        self._keep(place, found)
        while self._room < 0:
            self._room += self._kept.popitem(last=False)[1].size()
        return found

    def comparable(self, group: Ints) -> Ints:
        """The groups, split by what has to be equal anyway: millions of pairs of a filled-in form never come up."""
        numbers: dict[bytes, int] = {}
        found = np.empty(len(group), np.int64)
        for place, (number, text) in enumerate(zip(group.tolist(), self._texts, strict=True)):
            its = traits(text)
            if self._room > 0:
                self._keep(place, its)
            key = repr((number, sorted(its.numbers), sorted(its.dates), its.negations)).encode()
            found[place] = numbers.setdefault(blake2b(key, digest_size=16).digest(), len(numbers))
        return found

    def _keep(self, place: int, its: Traits) -> None:
        self._kept[place] = its
        self._room -= its.size()


def codes(column: pa.ChunkedArray | pa.Array) -> Ints:
    """A number for each value, UNKNOWN for null."""
    values = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    indices = values.dictionary_encode().indices
    return np.asarray(indices.fill_null(UNKNOWN).to_numpy(zero_copy_only=False), np.int64)


def together(columns: list[Ints]) -> Ints:
    """A number for each combination."""
    combined = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        combined = combined * (column.max(initial=0) + 2) + column + 1
        combined = np.unique(combined, return_inverse=True)[1]
    return combined


def recurs(numbers: Ints) -> npt.NDArray[np.bool_]:
    """Which of the numbers, none of them negative, are there more than once."""
    return np.asarray(np.bincount(numbers)[numbers] > 1)
