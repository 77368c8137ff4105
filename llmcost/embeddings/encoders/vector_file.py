"""Vectors that somebody else computed: a Parquet file with a text, or its hash, and a vector a row."""

# ruff: noqa: TID253 - imported by the encoder that a user names

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from llmcost.embeddings.encoders.encoder import Encoder, text_hash
from llmcost.embeddings.neighbours import Vectors
from llmcost.errors import LlmcostError

_HINT = (
    "it needs text, or text_hash (SHA-256 of the text in UTF-8, in hex), and vector, a list of numbers, of one length"
)


def read(file: Path) -> Encoder:
    """The file as it is now. Raises LlmcostError where it holds no vectors."""
    seen = file.stat()
    return _read(file, seen.st_size, seen.st_mtime_ns)


@cache
def _read(file: Path, *_version: int) -> Encoder:
    try:
        table = pa.parquet.read_table(file)
    except (OSError, pa.ArrowException):
        raise LlmcostError(f"{file} is not a Parquet file", hint=_HINT) from None
    key = next((name for name in ("text_hash", "text") if name in table.column_names), None)
    if key is None or "vector" not in table.column_names:
        raise LlmcostError(f"{file} holds no vectors of texts", hint=_HINT)
    keys = table[key].to_pylist()
    if not keys or not all(isinstance(one, str) for one in keys):
        raise LlmcostError(f"{file}: {key} is not a text in each row", hint=_HINT)
    return _VectorFile(file, keys if key == "text_hash" else [text_hash(one) for one in keys], _matrix(file, table))


def _matrix(file: Path, table: pa.Table) -> Vectors:
    try:
        found = np.array(table["vector"].to_pylist(), np.float32)
    except (TypeError, ValueError):
        found = np.empty(0, np.float32)
    if found.ndim != 2 or not found.shape[1] or not np.isfinite(found).all():
        raise LlmcostError(f"{file}: vector is not a list of numbers, as long in each row", hint=_HINT)
    length = np.linalg.norm(found, axis=1, keepdims=True)
    np.divide(found, length, out=found, where=length > 0)
    return found


class _VectorFile:
    thresholds = None
    remembered = None

    def __init__(self, file: Path, hashes: Sequence[str], vectors: Vectors) -> None:
        self.name = file.name
        self.dimensions = vectors.shape[1]
        self._file = file
        self._vectors = vectors
        self._place = {one.lower(): place for place, one in enumerate(hashes)}

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Raises LlmcostError where a text has none: what is not compared would look like what is not alike."""
        hashes = [text_hash(text) for text in texts]
        if missing := [one for one in hashes if one not in self._place]:
            raise LlmcostError(
                f"{self._file} has no vector for {len(missing):,} of {len(texts):,} prompts, the first with the"
                f" text_hash {missing[0]}",
                hint="add them; a prompt's text is the last turn of its request",
            )
        return self._vectors[[self._place[one] for one in hashes]]
