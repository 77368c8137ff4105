"""How a file is recognised again: its size, its time, and a hash of what it holds.

Taken from the open file, so that they describe what was read, whatever is at its path by then.
"""

import hashlib
import os
from dataclasses import dataclass
from typing import IO

_WHOLE_BYTES = 16 << 20
_SAMPLE_BYTES, _STEP_BYTES = 4096, 65536
"""Up to 16 MiB every byte is hashed, of what follows 4 KiB in each 64: a change that moves what comes after it is seen
anywhere, one that keeps every length in most places, and a file of 10 GB costs a second."""
_EDGE_BYTES = 4096
_KIND = "2:"
"""Marks this kind of hash. Stores of schema 5 and before have hashes of the first and last 4 KiB alone."""


@dataclass(frozen=True)
class Stamp:
    """A file as it was when it was read."""

    bytes: int
    modified_ns: int
    fingerprint: str


def of(file: IO[bytes]) -> Stamp:
    """The stamp of an open file as it is now."""
    now = os.fstat(file.fileno())
    return Stamp(now.st_size, now.st_mtime_ns, _fingerprint(file.fileno(), now.st_size))


def begins_as(file: IO[bytes], stamp: Stamp) -> bool:
    """Whether an open file still begins with what had this stamp."""
    if os.fstat(file.fileno()).st_size < stamp.bytes:
        return False
    fingerprint = _fingerprint if stamp.fingerprint.startswith(_KIND) else _of_edges
    return fingerprint(file.fileno(), stamp.bytes) == stamp.fingerprint


def _fingerprint(descriptor: int, size: int) -> str:
    digest = hashlib.sha1(usedforsecurity=False)
    for start in range(0, min(size, _WHOLE_BYTES), 1 << 20):
        digest.update(os.pread(descriptor, min(1 << 20, size - start), start))
    for start in range(_WHOLE_BYTES, size, _STEP_BYTES):
        digest.update(os.pread(descriptor, min(_SAMPLE_BYTES, size - start), start))
    if size > _WHOLE_BYTES:
        digest.update(os.pread(descriptor, _EDGE_BYTES, size - _EDGE_BYTES))
    return _KIND + digest.hexdigest()


def _of_edges(descriptor: int, size: int) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    digest.update(os.pread(descriptor, min(size, _EDGE_BYTES), 0))
    digest.update(os.pread(descriptor, min(size, _EDGE_BYTES), max(size - _EDGE_BYTES, 0)))
    return digest.hexdigest()
