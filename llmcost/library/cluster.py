"""Logs read by the tasks of a cluster, into a new lake.

Each task reads its share of the files into a store of its own, and puts that next to the lake. This process merges
them and writes the lake: what comes to it are the requests, some hundred bytes each, and not the logs.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from llmcost import config
from llmcost.attribution.texts import NO_TEXTS, Texts
from llmcost.engine import access, lake
from llmcost.engine.scratch import Scratch
from llmcost.engine.spark import tasks, watch
from llmcost.errors import LlmcostError
from llmcost.ingest import shares
from llmcost.ingest.run import Account, NoLogError
from llmcost.ingest.shares import Asked, Piece
from llmcost.reports import export
from llmcost.reports.scope import Scope


@dataclass(frozen=True)
class Planned:
    """A run that has been found possible."""

    paths: Sequence[str]
    to: str
    asked: Asked
    shares: list[list[Piece]]
    skipped: dict[str, str]


def plan(
    paths: Sequence[str],
    to: str,
    form: str = "auto",
    assumed: dict[str, str] | None = None,
    texts: Texts = NO_TEXTS,
    *,
    trust_size: bool = False,
    share_bytes: int = shares.SHARE_BYTES,
) -> Planned:
    """What is to be read, shared out. Nothing is asked of a cluster before all of this is known to be possible.

    Raises LlmcostError where there is nothing to read, or something at `to` already.
    """
    to = to if "://" in to else str(Path(to).absolute())
    export.check(to)
    asked = Asked(form, dict(assumed or {}), texts, trust_size, config.whole_text())
    shares.check(asked)
    pieces, skipped = shares.find(paths)
    return Planned(paths, to, asked, shares.shared_out(pieces, share_bytes), skipped)


def ingest(spark: Any, planned: Planned, tell: watch.Tell = lambda *_: None) -> Account:
    """Reads what was planned with a session of Spark's, and writes the lake: all of it or nothing.

    Raises LlmcostError as an ingest does, and where the cluster cannot do it.
    """
    with _places(planned.to) as (beside, here):
        work = partial(_read, planned.shares, planned.asked, beside)
        found = tasks.run(spark, work, len(planned.shares))
        accounts = [Account(**one["account"]) for one in found]
        parts = _fetched([one["part"] for one in found], beside, here, tell)
        with access.writing(here / "llmcost.duckdb") as store:
            account = shares.unite(store, parts, accounts, planned.skipped)
        if account.files == 0:
            raise NoLogError(planned.paths, account)
        tell("writing the lake", 0, 0)
        with access.reading(here / "llmcost.duckdb") as store:
            export.export(store, Scope(), planned.to, lake.FORMAT)
    return account


def _read(some: list[list[Piece]], asked: Asked, beside: str, task: int, cores: int) -> dict[str, Any]:
    """What a task does. An attempt that dies leaves a file that nobody reads, and none that is not whole is named."""
    with tempfile.TemporaryDirectory(prefix="llmcost-") as folder:
        store = Path(folder) / "llmcost.duckdb"
        account = shares.read(some[task], asked, store, cores)
        files, place = lake.system(beside)
        name = f"{task}-{secrets.token_hex(8)}.duckdb"
        files.create_dir(place, recursive=True)
        with store.open("rb") as content, files.open_output_stream(f"{place}/{name}", compression=None) as stream:
            shutil.copyfileobj(content, stream, 1 << 20)
    return {"account": asdict(account), "part": name}


def _fetched(names: Sequence[str], beside: str, here: Path, tell: watch.Tell) -> Iterator[Path]:
    """The tasks' stores, one after the other; each is gone when the next is asked for."""
    from pyarrow import fs

    files, place = lake.system(beside)
    for number, name in enumerate(names):
        tell("merging", number, len(names))
        part = Path(place) / name
        if not isinstance(files, fs.LocalFileSystem):
            part = here / name
            with files.open_input_stream(f"{place}/{name}", compression=None) as stream, part.open("wb") as content:
                shutil.copyfileobj(stream, content, 1 << 20)
            files.delete_file(f"{place}/{name}")
        yield part
        part.unlink()


@contextmanager
def _places(to: str) -> Iterator[tuple[str, Path]]:
    """Where the tasks put their stores, next to the lake, and where this process merges them; gone with the block."""
    import pyarrow as pa
    from pyarrow import fs

    files, place = lake.system(to)
    if isinstance(files, fs.LocalFileSystem):
        scratch = _scratch(Path(place))
        try:
            yield str(scratch.path / "parts"), scratch.path
        finally:
            scratch.close()
        return
    beside = lake.beneath(to, f".parts-{secrets.token_hex(8)}")
    try:
        with tempfile.TemporaryDirectory(prefix="llmcost-") as folder:
            yield beside, Path(folder)
    finally:
        with suppress(pa.ArrowException, OSError):
            files.delete_dir(lake.system(beside)[1])


def _scratch(place: Path) -> Scratch:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        return Scratch(place)
    except OSError as error:
        raise LlmcostError(
            f"{place} cannot be written: {os.strerror(error.errno or 0).lower()}",
            hint="name a folder or s3://bucket/path",
        ) from None
