"""Files at addresses of `pyarrow.fs`, such as s3://bucket/logs: which there are, and a copy of one to be read."""

import os
import shutil
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from llmcost.engine import lake
from llmcost.errors import LlmcostError
from llmcost.ingest import sources


def is_one(path: str) -> bool:
    """Whether a path is the address of a file system."""
    return "://" in path


def find(address: str) -> list[tuple[str, int]]:
    """The file at an address, or those in the folder there that may be logs, in a stable order, with their bytes.

    Raises LlmcostError where there is none, or nothing can be looked at.
    """
    from pyarrow import fs

    files, place = _system(address)
    place = place.rstrip("/")
    here = files.get_file_info(place)
    if here.is_file:
        return [(address, here.size)]
    inside = files.get_file_info(fs.FileSelector(place, recursive=True)) if here.type == fs.FileType.Directory else []
    found = sorted((one.path.removeprefix(place), one.size) for one in inside if one.is_file)
    logs = [(lake.beneath(address, path), size) for path, size in found if sources.may_be_log(PurePosixPath(path))]
    if not logs:
        raise LlmcostError(f"there are no files at {shown(address)}", hint="give the folder that holds the logs")
    return logs


def copied(address: str, to: Path) -> None:
    """Copies the file at an address, with the time of its last change. Raises OSError where it cannot be read."""
    import pyarrow as pa

    try:
        files, place = lake.system(address)
        with files.open_input_stream(place, compression=None) as stream, to.open("wb") as copy:
            shutil.copyfileobj(stream, copy)
        changed_ns = files.get_file_info(place).mtime_ns
    except pa.ArrowException as error:
        raise OSError(0, lake.first_line(error)) from None
    if changed_ns is not None:
        os.utime(to, ns=(changed_ns, changed_ns))


def shown(address: str) -> str:
    """An address as people see it: without the keys and settings that it may hold."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _system(address: str) -> tuple[Any, str]:
    import pyarrow as pa

    try:
        return lake.system(address)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise LlmcostError(
            f"{shown(address)} cannot be read: {lake.first_line(error)}", hint="name files or s3://bucket/path"
        ) from None
