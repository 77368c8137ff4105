"""Priced requests as files, a folder for each day, with a manifest: complete or absent.

The format `lake` has requests as the store keeps them and the tables that price them, for llmcost itself to read.

A local folder takes its name when everything in it is written; what a killed export leaves is removed by the next one.
Elsewhere, where no folder can be renamed at once, the manifest is written last: what lacks one is not an export.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost import __version__
from llmcost.engine import lake, migrations, registry
from llmcost.engine.compose import compose
from llmcost.engine.relations import priced
from llmcost.engine.scratch import Scratch, sweep
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError, UsageError, did_you_mean
from llmcost.prices import update
from llmcost.render import text
from llmcost.reports.scope import Row, Scope

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = ("parquet", "csv", "focus", lake.FORMAT)
MANIFEST = lake.MANIFEST
LAYOUT = lake.LAYOUT
FOCUS = "1.2"
PART_ROWS = 100_000
"""About as many requests are in one file at most: what is in memory at once, and what readers can share out."""
_PART_BYTES = 16 << 20
"""What of a table with texts is in memory at once."""
_SLICE = 1000  # requests as Python's objects at once
_NO_DAY = "__HIVE_DEFAULT_PARTITION__"
"""The day of requests without a time, as readers of partitioned folders know it."""


@dataclass(frozen=True)
class Exported:
    """What was written: the manifest, and where it is."""

    address: str
    manifest: Row


def export(store: Store, covered: Scope, to: str, form: str = "parquet") -> Exported:
    """Writes the covered requests under an address of `pyarrow.fs`, such as a folder or s3://bucket/path.

    Raises UsageError for another format, LlmcostError where there is something already or nothing can be written.
    """
    import pyarrow as pa

    if form not in FORMATS:
        raise UsageError(f"there is no export format {form}", hint=did_you_mean(form, list(FORMATS)))
    files, place = _place(to)
    store.keep("exported", _exported(covered, form), covered.parameters())
    day = {"focus": '"ChargePeriodStart"[:10]', lake.FORMAT: "ts::date::varchar"}.get(form, "day::varchar")
    days = store.rows(f"select {day} as day from exported group by all order by all")
    under, ending = ("requests/" if form == lake.FORMAT else ""), "csv" if form in ("csv", "focus") else "parquet"
    with _whole(files, place) as folder:

        def write(name: str, found: "pa.Table") -> Row:
            content = _content(found, ending)
            _write(files, f"{folder}/{name}", content)
            digest = sha256(content).hexdigest()
            return {"path": name, "rows": found.num_rows, "bytes": len(content), "sha256": digest}

        written = []
        for row in days:
            chosen = f"from exported where {day} is not distinct from $day"
            for number, batch in enumerate(store.batches(chosen, PART_ROWS, row)):
                name = f"{under}day={row['day'] or _NO_DAY}/part-{number}.{ending}"
                written.append(write(name, pa.Table.from_batches([batch])))
        manifest = _manifest(store, covered, form, written)
        if form == lake.FORMAT:
            manifest["schema"] = migrations.newest()
            manifest["tables"] = [_written(store, name, files, folder) for name in lake.TABLES]
        _write(files, f"{folder}/{MANIFEST}", json.dumps(manifest, indent=2).encode())
    return Exported(to, manifest)


def check(to: str) -> None:
    """Raises LlmcostError where there is something already, or nothing can be written."""
    _place(to)


def _exported(covered: Scope, form: str) -> str:
    """SQL: what is written of the covered requests."""
    if form == lake.FORMAT:
        return compose(covered.steps(), "select * from requests order by ts, request_id")
    query = registry.find("spend", "focus") if form == "focus" else registry.find("views", "priced")
    return compose(priced(*covered.steps()), query.body)


def _written(store: Store, name: str, files: Any, folder: str) -> Row:
    """Writes one of the tables of a lake; of those whose rows belong to requests, those of the requests in it.

    A table of texts may be larger than memory: it is written as it is read.
    """
    from pyarrow import PythonFile, parquet

    within = " where request_id in (select request_id from exported)" if name in lake.OF_REQUESTS else ""
    path, rows = f"tables/{name}.parquet", 0
    files.create_dir(f"{folder}/tables", recursive=True)
    with (
        files.open_output_stream(f"{folder}/{path}") as stream,
        store.batches(f"from {name}{within}", lake.ROWS) as batches,
    ):
        counted = _Counted(stream)
        with parquet.ParquetWriter(PythonFile(counted, "w"), batches.schema, compression="zstd") as writer:
            for some in _packed(batches):
                writer.write_table(some)
                rows += some.num_rows
    return {"path": path, "rows": rows, "bytes": counted.bytes, "sha256": counted.digest.hexdigest()}


class _Counted:
    """A stream that knows what went through it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.bytes = 0
        self.digest = sha256()
        self.closed = False

    def write(self, content: bytes) -> int:
        self._stream.write(content)
        self.digest.update(content)
        self.bytes += len(content)
        return len(content)

    def flush(self) -> None:
        self._stream.flush()

    def close(self) -> None:
        self.closed = True


def _packed(batches: "pa.RecordBatchReader") -> "Iterator[pa.Table]":
    """The rows in tables of about the bytes or the rows that are in memory at once."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        held.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= PART_ROWS or size >= _PART_BYTES:
            yield pa.Table.from_batches(held)
            held, rows, size = [], 0, 0
    if held:
        yield pa.Table.from_batches(held)


def _manifest(store: Store, covered: Scope, form: str, written: list[Row]) -> Row:
    sql = (
        "select coalesce(sum(calls), 0)::bigint as requests, unpriced_calls(priced) as unpriced_requests,"
        " coalesce(sum(case when ts is null then calls end), 0)::bigint as timeless_requests,"
        " coalesce(exact_sum(cost_usd), 0) as cost_usd from priced"
    )
    [counted] = store.rows(compose(priced(*covered.steps()), sql), covered.parameters())
    columns = store.rows("select column_name as name, column_type as type from (describe from exported)")
    made: Row = {
        "llmcost": __version__,
        "layout": LAYOUT,
        "format": form,
        "prices_as_of": str(update.as_of(store)),
        "timezone": "UTC",
        "since": str(covered.since) if covered.since else None,
        "until": str(covered.until) if covered.until else None,
        "filters": {kind: list(words) for kind, words in covered.filters.given.items()},
        **counted,
        "rows": sum(one["rows"] for one in written),
        "columns": columns,
        "files": written,
    }
    if form == "focus":
        made["focus"] = FOCUS
        made["notes"] = [
            "costs are list prices; requests without a price or a time are left out",
            "BillingAccountId is the hash of the account in the log, else unknown",
        ]
    return made


def _place(to: str) -> tuple[Any, str]:
    """The file system of an address and the path there."""
    import pyarrow as pa
    from pyarrow import fs

    try:
        files, place = lake.system(to)
        if isinstance(files, fs.LocalFileSystem):
            sweep(Path(place))
        found = files.get_file_info(place)
        taken = found.type != fs.FileType.NotFound and (
            found.is_file or bool(files.get_file_info(fs.FileSelector(place, recursive=False)))
        )
    except (pa.ArrowException, OSError, ValueError) as error:
        raise LlmcostError(
            f"{to} cannot be written to: {lake.first_line(error)}", hint="name a folder or s3://bucket/path"
        ) from None
    if taken:
        raise LlmcostError(f"{to} is not empty", hint="name a new folder: an export replaces nothing")
    return files, place.rstrip("/")


@contextmanager
def _whole(files: Any, place: str) -> Iterator[str]:
    """The folder to write to, which has its name once the block is done, and is gone where the block fails."""
    import pyarrow as pa
    from pyarrow import fs

    scratch, folder = None, place
    try:
        if isinstance(files, fs.LocalFileSystem):
            Path(place).parent.mkdir(parents=True, exist_ok=True)
            scratch = Scratch(Path(place))
            folder = str(scratch.path / "export")
        files.create_dir(folder, recursive=True)
        yield folder
        if scratch:
            with suppress(OSError):
                Path(place).rmdir()  # an empty one that was there
            Path(folder).rename(place)
    except BaseException as error:
        if not scratch:
            with suppress(Exception):
                files.delete_dir(folder)
        if isinstance(error, pa.ArrowException | OSError):
            raise LlmcostError(
                f"{place} cannot be written: {lake.first_line(error)}", hint="nothing of it was kept"
            ) from None
        raise
    finally:
        if scratch:
            scratch.close()


def _content(found: "pa.Table", ending: str) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    if ending == "parquet":
        sink = pa.BufferOutputStream()
        parquet.write_table(found, sink, compression="zstd")
        return bytes(sink.getvalue())
    some = (found.slice(first, _SLICE) for first in range(0, found.num_rows, _SLICE))
    rows = ({name: _cell(value) for name, value in row.items()} for part in some for row in part.to_pylist())
    return text.as_csv(rows, found.column_names).encode()


def _cell(value: Any) -> Any:
    """A value in CSV: a map as JSON, a time in ISO 8601."""
    if isinstance(value, list):
        return json.dumps(dict(value), ensure_ascii=False)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _write(files: Any, path: str, content: bytes) -> None:
    files.create_dir(path.rpartition("/")[0], recursive=True)
    with files.open_output_stream(path) as stream:
        stream.write(content)
