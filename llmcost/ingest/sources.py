"""Which files an ingest reads, and what of them the store has not seen yet."""

import atexit
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path, PurePath
from typing import Any

from llmcost import config
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError
from llmcost.ingest import lines, stamps, streams

_NO_LOGS = frozenset(
    "__pycache__ node_modules site-packages venv .venv .git .hg .svn .tox .mypy_cache .pytest_cache .ruff_cache"
    " .hypothesis".split()
)
"""Folders that are large and never hold logs."""

_CODE = frozenset(
    ".py .pyc .pyi .js .mjs .ts .tsx .jsx .go .rs .java .kt .rb .php .c .h .cc .cpp .cs .swift .sh".split()
)
"""Ends of the names of programs, which are not looked at in a folder; the user may name one."""

_MACHINE_NAME = "utf-8"

UNCLAIMED = "*"
"""Represents the mappings that were there when a source with lines that no format claims was read."""


@dataclass(frozen=True)
class File:
    """One file to look at; `named` when the user named it rather than a folder or a pattern."""

    path: str
    named: bool
    is_stream: bool = False  # standard input or a pipe: read once, to its end
    real: str = ""  # the path without links, where that is known
    copy: str = ""  # of a file that lies elsewhere: the copy that is read


class UnreadableError(LlmcostError):
    """A path that the user gave and that no log can be read from."""

    def __init__(self, path: str, message: str, why: str, *, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.path = path
        self.why = why


@dataclass
class Found:
    """The files under the paths that a user gave."""

    files: list[File] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)  # by path: why it cannot be read


def find(paths: Iterable[str], avoid: Path | None = None, *, pipes: bool = True, strict: bool = True) -> Found:
    """The files under these paths, folders and patterns, each once, in a stable order.

    Links are followed. Hidden folders inside a folder are read, hidden files are not, nor are programs, llmcost.toml
    and the store at `avoid`. A pipe that is named is read where `pipes` allows it. A path that does not exist, or
    cannot be read, raises UnreadableError where `strict` says so; else it is skipped.
    """
    found = Found()
    known: set[str] = set()
    ours = _ours(avoid)
    for path in paths:
        for file in _beneath(path, found.skipped, pipes=pipes, strict=strict):
            real = file.path if file.is_stream else file.real or os.path.realpath(file.path)
            if real not in known and (file.named or real not in ours):
                known.add(real)
                found.files.append(file)
    return found


def _beneath(path: str, skipped: dict[str, str], *, pipes: bool, strict: bool) -> Iterator[File]:
    try:
        yield from _under(path, skipped, pipes)
    except UnreadableError as error:
        if strict:
            raise
        skipped[error.path] = error.why


def _under(path: str, skipped: dict[str, str], pipes: bool) -> Iterator[File]:
    if path == "-":
        yield File("-", named=True, is_stream=True)
        return
    _check_name(path)
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - as given, '/dev/stdin' and '/proc/self/fd/63' among them
    except FileNotFoundError:
        yield from _matching(path, skipped, pipes)
        return
    except OSError as error:
        why = streams.why(error)
        raise UnreadableError(path, f"{path} cannot be read: {why}", why, hint="check the path") from None
    kind = streams.special(mode)
    if kind == "a folder":
        yield from _inside(path, skipped)
    elif kind == "a pipe" or (kind == "a device" and _is_standard_input(path)):
        if pipes:
            yield File(path, named=True, is_stream=True)
        else:
            skipped[path] = kind
    elif kind:
        hint = "name files, folders, pipes or - for standard input"
        raise UnreadableError(path, f"{path} is {kind}, not a file", kind, hint=hint)
    else:
        yield File(path, named=True)


def _matching(path: str, skipped: dict[str, str], pipes: bool) -> Iterator[File]:
    if os.path.islink(path):  # noqa: PTH114 - a path that glob accepts may be one that Path does not
        message = f"{path} is a link to {os.readlink(path)}, which does not exist"  # noqa: PTH115
        raise UnreadableError(path, message, "a broken link", hint="check the link")
    matches = sorted(glob(path, recursive=True))  # noqa: PTH207 - Path.glob accepts no absolute pattern
    if not matches:
        hint = "check the path; a glob must match something"
        raise UnreadableError(path, f"there is no file or folder {path}", "it is gone", hint=hint)
    for match in matches:
        if _is_readable_name(match, skipped):
            for file in _under(match, skipped, pipes):
                yield File(file.path, named=False, is_stream=file.is_stream)


def _inside(folder: str, skipped: dict[str, str]) -> Iterator[File]:
    number = 0
    before = len(skipped)
    for path, real in _walk(folder, skipped):
        number += 1
        yield File(path, named=False, real=real)
    if number == 0 and len(skipped) == before:
        hint = "give the folder that holds the logs"
        raise UnreadableError(folder, f"no files in {folder}", "a folder without files", hint=hint)


def _walk(folder: str, skipped: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The files in a folder and those below it, each with its path without links. A folder is read once, however many
    links lead to it."""
    entered: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        folder = waiting.pop()
        try:
            place = os.stat(folder)  # noqa: PTH116 - hundreds of times on a large tree
            if (place.st_dev, place.st_ino) in entered:
                continue
            entered.add((place.st_dev, place.st_ino))
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            skipped[folder] = f"a folder that cannot be read: {streams.why(error)}"
            continue
        real = os.path.realpath(folder)  # once, since it takes longer for a file than all else
        below = []
        for entry in entries:
            if _is_readable_name(entry.path, skipped) and (kind := _kind(entry, skipped)) is not None:
                if kind == "a folder":
                    below.append(entry.path)
                else:
                    yield entry.path, os.path.realpath(entry.path) if entry.is_symlink() else f"{real}/{entry.name}"
        waiting += reversed(below)


def _kind(entry: "os.DirEntry[str]", skipped: dict[str, str]) -> str | None:
    """Whether it is "a folder", or a file that may hold logs (""). None: not looked at, noted where it might be one."""
    try:
        kind = streams.special(entry.stat().st_mode)
    except FileNotFoundError:
        skipped[entry.path] = "a broken link" if entry.is_symlink() else "it is gone"
        return None
    except OSError as error:
        skipped[entry.path] = streams.why(error)
        return None
    if kind == "a folder":
        return None if entry.name in _NO_LOGS else kind
    if kind:
        skipped[entry.path] = kind
        return None
    return "" if _is_name_of_log(entry.name) else None


def may_be_log(path: PurePath) -> bool:
    """Whether a file beneath a folder that was named is looked at, by its path from there."""
    return _is_name_of_log(path.name) and _NO_LOGS.isdisjoint(path.parts[:-1])


def _is_name_of_log(name: str) -> bool:
    is_code = os.path.splitext(name)[1].lower() in _CODE  # noqa: PTH122 - of every file
    return not (name.startswith(".") or is_code)


def _check_name(path: str) -> None:
    try:
        path.encode(_MACHINE_NAME)
    except UnicodeEncodeError:
        message, hint = f"{shown(path)} is not a name in UTF-8", "rename the file, or read it as -"
        raise UnreadableError(shown(path), message, "its name is not UTF-8", hint=hint) from None


def _is_readable_name(path: str, skipped: dict[str, str]) -> bool:
    """Whether a path can be written down: the store holds texts in UTF-8."""
    try:
        path.encode(_MACHINE_NAME)
    except UnicodeEncodeError:
        skipped[shown(path)] = "its name is not UTF-8"
        return False
    return True


def shown(path: str) -> str:
    """A path with what is not UTF-8 in it escaped."""
    return os.fsencode(path).decode(_MACHINE_NAME, "backslashreplace")


def _is_standard_input(path: str) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(0))  # noqa: PTH116
    except OSError:
        return False


def _ours(avoid: Path | None) -> set[str]:
    """The files of llmcost itself, which are no logs: the store, and the settings."""
    paths = [os.path.realpath(path) for path in (avoid, config.path()) if path]
    return {*paths, *(f"{path}.wal" for path in paths)}


def seen(store: Store, format_asked: str, keep_text: bool) -> dict[str, dict[str, Any]]:
    """What the store has read, by path, when it was read as this format and, if asked for, its texts were kept."""
    rows = store.rows(
        "select * from sources where machine is null and format_asked = $asked and (keeps_text or not $keep_text)"
        " order by keeps_text",
        {"asked": format_asked, "keep_text": keep_text},
    )
    return {row["path"]: row for row in rows}


def is_outdated(row: Mapping[str, Any], hashes: Mapping[str, str], assumed: Mapping[str, str]) -> bool:
    """Whether a source was read under another mapping or assumption, or before a mapping that may claim lines of it."""
    mapped: dict[str, str] = json.loads(row["mappings"] or "{}")
    made: dict[str, str] = json.loads(row["assumed"] or "{}")
    tried = mapped.pop(UNCLAIMED, None)
    return (
        any(hashes.get(name) != known for name, known in mapped.items())
        or (tried is not None and not hashes.keys() <= {*tried.split(",")})
        or any(made.get(name, word) != word for name, word in assumed.items())
    )


def mappings_of(read: Iterable[str | None], hashes: Mapping[str, str]) -> dict[str, str]:
    """What is noted of the mappings at a source, by the formats of its lines; None: lines that no format claims."""
    names = {*read}
    noted = {name: known for name, known in hashes.items() if name in names}
    return noted | ({UNCLAIMED: ",".join(sorted(hashes))} if None in names else {})


def resume(file: File, before: dict[str, dict[str, Any]], again: Container[str] = ()) -> lines.Source | None:
    """Where to start reading the file; None when the store has all of it. What is in `again` is read from the start.

    A file that has only grown is read from its last whole line on. One that has changed in another way is read
    again, which adds nothing twice: a call keeps its id. Raises OSError for a file that cannot be opened.
    """
    if file.is_stream:
        return lines.Source(file.path, _spooled(file.path))
    if file.copy:
        return lines.Source(file.path, file.copy)
    path = os.path.realpath(file.path)
    if path not in before:
        return lines.Source(file.path, file.path)
    last = before[path]
    stamp = stamps.Stamp(last["bytes"], last["modified_ns"], last["fingerprint"])
    source = lines.Source(file.path, file.path, source_id=last["source_id"], last=stamp)
    if path in again:
        source.is_read_again = True
        return source
    source.mappings = json.loads(last["mappings"] or "{}")
    now = Path(path).stat()
    if (now.st_size, now.st_mtime_ns) == (stamp.bytes, stamp.modified_ns):
        return None
    with streams.opened(path) as stream:
        is_longer = stream.begins_as(stamp) and stream.stamp().bytes > stamp.bytes
        if is_longer and not last["whole_document"] and not stream.is_compressed:
            source.start_byte, source.start_line = last["end_byte"], last["lines"]
    return source


def record(source: lines.Source, format_asked: str, *, document: bool) -> dict[str, Any]:
    """The row of `sources` that says how far a source has been read, and from which line on it was."""
    assert source.stamp is not None
    is_file = source.path == source.file
    return {
        "source_id": source.source_id,
        "path": os.path.realpath(source.file) if is_file else source.path,
        "bytes": source.stamp.bytes,
        "start_line": source.start_line,
        "end_byte": source.end_byte,
        "lines": source.lines - source.tail_lines,
        "whole_document": document,
        "modified_ns": source.stamp.modified_ns,
        "fingerprint": source.stamp.fingerprint,
        "format_asked": format_asked,
        "mappings": json.dumps(source.mappings) if source.mappings else None,
        "assumed": json.dumps(source.assumed) if source.assumed else None,
    }


def _spooled(path: str) -> str:
    """Standard input or a pipe in a temporary file, so that it can be looked at before it is read."""
    with tempfile.NamedTemporaryFile(prefix="llmcost-", delete=False) as spool:
        atexit.register(os.unlink, spool.name)
        if path == "-":
            shutil.copyfileobj(sys.stdin.buffer, spool)
        else:
            with open(path, "rb") as pipe:
                shutil.copyfileobj(pipe, spool)
    return spool.name
