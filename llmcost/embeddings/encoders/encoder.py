"""What an encoder is."""

# ruff: noqa: TID253 - imported by the what-if that needs it

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np

from llmcost.embeddings.neighbours import Vectors
from llmcost.embeddings.texts import portions


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

    @property
    def remembered(self) -> "Remembered | None":
        """What it has computed; None where that is as fast as looking it up."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """A row for each text, of length one, or zero where nothing is to be said of a text.

        Raises LlmcostError where what it needs is not there.
        """


class Remembered:
    """A slow encoder's vectors: each end of a range replays the same texts, and the store keeps them for the next run.

    `identity` gives the name and a fingerprint of the weights: those of another model are other vectors.
    """

    def __init__(self, dimensions: int, identity: Callable[[], str]) -> None:
        self.dimensions = dimensions
        self.identity = cache(identity)
        self.has_new = False
        self._place: dict[str, int] = {}
        self._vectors = np.empty((0, dimensions), np.float32)

    def vectors(self, texts: Sequence[str], encode: Callable[[list[str]], Vectors]) -> Vectors:
        """A row for each text; `encode` gets those that are new, each once."""
        hashes: list[str] = []
        found: dict[str, Vectors] = {}
        for some in portions(texts):
            its = [text_hash(text) for text in some]
            new = {
                one: text for one, text in zip(its, some, strict=True) if one not in self._place and one not in found
            }
            if new:
                found |= zip(new, encode(list(new.values())), strict=True)
            hashes += its
        if found:
            self.add(list(found), np.array(list(found.values())))
            self.has_new = True
        return self._vectors[[self._place[one] for one in hashes]]

    def add(self, hashes: Sequence[str], vectors: Vectors) -> None:
        """Takes over vectors of texts, which it may have already."""
        fresh = [number for number, one in enumerate(hashes) if one not in self._place]
        self._place |= {hashes[number]: len(self._place) + place for place, number in enumerate(fresh)}
        self._vectors = np.concatenate((self._vectors, vectors[fresh]))

    def all(self) -> tuple[list[str], Vectors]:
        """Every text's hash, and its vector in the same row."""
        return list(self._place), self._vectors


def text_hash(text: str) -> str:
    """SHA-256 of the text in UTF-8, in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def fingerprint(folder: Path) -> str:
    """SHA-256 of a model's files and their names, in hex."""
    found = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        found.update(f"{file.relative_to(folder).as_posix()}\0".encode("utf-8", "surrogateescape"))
        with file.open("rb") as opened:
            found.update(hashlib.file_digest(opened, "sha256").digest())
    return found.hexdigest()
