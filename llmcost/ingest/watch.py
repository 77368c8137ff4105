"""Whether logs have changed since they were last read: a look at folders and files that opens none of them."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from llmcost import config
from llmcost.ingest import sources

Stamp = tuple[int, ...]


class Watch:
    """The files under some paths, and `llmcost.toml`, between one reading into the store and the next."""

    def __init__(self, paths: Iterable[str], store: Path) -> None:
        self._paths, self._store = list(paths), store
        self._seen: tuple[dict[str, Stamp], dict[str, str]] | None = None
        self._store_seen: Stamp = ()

    @property
    def has_read(self) -> bool:
        """Whether a reading has gone well yet."""
        return self._seen is not None

    def read(self, read: Callable[[], None]) -> bool:
        """Reads where anything has changed since that last went well, or the store is another one. Says whether it did.

        Raises what `read` raises.
        """
        now = self._look()
        if now == self._seen and self._which_store() == self._store_seen:
            return False
        read()
        self._seen, self._store_seen = now, self._which_store()
        return True

    def _look(self) -> tuple[dict[str, Stamp], dict[str, str]]:
        """The stamps of all files, and why others could not be looked at."""
        found = sources.find(self._paths, self._store, pipes=False, strict=False)
        files = [file.path for file in found.files]
        if settings := config.path():
            files.append(str(settings))
        return {file: _stamp(file) for file in files}, found.skipped

    def _which_store(self) -> Stamp:
        """Which file it is, not what it holds: that changes with each reading."""
        return _stamp(str(self._store))[-1:]


def _stamp(path: str) -> Stamp:
    """What changes when a file does, its rights included: a locked file may be read later. Nothing where it is gone."""
    try:
        status = os.stat(path)  # noqa: PTH116 - of every file, more than once a second
    except OSError:
        return ()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
