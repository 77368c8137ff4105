"""Locks that say that the process which made a file or a folder lives; the system gives them up however it ends."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # no such locks on this system: what a killed process leaves stays there
    fcntl = None  # type: ignore[assignment]


def lock(descriptor: int) -> None:
    """Locks what is open until it is closed. Raises OSError where another process has it."""
    if fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def locked(path: Path) -> int:
    """A descriptor of a file or folder, which is locked until it is closed. Raises OSError where another has it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        lock(descriptor)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def sweep(folder: Path, prefixes: tuple[str, ...], remove: Callable[[Path], object]) -> None:
    """Removes what has such a name in a folder and no process holds."""
    if fcntl is None:
        return
    with contextlib.suppress(OSError):
        for path in list(_named(folder, prefixes)):
            with contextlib.suppress(OSError):  # another process has it, or was faster
                descriptor = locked(path)
                try:
                    remove(path)
                finally:
                    os.close(descriptor)


def _named(folder: Path, prefixes: tuple[str, ...]) -> Iterator[Path]:
    with os.scandir(folder) as listing:
        for entry in listing:
            if entry.name.startswith(prefixes) and not entry.is_symlink():
                yield Path(entry.path)
