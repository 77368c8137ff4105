"""The folder in which a process keeps temporary files next to its store, and those that dead processes left there."""

import atexit
import os
import secrets
import shutil
from functools import partial
from pathlib import Path

from llmcost import locks

_TRIES = 3
_ours: set[Path] = set()
"""The folders that this process may have made and not removed yet, from before they are there: a signal can come
between any two steps."""


class Scratch:
    """A folder of this process alone, gone when it is closed. A lock on the folder says that its process lives."""

    def __init__(self, path: Path) -> None:
        """Makes the folder next to the store at `path`. Raises OSError where that cannot be written to."""
        for further in reversed(range(_TRIES)):
            word = secrets.token_hex(8)
            made, self.path = path.with_name(_new(path) + word), path.with_name(_prefix(path) + word)
            _ours.update((made, self.path))
            try:
                made.mkdir(mode=0o700)
                self._lock: int | None = locks.locked(made)  # before it has the name of a folder that is in use
                made.rename(self.path)
            except OSError:
                _remove(made)
                _ours.discard(self.path)
                if not further:
                    raise
            else:  # not swept away by another process before it was locked
                _ours.discard(made)
                return

    def close(self) -> None:
        """Removes the folder."""
        _remove(self.path)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


@atexit.register
def remove_ours() -> None:
    """Removes what a signal kept from being removed: at the end of the process signals no longer count."""
    for path in list(_ours):
        _remove(path)


def sweep(path: Path) -> None:
    """Removes the folders next to a store that processes left which were killed."""
    locks.sweep(path.parent, (_prefix(path), _new(path)), partial(shutil.rmtree, ignore_errors=True))


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
    _ours.discard(path)


def _prefix(path: Path) -> str:
    return f".{path.name}.scratch-"


def _new(path: Path) -> str:
    """How a folder is called until its process has locked it."""
    return f".{path.name}.new-"
