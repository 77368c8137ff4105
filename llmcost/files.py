"""Files that are written whole or not at all."""

import errno
import os
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from llmcost import locks
from llmcost.errors import LlmcostError

_HINT = "name another file with -o"
_FULL_HINT = "make room on the disk, or name a file on another disk with -o"
_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
_NO_NEW_FILE = (errno.EACCES, errno.EPERM, errno.EROFS)
"""A folder that accepts no new file may still hold one that can be written to."""
_NAME_CHARACTERS = 60
"""Of the file's name, in that of the temporary one: file systems allow 255 bytes."""


def write(path: Path, text: str) -> None:
    """Writes the text as UTF-8. A regular file keeps its old content until all of the new one is on the disk.

    The new content goes to a temporary file in the same folder, which then takes the file's name and permissions. A
    symbolic link stays, and the file it leads to is replaced. Devices, pipes and open descriptors are written to.
    Raises LlmcostError where the file cannot be written.
    """
    content = text.encode("utf-8", errors="backslashreplace")
    try:
        if _is_stream(path):
            _append(path, content)
        else:
            _replace(Path(os.path.realpath(path)), content)
    except OSError as error:
        hint = _FULL_HINT if error.errno in _FULL else _HINT
        raise LlmcostError(f"{path} cannot be written: {error.strerror}", hint=hint) from None


def is_one_of(path: Path, others: Iterable[Path]) -> bool:
    """Whether the path leads to one of these files, under whatever name. False for devices and pipes."""
    known = _identity(path)
    return known is not None and any(known == _identity(other) for other in others)


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a regular file from all others, also where links lead to it; None where there is none."""
    with suppress(OSError, ValueError):
        found = path.stat()
        if stat.S_ISREG(found.st_mode):
            return found.st_dev, found.st_ino
    return None


def _is_stream(path: Path) -> bool:
    """A device, a pipe, or the name of an open descriptor, like /dev/stdout: nothing that a new file can replace."""
    with suppress(OSError):
        found = path.stat()
        return path.absolute().parts[1:2] in (("dev",), ("proc",)) or not stat.S_ISREG(found.st_mode)
    return False


def _append(path: Path, content: bytes) -> None:
    """Writes to what is open already, behind what it holds."""
    with open(os.open(path, os.O_WRONLY | os.O_APPEND), "wb") as out:
        out.write(content)


def _replace(path: Path, content: bytes) -> None:
    prefix = f".{path.name[:_NAME_CHARACTERS]}.new-"
    locks.sweep(path.parent, (prefix,), lambda left: left.unlink())  # by processes that were killed
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=prefix)
    except OSError as error:
        if error.errno in _NO_NEW_FILE and path.exists():
            return _overwrite(path, content)
        raise
    made = Path(name)
    try:
        with open(descriptor, "wb") as out:
            with suppress(OSError):  # a file system without locks
                locks.lock(descriptor)
            out.write(content)
            out.flush()
            os.fsync(descriptor)
            _like(made, path)
            try:
                made.replace(path)
            except OSError as error:
                if error.errno != errno.EBUSY:
                    raise
                _overwrite(path, content)  # a file that is a mount point, as in a container, cannot be replaced
    finally:
        made.unlink(missing_ok=True)


def _overwrite(path: Path, content: bytes) -> None:
    with path.open("wb") as out:
        out.write(content)


def _like(made: Path, path: Path) -> None:
    """Gives the new file the permissions and the owner of the one that is there, else what any new file gets."""
    try:
        before = path.stat()
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        made.chmod(0o666 & ~mask)
        return
    with suppress(PermissionError):  # another user's file, or a file system without permissions
        os.chown(made, before.st_uid, before.st_gid)
    with suppress(PermissionError):
        made.chmod(stat.S_IMODE(before.st_mode))
