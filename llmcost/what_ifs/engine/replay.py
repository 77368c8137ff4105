"""Kernels run over the traffic: whole partitions at a time, so that a large log fits into memory."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from llmcost.engine import registry
from llmcost.engine.store import Store
from llmcost.reports.scope import Row
from llmcost.what_ifs.inputs import side_tables
from llmcost.what_ifs.kernels.kernel import Kernel, Replayed, Stream, ordered, selected

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 1_000_000
"""About how many requests a kernel gets at a time, where it replays partitions apart from one another."""
ROWS_OF_A_STREAM = 100_000
"""How many it gets at a time where it reads them as a stream."""
_ROWS_WITH_TEXTS = 2048
"""How many of them with texts, each of which may be long."""


def kernel_of(query: registry.Query) -> Kernel[Any] | None:
    """What decides on the requests before the query changes them, if its header names it."""
    if not (name := query.field("kernel")):
        return None
    kernel: Kernel[Any] = import_module(f"llmcost.what_ifs.kernels.{name}").KERNEL
    return kernel


def replay(
    store: Store, kernel: Kernel[Any], query: registry.Query, values: Mapping[str, registry.Value], before: str
) -> tuple["pa.Table", Row]:
    """The kernel's decisions on the relation `before`, and what it says of the whole.

    Raises LlmcostError when it cannot project this traffic.
    """
    import pyarrow as pa

    if "prompt_text" in kernel.columns:
        before = f"(select s.*, texts.prompt as prompt_text from {before} as s left join texts using (request_id))"
    traffic = f"from {before} where {kernel.rows}"
    chosen = registry.used(kernel.rows, values)
    given = {p.name: side_tables.as_given(p, values[p.name]) for p in query.parameters if p.name not in chosen}
    for name, measure in kernel.measured.items():
        if given[name] is None:
            given[name] = store.value(f"select {measure} {traffic}", values)
    parts = _parts(store, kernel, given, f"select {selected(kernel)} {traffic} order by {ordered(kernel)}", values)
    pa.default_memory_pool().release_unused()
    return pa.concat_tables([part.decisions for part in parts]), kernel.summary([part.found for part in parts])


def _parts(
    store: Store,
    kernel: Kernel[Any],
    given: Mapping[str, Any],
    ready: str,
    values: Mapping[str, registry.Value],
) -> list[Replayed[Any]]:
    """The replays of the rows that a query gives: of a share after another, of a stream of them, or of all of them."""
    if kernel.is_apart(given):
        with store.batches(ready, ROWS_AT_ONCE, values) as batches:
            return [kernel.replay(share, **given) for share in _shares(batches, kernel.partition)]
    if kernel.is_streamed:
        rows = _ROWS_WITH_TEXTS if "prompt_text" in kernel.columns else ROWS_OF_A_STREAM
        with store.batches(ready, rows, values) as batches:
            return [kernel.replay(_stream(store, batches), **given)]
    requests = store.arrow(ready, values)
    store.make_room()
    return [kernel.replay(requests, **given)]


def _stream(store: Store, batches: "pa.RecordBatchReader") -> Stream:
    """The traffic, after which the engine's tables leave memory."""
    import pyarrow as pa

    def read() -> "Iterator[pa.RecordBatch]":
        yield from batches
        store.make_room()

    return Stream(pa.RecordBatchReader.from_batches(batches.schema, read()), store.folder())


def _shares(batches: "pa.RecordBatchReader", partition: Sequence[str]) -> "Iterator[pa.Table]":
    """The traffic, sorted by partition, in shares of whole partitions, so that a large log fits into memory."""
    import pyarrow as pa

    held = batches.schema.empty_table()
    for batch in batches:
        held = pa.concat_tables([held, pa.Table.from_batches([batch])])
        if held.num_rows >= ROWS_AT_ONCE and (cut := held.num_rows - _last(held, partition)):
            yield held[:cut]
            held = held[cut:]
    yield held


def _last(held: "pa.Table", partition: Sequence[str]) -> int:
    """How many rows the table's last partition has."""
    import pyarrow.compute as pc

    end = held.num_rows - 1
    same: Any = True
    for name in partition:
        value = held[name][end]
        is_same = pc.equal(held[name], value).fill_null(False) if value.is_valid else held[name].is_null()
        same = pc.and_(is_same, same)
    return int(pc.sum(same).as_py())
