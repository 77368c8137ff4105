"""Priced requests as files, a folder for each day, with a manifest: complete or absent.

A local folder takes its name when everything in it is written. Elsewhere, where no folder can be renamed at once, the
manifest is written last: what lacks one is not an export.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from os import getpid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost import __version__
from llmcost.engine import registry
from llmcost.engine.compose import compose
from llmcost.engine.relations import priced
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError, UsageError, did_you_mean
from llmcost.prices import update
from llmcost.render import text
from llmcost.reports.scope import Row, Scope

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = ("parquet", "csv", "focus")
MANIFEST = "manifest.json"
LAYOUT = 1
"""The number of this arrangement of files; a reader of another one has to be told."""
FOCUS = "1.2"
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
    if form not in FORMATS:
        raise UsageError(f"there is no export format {form}", hint=did_you_mean(form, list(FORMATS)))
    files, place = _place(to)
    store.bound_memory()
    query = registry.find("spend", "focus") if form == "focus" else registry.find("views", "priced")
    store.keep("exported", compose(priced(*covered.steps()), query.body), covered.parameters())
    day = '"ChargePeriodStart"[:10]' if form == "focus" else "day::varchar"
    days = store.rows(f"select {day} as day, count(*) as row_count from exported group by all order by all")
    with _whole(files, place) as folder:
        written = []
        for row in days:
            found = store.arrow(f"from exported where {day} is not distinct from $day", {"day": row["day"]})
            name = f"day={row['day'] or _NO_DAY}/part-0.{'parquet' if form == 'parquet' else 'csv'}"
            content = _content(found, form)
            _write(files, f"{folder}/{name}", content)
            digest = sha256(content).hexdigest()
            written.append({"path": name, "rows": row["row_count"], "bytes": len(content), "sha256": digest})
        manifest = _manifest(store, covered, form, written)
        _write(files, f"{folder}/{MANIFEST}", json.dumps(manifest, indent=2).encode())
    return Exported(to, manifest)


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
        files, place = fs.FileSystem.from_uri(to) if "://" in to else (fs.LocalFileSystem(), str(Path(to).absolute()))
        found = files.get_file_info(place)
        taken = found.type != fs.FileType.NotFound and (
            found.is_file or bool(files.get_file_info(fs.FileSelector(place, recursive=False)))
        )
    except (pa.ArrowException, OSError, ValueError) as error:
        raise LlmcostError(
            f"{to} cannot be written to: {_line(error)}", hint="name a folder or s3://bucket/path"
        ) from None
    if taken:
        raise LlmcostError(f"{to} is not empty", hint="name a new folder: an export replaces nothing")
    return files, place.rstrip("/")


@contextmanager
def _whole(files: Any, place: str) -> Iterator[str]:
    """The folder to write to, which has its name once the block is done, and is gone where the block fails."""
    import pyarrow as pa
    from pyarrow import fs

    local = isinstance(files, fs.LocalFileSystem)
    folder = f"{place}.partial-{getpid()}" if local else place
    try:
        files.create_dir(folder, recursive=True)
        yield folder
        if local:
            with suppress(OSError):
                Path(place).rmdir()  # an empty one that was there
            Path(folder).rename(place)
    except BaseException as error:
        with suppress(Exception):
            files.delete_dir(folder)
        if isinstance(error, pa.ArrowException | OSError):
            raise LlmcostError(f"{place} cannot be written: {_line(error)}", hint="nothing of it was kept") from None
        raise


def _content(found: "pa.Table", form: str) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    if form == "parquet":
        sink = pa.BufferOutputStream()
        parquet.write_table(found, sink, compression="zstd")
        return bytes(sink.getvalue())
    rows = [{name: _cell(value) for name, value in row.items()} for row in found.to_pylist()]
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


def _line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]
