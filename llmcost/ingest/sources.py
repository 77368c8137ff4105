"""Which files an ingest reads, and what of them the store has not seen yet."""

import atexit
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Any

from llmcost.engine.store import Store
from llmcost.errors import LlmcostError
from llmcost.ingest import lines

_EDGE_BYTES = 4096
_NO_LOGS = ("__pycache__", "node_modules", "venv")
"""Folders that are large and never hold logs."""


@dataclass(frozen=True)
class File:
    """One file to look at; `named` when the user named it rather than a folder above it."""

    path: str
    named: bool


def find(paths: Iterable[str]) -> list[File]:
    """The files under these paths, folders and globs, each once, in a stable order.

    Hidden files and folders inside a folder are passed over. Raises LlmcostError for a path that does not exist.
    """
    found: dict[str, File] = {}
    for path in paths:
        if path == "-":
            found.setdefault("-", File("-", named=True))
            continue
        for file in _under(path):
            found.setdefault(os.path.realpath(file.path), file)
    return list(found.values())


def _under(path: str) -> list[File]:
    if Path(path).is_dir():
        inside = sorted(_walk(path))
        if not inside:
            raise LlmcostError(f"no files in {path}", hint="give the folder that holds the logs")
        return [File(file, named=False) for file in inside]
    if Path(path).exists():
        return [File(path, named=True)]
    matches = sorted(glob(path, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
    if not matches:
        raise LlmcostError(f"there is no file or folder {path}", hint="check the path; a glob must match something")
    return [file for match in matches for file in _under(match)]


def _walk(folder: str) -> Iterable[str]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _NO_LOGS)
        yield from (str(Path(place, name)) for name in files if not name.startswith("."))


def seen(store: Store, format_asked: str, keep_text: bool) -> dict[str, dict[str, Any]]:
    """What the store has read, by path, when it was read as this format and, if asked for, its texts were kept."""
    rows = store.rows(
        "select * from sources where machine is null and format_asked = $asked and (keeps_text or not $keep_text)"
        " order by keeps_text",
        {"asked": format_asked, "keep_text": keep_text},
    )
    return {row["path"]: row for row in rows}


def resume(file: File, before: dict[str, dict[str, Any]]) -> lines.Source | None:
    """Where to start reading the file; None when the store has all of it.

    A file that has only grown is read from its last whole line on. One that has changed in another way is read
    anew, which adds nothing twice: a call keeps its id.
    """
    if file.path == "-":
        return lines.Source("-", _spooled())
    path = os.path.realpath(file.path)
    if path not in before:
        return lines.Source(file.path, file.path)
    last = before[path]
    source = lines.Source(file.path, file.path, source_id=last["source_id"])
    size = source.size()
    if size < last["bytes"] or fingerprint(path, last["bytes"]) != last["fingerprint"]:
        return source
    if size == last["bytes"]:
        return None if _modified(path) == last["modified_ns"] else source
    if last["whole_document"] or lines.is_compressed(path):
        return source
    source.start_byte, source.start_line = last["end_byte"], last["lines"]
    return source


def record(source: lines.Source, format_asked: str, *, size: int, document: bool) -> dict[str, Any]:
    """The row of `sources` that says how far a source has been read, and from which line on it was.

    `size` is the file's size when reading began.
    """
    path = os.path.realpath(source.file)
    return {
        "source_id": source.source_id,
        "path": source.path if source.path == "-" else path,
        "bytes": size,
        "start_line": source.start_line,
        "end_byte": source.end_byte,
        "lines": source.lines - source.tail_lines,
        "whole_document": document,
        "modified_ns": _modified(path),
        "fingerprint": fingerprint(path, size),
        "format_asked": format_asked,
    }


def fingerprint(path: str, size: int) -> str:
    """A hash of the first and the last bytes of the file's first `size` bytes."""
    digest = hashlib.md5(usedforsecurity=False)
    with open(path, "rb") as file:
        digest.update(file.read(min(size, _EDGE_BYTES)))
        file.seek(max(size - _EDGE_BYTES, 0))
        digest.update(file.read(min(size, _EDGE_BYTES)))
    return digest.hexdigest()


def readable(file: File) -> bool:
    """Whether the file can be opened; raises for one that the user named."""
    if file.path == "-" or os.access(file.path, os.R_OK):
        return True
    if file.named:
        raise LlmcostError(f"{file.path} cannot be read: no permission", hint="check the file's owner and mode")
    return False


def _spooled() -> str:
    """Standard input in a temporary file, so that it can be looked at before it is read."""
    with tempfile.NamedTemporaryFile(prefix="llmcost-", delete=False) as spool:
        atexit.register(os.unlink, spool.name)
        shutil.copyfileobj(sys.stdin.buffer, spool)
    return spool.name


def _modified(path: str) -> int:
    return Path(path).stat().st_mtime_ns
