"""A lake: a store as Parquet files, in a local folder or under any address of `pyarrow.fs`, that engines read in place.

`requests/` has the requests in folders for each day, with every column of `queries/schema.sql`; `tables/` one file for
each other table that a question reads. The manifest is written last: it names every file and the schema. What a lake
holds does not change: it is written once, by `llmcost export --format lake` or `llmcost ingest --engine spark`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from llmcost.engine import layout, literals, migrations, opening
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError
from llmcost.parsing import json_value

Kind = TypeVar("Kind", bound=Store)
FORMAT = "lake"
MANIFEST = "manifest.json"
LAYOUT = 1
"""The number of this arrangement of files; a reader of another one has to be told."""
TABLES = (
    "llmcost_meta", "prices", "models", "sources", "skipped", "ledger", "rejects", "ruled", "texts", "scenarios",
)  # fmt: skip
"""The tables besides `requests` that a question about the requests reads."""
OF_REQUESTS = ("ruled", "texts")
"""Those of them with rows that belong to a request: a lake of some requests has theirs alone."""
ROWS = 2048
"""Of a table that may be larger than memory, at once."""
_PATH = re.compile(r"(requests/day=[0-9A-Za-z_-]+/part-\d+|tables/[a-z_]+)\.parquet")
_HINT = "write one with: llmcost export --format lake --to DIR"


@dataclass(frozen=True)
class Lake:
    """A lake whose manifest was read and whose files are all there."""

    address: str
    files: Any  # a pyarrow.fs.FileSystem
    place: str  # where it is in there
    manifest: Mapping[str, Any]

    @property
    def folder(self) -> Path | None:
        """Where it is, if that is on this machine."""
        from pyarrow import fs

        return Path(self.place) if isinstance(self.files, fs.LocalFileSystem) else None

    @property
    def requests(self) -> list[str]:
        """The paths of the files with requests, in that file system."""
        return [f"{self.place}/{one['path']}" for one in self.manifest["files"]]

    @contextmanager
    def table(self, name: str) -> Iterator[Any]:
        """One of TABLES, as a stream of Arrow batches: texts may be larger than memory."""
        import pyarrow as pa
        from pyarrow import parquet

        with parquet.ParquetFile(f"{self.place}/tables/{name}.parquet", filesystem=self.files) as file:
            yield pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches(ROWS))


def find(address: str) -> Lake:
    """The lake at an address. Raises LlmcostError where there is none, none for this version, or it is not whole."""
    import pyarrow as pa
    from pyarrow import fs

    try:
        files, place = system(address)
        place = place.rstrip("/")
        found = {one.path: one.size for one in files.get_file_info(fs.FileSelector(place, recursive=True))}
        if f"{place}/{MANIFEST}" not in found:
            raise LlmcostError(f"{address} is not a lake: it has no {MANIFEST}", hint=_HINT)
        with files.open_input_stream(f"{place}/{MANIFEST}") as stream:
            manifest = json_value(stream.read())
    except (pa.ArrowException, OSError, ValueError) as error:
        raise LlmcostError(f"the lake {address} cannot be read: {first_line(error)}", hint=_HINT) from None
    _check(address, manifest)
    for one in (*manifest["files"], *manifest["tables"]):
        if not _PATH.fullmatch(one["path"]):
            raise LlmcostError(f"{address} is not a lake: its manifest names {one['path']}", hint=_HINT)
        if found.get(f"{place}/{one['path']}") != one["bytes"]:
            raise LlmcostError(
                f"the lake {address} is not whole: {one['path']} is missing or has another size", hint=_HINT
            )
    return Lake(address, files, place, manifest)


def reading(lake: Lake) -> Store:
    """A store whose requests are those of the lake, read where they are, and whose other tables are copies.

    Its tables may be changed: that changes nothing in the lake.
    """
    store = tables(lake, Store)
    if not lake.manifest["files"]:
        return store
    columns = ", ".join(row["column_name"] for row in store.rows("describe requests"))
    store.execute("drop table requests")
    if lake.folder:
        paths = literals.written(lake.requests)
        found = f"read_parquet({paths}, hive_partitioning = false)"
    else:
        from pyarrow import dataset

        store.lend("lake_requests", dataset.dataset(lake.requests, filesystem=lake.files, format="parquet"))
        found = "lake_requests"
    temporary = "" if lake.folder else "temp "  # a view that is kept may not read what is lent
    store.execute(f"create {temporary}view requests as select {columns} from {found}")
    return store


def tables(lake: Lake, kind: Callable[[opening.Opened, Path, str], Kind]) -> Kind:
    """A store of some kind with the tables of the lake, and without its requests."""
    store = kind(opening.of_lake(lake.folder), lake.folder or Path(lake.address), lake.address)
    try:
        layout.create(store)
        for name in (one["path"].removeprefix("tables/").removesuffix(".parquet") for one in lake.manifest["tables"]):
            if name not in TABLES:
                raise LlmcostError(f"{lake.address} is not a lake: it holds a table {name}", hint=_HINT)
            store.execute(f"delete from {name}")
            with lake.table(name) as table, store.relation("stored", table):
                store.execute(f"insert into {name} by name from stored")
    except BaseException:
        store.close()
        raise
    return store


def system(address: str) -> tuple[Any, str]:
    """The file system of an address, and the path there. Raises what `pyarrow` does for one that it does not know."""
    from pyarrow import fs

    return (
        fs.FileSystem.from_uri(address) if "://" in address else (fs.LocalFileSystem(), str(Path(address).absolute()))
    )


def beneath(address: str, path: str) -> str:
    """The address of what lies at a path from another; the settings at its end, behind a question mark, stay there."""
    base, mark, settings = address.partition("?") if "://" in address else (address, "", "")
    return f"{base.rstrip('/')}{path}{mark}{settings}"


def first_line(error: BaseException) -> str:
    """What is wrong, as one line."""
    return str(error).strip().partition("\n")[0]


def _check(address: str, manifest: Any) -> None:
    """Raises LlmcostError where the manifest is not that of a lake which this version reads."""
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        form = manifest.get("format") if isinstance(manifest, dict) else None
        raise LlmcostError(f"{address} is not a lake but an export in the format {form}", hint=_HINT)
    known = {"layout": LAYOUT, "schema": migrations.newest()}
    for name, here in known.items():
        if manifest.get(name) != here:
            raise LlmcostError(
                f"the lake {address} was written by llmcost {manifest.get('llmcost')}"
                f" ({name} {manifest.get(name)}, here {here})",
                hint="export it again with this version, or read it with that one",
            )
    listed: Sequence[Any] = [manifest.get("files"), manifest.get("tables")]
    if not all(isinstance(one, list) and all(isinstance(it, dict) and {"path", "bytes"} <= it.keys() for it in one)
               for one in listed):  # fmt: skip
        raise LlmcostError(f"{address} is not a lake: its manifest lists no files", hint=_HINT)
