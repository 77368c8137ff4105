"""Vectors of kept texts, in the store that keeps the texts: a slow encoder reads each text once.

A vector tells nearly as much of a text as the text, so none is kept of a text that the store does not hold (any more).
"""

# ruff: noqa: TID253 - imported by the command that asks for it

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from llmcost.embeddings.encoders import choice
from llmcost.embeddings.encoders.encoder import Remembered
from llmcost.engine import access
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError

_HELD = "(select sha256(prompt) from texts where prompt is not null)"


def lend(store: Store, encoders: Sequence[str]) -> None:
    """Gives the encoders what was kept of this store's texts. Raises what `choice.chosen` does."""
    for slow in _slow(encoders):
        found = store.arrow("select text_hash, vector from vectors where encoder = $it", {"it": slow.identity()})
        if len(found):
            vectors = found["vector"].combine_chunks().flatten().to_numpy().reshape(len(found), -1)
            slow.add(found["text_hash"].to_pylist(), vectors)


def keep(path: Path, encoders: Sequence[str]) -> None:
    """Writes what the encoders have computed of this store's texts since; nothing where the store cannot be written."""
    if not any(slow.has_new for slow in _slow(encoders)):
        return
    try:
        opened = access.writing(path)
    except LlmcostError:  # in use, or not this user's: the next replay computes them again
        return
    with opened as store, store.transaction():
        store.execute(f"delete from vectors where text_hash not in {_HELD}")
        for slow in _slow(encoders):
            with store.relation("computed", _table(slow)):
                store.execute(
                    f"insert into vectors select * from computed where text_hash in {_HELD}"
                    " and text_hash not in (select text_hash from vectors where encoder = $it)",
                    {"it": slow.identity()},
                )
            slow.has_new = False


def _slow(encoders: Sequence[str]) -> Iterator[Remembered]:
    for word in dict.fromkeys(encoders):
        if (remembered := choice.chosen(word).remembered) is not None:
            yield remembered


def _table(slow: Remembered) -> pa.Table:
    hashes, vectors = slow.all()
    offsets = np.arange(len(hashes) + 1, dtype=np.int32) * slow.dimensions
    return pa.table({
        "encoder": [slow.identity()] * len(hashes),
        "text_hash": hashes,
        "vector": pa.ListArray.from_arrays(offsets, vectors.ravel()),
    })  # fmt: skip
