"""The distinct prompts of some traffic, and which of them may answer for one another."""

# ruff: noqa: TID253 - imported by the what-if that needs it

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from llmcost.embeddings.encoders.encoder import Encoder
from llmcost.embeddings.neighbours import Vectors, near
from llmcost.embeddings.traits import Traits, traits, veto

Ints = npt.NDArray[np.int64]

UNKNOWN = -1

HISTORY = "prefix[least(greatest(len(prefix) - 1, coalesce(system_blocks, 0)), len(prefix))].hash as history"
"""SQL: a hash of all that came before the last turn: of the prompt's blocks all but the last, the system's at least."""


@dataclass(frozen=True)
class Prompts:
    """Those that share their group with another one, by the number that each has among all."""

    number: Ints  # ascending
    group: Ints  # only prompts of one group may share an answer
    vectors: Vectors
    traits: list[Traits]


def distinct(requests: pa.Table, row: Ints, user: Ints, encoder: Encoder) -> tuple[Ints, Prompts]:
    """For each of the rows the number of its prompt, UNKNOWN where the log does not hold it; and the prompts that could
    be compared with another one. They are numbered from 0, in the order in which they were first asked.

    A prompt is the last turn; it is another one after another model, feature, user or history.
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
    texts = requests["prompt_text"].take(pa.array(row[examples[others]])).to_pylist()
    return prompt, Prompts(others, group[examples[others]], encoder.vectors(texts), [traits(text) for text in texts])


def readable(requests: pa.Table) -> npt.NDArray[np.bool_]:
    """Which requests' prompts are known."""
    return np.asarray(requests["prompt_text"].is_valid().to_numpy(zero_copy_only=False), np.bool_)


class Candidates:
    """For each prompt those near it, nearest first."""

    def __init__(self, prompts: Prompts, least: float, *, vetoes: bool, frames: bool = True) -> None:
        self._traits = dict(zip(prompts.number.tolist(), prompts.traits, strict=True)) if vetoes else None
        self._frames = frames
        self._near: dict[int, list[tuple[float, int]]] = defaultdict(list)
        pairs = near(prompts.vectors, _comparable(prompts) if vetoes else prompts.group, least)
        numbers = (prompts.number[pairs.one].tolist(), prompts.number[pairs.other].tolist())
        for one, other, cosine in zip(*numbers, pairs.cosine.tolist(), strict=True):
            self._near[one].append((-cosine, other))
            self._near[other].append((-cosine, one))
        self.prompts = np.array(sorted(self._near), np.int64)  # that have any
        self._judged: dict[int, list[tuple[float, int, bool]]] = {}

    def of(self, prompt: int) -> list[tuple[float, int, bool]]:
        """Cosine and number of each, and whether it may share an answer."""
        if prompt not in self._judged:
            if not (found := sorted(self._near.pop(prompt, ()))):
                return []
            self._judged[prompt] = [(-cosine, other, self._allowed(prompt, other)) for cosine, other in found]
        return self._judged[prompt]

    def _allowed(self, prompt: int, other: int) -> bool:
        return self._traits is None or veto(self._traits[prompt], self._traits[other], frames=self._frames) is None


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


def _comparable(prompts: Prompts) -> Ints:
    """The groups, split by what has to be equal anyway: millions of pairs of a filled-in form never come up."""
    numbers: dict[object, int] = {}
    keys = ((g, t.numbers, t.dates, t.negations) for g, t in zip(prompts.group.tolist(), prompts.traits, strict=True))
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)
