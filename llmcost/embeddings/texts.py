"""The texts of some traffic, on disk: together they may be far larger than memory, and few are needed at a time."""

# ruff: noqa: TID253 - imported by the what-if that needs it

from array import array
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryFile
from typing import overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]

_CHARACTERS_AT_ONCE = 1 << 21
"""What a tokenizer keeps of a text is up to fifty times as large."""
_DIGEST_BYTES = 16


class Texts:
    """Texts, each known by a number; equal ones by one number, the first."""

    def __init__(self, folder: Path | None = None) -> None:
        """The file has no name, so that nothing is left of it. Without a folder it is among the temporary ones."""
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115 - it is closed with this object
        self._ends = array("q", [0])
        self._digests = bytearray()

    def add(self, texts: pa.ChunkedArray) -> Ints:
        """Takes in texts. The place of each, negative where it is null."""
        found = texts.combine_chunks().dictionary_encode()
        places = np.arange(len(found.dictionary)) + len(self._ends) - 1
        for text in found.dictionary:
            written = text.as_py().encode("utf-8", "surrogatepass")
            self._file.write(written)
            self._ends.append(self._ends[-1] + len(written))
            self._digests += blake2b(written, digest_size=_DIGEST_BYTES).digest()
        indices = np.asarray(found.indices.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)
        return np.where(indices < 0, -1, np.append(places, -1)[indices])

    def numbers(self, places: Ints) -> pa.Array:
        """The number of the text at each place; null for a negative one."""
        digests = np.frombuffer(bytes(self._digests), np.dtype((np.void, _DIGEST_BYTES)))
        _, first, same = np.unique(digests, return_index=True, return_inverse=True)
        return pa.array(np.append(first[same], 0)[places], pa.int64(), mask=places < 0)

    def __getitem__(self, number: int) -> str:
        start, end = self._ends[number], self._ends[number + 1]
        self._file.seek(start)
        return self._file.read(end - start).decode("utf-8", "surrogatepass")


class Some(Sequence[str]):
    """Some of the texts, read when they are asked for."""

    def __init__(self, texts: Texts, numbers: Ints) -> None:
        self._texts = texts
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [self._texts[number] for number in self._numbers[place].tolist()]
        return self._texts[int(self._numbers[place])]


def portions(texts: Sequence[str]) -> Iterator[list[str]]:
    """The texts, as many at a time as a tokenizer should get."""
    held: list[str] = []
    size = 0
    for text in texts:
        held.append(text)
        size += len(text)
        if size >= _CHARACTERS_AT_ONCE:
            yield held
            held, size = [], 0
    if held:
        yield held
