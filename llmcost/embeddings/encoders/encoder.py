"""What an encoder is."""

# ruff: noqa: TID253 - imported by the what-if that needs it

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from llmcost.embeddings.neighbours import Vectors


@dataclass(frozen=True)
class Thresholds:
    """The least cosines at which about 10% (strict), 20% (usual) and 25% (loose) of hits are wrong.

    That is the part of the hits on judged pairs of questions: benchmarks/encoder_thresholds.py.
    """

    strict: float
    usual: float
    loose: float


class Encoder(Protocol):
    """Gives texts with about the same meaning vectors that lie near each other."""

    @property
    def name(self) -> str:
        """As in queries/facts/judged_hits.toml."""

    @property
    def dimensions(self) -> int:
        """Numbers in each vector."""

    @property
    def thresholds(self) -> Thresholds | None:
        """None where nobody has measured it: then the user says how near is near enough."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """A row for each text, of length one, or zero where nothing is to be said of a text.

        Raises LlmcostError where what it needs is not there.
        """


class Remembered:
    """A slow encoder's vectors, for as long as the process runs: each end of a range replays the same texts.

    They are not written down: a vector tells nearly as much of a text as the text.
    """

    def __init__(self, dimensions: int) -> None:
        self._place: dict[str, int] = {}
        self._vectors = np.empty((0, dimensions), np.float32)

    def vectors(self, texts: Sequence[str], encode: Callable[[list[str]], Vectors]) -> Vectors:
        """A row for each text; `encode` gets those that are new, each once."""
        new = list(dict.fromkeys(text for text in texts if text not in self._place))
        if new:
            self._vectors = np.concatenate((self._vectors, encode(new)))
            self._place.update(zip(new, range(len(self._place), len(self._place) + len(new)), strict=True))
        return self._vectors[[self._place[text] for text in texts]]
