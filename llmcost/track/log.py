"""The log: one whole line a call, from any number of threads and processes."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class Log:
    """A file that lines are appended to, created with its folder when the first is written.

    Each line is one `write` on a descriptor opened with O_APPEND: a local file system puts
    it at the end in one piece, whatever its length, so that processes need no lock. The
    file is opened for every line (some 20 µs), so that a rotated log is not written to.
    """

    def __init__(self, path: str | os.PathLike[str], *, private: bool) -> None:
        """`private`: only the file's owner may read it, for logs that hold texts."""
        self.path = Path(path).expanduser().absolute()
        self._mode = 0o600 if private else 0o666

    def write(self, record: Mapping[str, object]) -> None:
        """Appends the record. Raises OSError where it cannot be written, ValueError where it is not JSON."""
        # In ASCII: a lone surrogate, legal in JSON, has no UTF-8.
        line = _encode(record).encode("ascii") + b"\n"
        try:
            descriptor = self._open()
        except FileNotFoundError:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = self._open()
        try:
            if os.write(descriptor, line) < len(line):
                os.write(descriptor, b"\n")  # the next line must not be lost with this one
                raise OSError(f"{self.path}: the disk is full")
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        binary = getattr(os, "O_BINARY", 0)  # Windows only
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | binary, self._mode)
