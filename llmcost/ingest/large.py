"""Lines of many megabytes: set aside while the others are read, then handed out one at a time."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from llmcost.engine.store import Store

LARGE_BYTES = 4 << 20
"""A batch beyond this holds a line that is about as long. Reading one takes up to fifteen times its size."""


class LargeLines:
    """Batches with such lines, in files of this process next to the store; in memory where there can be no folder."""

    def __init__(self, store: Store) -> None:
        self._folder = store.folder()
        self._held: list[pa.RecordBatch | Path] = []

    def without(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The other batches, while these are set aside. From the beginning where it is asked again."""
        self._held = []
        for batch in batches:
            if batch.nbytes > LARGE_BYTES:
                self._put(batch)
            else:
                yield batch

    def take(self) -> Iterator[pa.RecordBatch]:
        """Those set aside, in their order, each gone once the next is asked for."""
        for held in self._held:
            if isinstance(held, Path):
                with pa.OSFile(str(held)) as file, pa.ipc.open_file(file) as read:
                    yield read.get_batch(0)
                held.unlink()
            else:
                yield held

    def _put(self, batch: pa.RecordBatch) -> None:
        if self._folder is None:
            self._held.append(batch)
            return
        path = self._folder / f"large-{len(self._held)}.arrow"
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, batch.schema) as written:
            written.write_batch(batch)
        self._held.append(path)
