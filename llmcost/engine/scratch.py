"""The folder in which a process keeps temporary files next to its store, and those that dead processes left there."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

try:
    import fcntl
except ImportError:  # no such locks on this system: what a killed process leaves stays there
    fcntl = None  # type: ignore[assignment]


class Scratch:
    """A folder of this process alone, gone when it is closed.

    A lock on the folder says that its process lives; the system gives it up however that process ends.
    """

    def __init__(self, path: Path) -> None:
        """Makes the folder next to the store at `path`. Raises OSError where that cannot be written to."""
        made = Path(tempfile.mkdtemp(prefix=f".{path.name}.new-", dir=path.parent))
        try:
            self._lock = _lock(made)  # before it has the name by which it may be swept away
            self.path = made.rename(path.with_name(_prefix(path) + made.name.rpartition("-")[2]))
        except OSError:
            made.rmdir()
            raise

    def close(self) -> None:
        """Removes the folder."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def sweep(path: Path) -> None:
    """Removes the folders next to a store that processes left which were killed."""
    with contextlib.suppress(OSError):
        for folder in [it for it in path.parent.iterdir() if it.name.startswith(_prefix(path))]:
            with contextlib.suppress(OSError):  # another process has it, or was faster
                if (lock := _lock(folder)) is not None:
                    shutil.rmtree(folder, ignore_errors=True)
                    os.close(lock)


def _prefix(path: Path) -> str:
    return f".{path.name}.scratch-"


def _lock(folder: Path) -> int | None:
    """A lock on the folder, held until it is closed; None on systems without. Raises OSError where another has it."""
    if fcntl is None:
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
