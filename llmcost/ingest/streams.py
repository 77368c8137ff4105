"""Files opened once: their text, decompressed as it is read, and how they are recognised again."""

import os
import re
import zlib
from collections.abc import Callable
from types import TracebackType
from typing import IO, Any, Self

import numpy as np

from llmcost.ingest import stamps

BLOCK_BYTES = 2 << 20
"""One read, and so about one Arrow batch: small enough to spread over the engine's threads."""

MAX_RATIO = 1000
TRUSTED_BYTES = 1 << 30
"""A file that unpacks to more than MAX_RATIO times its size is read up to here: text compresses 5 to 50 times."""
MAX_RATIO_OF_LINES = 500
TRUSTED_LINES = 1 << 20
"""So is one that gives more lines out of so little: each costs some 50 µs, and 24 KB may hold 100 million."""

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPED = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
"""A frame of other data; pzstd writes one before each of text."""
_LINE_BREAK = 10
_ZSTD_PIECE = 2048
"""Bytes handed to the decompressor at once: a block of 4 bytes can unpack to 128 KiB, so 64 MiB come out at most."""


class _Gzip:
    """A gzip member, unpacked a block at a time however much it unpacks to."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data

    @property
    def has_more(self) -> bool:
        """Whether it can go on without further input."""
        return bool(self._member.unconsumed_tail)

    @property
    def waiting(self) -> int:
        """Compressed bytes that it was given and has not used."""
        return len(self._member.unconsumed_tail)

    def decompress(self, data: bytes) -> bytes:
        return self._member.decompress(self._member.unconsumed_tail + data, BLOCK_BYTES)


def _unusual(ratio: int, after: str) -> EOFError:
    return EOFError(
        f"the file unpacks to more than {ratio:,} times its size, which is unusual for a log: reading stopped"
        f" after {after}; --trust-size reads all of it"
    )


class Stream:
    """The text of an open file. `read` raises EOFError, after its last text, where the file is damaged or no log."""

    def __init__(self, file: IO[bytes], on_bytes: Callable[[int], None], trust_size: bool) -> None:
        self._file, self._on_bytes, self._trust_size = file, on_bytes, trust_size
        start = os.pread(file.fileno(), 4, 0)
        self._new_member: Callable[[], Any] | None = None
        self._piece = BLOCK_BYTES
        if start.startswith(_GZIP):
            self._new_member, self._piece = _Gzip, 1 << 16
        elif start == _ZSTD or _ZSTD_SKIPPED.match(start):
            import zstandard

            self._new_member, self._piece = zstandard.ZstdDecompressor().decompressobj, _ZSTD_PIECE
        self._member: Any = None
        self._left = b""  # compressed bytes after the end of a member
        self._text = memoryview(b"")
        self._damage: EOFError | None = None  # raised when all text before it has been read
        self._unpacked = self._lines = self._taken = 0  # bytes and lines of text, compressed bytes

    @property
    def is_compressed(self) -> bool:
        """Whether byte positions in the text are not positions in the file."""
        return self._new_member is not None

    def stamp(self) -> stamps.Stamp:
        """How the file as it is now can be recognised."""
        return stamps.of(self._file)

    def begins_as(self, stamp: stamps.Stamp) -> bool:
        """Whether the file still begins with what had this stamp."""
        return stamps.begins_as(self._file, stamp)

    def seek(self, position: int) -> None:
        """Goes to a position of a file that is not compressed."""
        self._file.seek(position)

    def read(self, size: int) -> bytes:
        """The next text, at most this many bytes; none at the end."""
        if self._new_member is None:
            return self._raw(size)
        parts: list[memoryview] = []
        missing = size
        while missing:
            if not self._text:
                if self._damage:
                    break
                try:
                    if not self._unpack():
                        break
                except EOFError as error:
                    self._damage = error
            parts.append(self._text[:missing])
            self._text = self._text[missing:]
            missing -= len(parts[-1])
        if missing == size and self._damage:
            raise self._damage
        return b"".join(parts)

    def _raw(self, size: int) -> bytes:
        try:
            data = self._file.read(size)
        except OSError as error:
            raise EOFError(f"the rest of the file cannot be read: {why(error)}") from None
        if data is None:  # what others call a file and the system gives bit by bit, as some under /proc
            raise EOFError("the rest of the file cannot be read: it would have to be waited for")
        self._on_bytes(len(data))
        return data

    def _unpack(self) -> bool:
        """Fills `_text` with what comes next, perhaps nothing yet. False: the file has ended."""
        assert self._new_member is not None
        if self._member is not None and self._member.eof:
            self._left, self._member = self._member.unused_data, None
        if self._member is None:
            piece = self._left.lstrip(b"\x00") or self._raw(self._piece).lstrip(b"\x00")  # padding between members
            self._left = b""
            if not piece:
                return False
            self._member = self._new_member()
        elif getattr(self._member, "has_more", False):
            piece = b""
        else:
            piece = self._raw(self._piece)
            if not piece:
                raise EOFError("the compressed file is cut off or damaged here (it has no end)")
        try:
            text: bytes = self._member.decompress(piece)
        except Exception as error:  # zlib.error or ZstdError
            raise EOFError(f"the compressed file is cut off or damaged here ({error})") from None
        self._text = memoryview(text)
        self._taken += len(piece)
        if not self._trust_size:
            self._check_size(text)
        return True

    def _check_size(self, text: bytes) -> None:
        """Raises EOFError where the file unpacks to what no log does; text beyond that is not read."""
        self._unpacked += len(text)
        if self._unpacked > max(TRUSTED_BYTES, MAX_RATIO * os.fstat(self._file.fileno()).st_size):
            raise _unusual(MAX_RATIO, "1 GiB")
        if self._unpacked > MAX_RATIO_OF_LINES * (self._taken - getattr(self._member, "waiting", 0)):
            breaks = np.frombuffer(text, np.uint8) == _LINE_BREAK
            ends = np.flatnonzero(breaks[1:] & ~breaks[:-1]) + 1  # of lines that hold something
            kept = max(0, TRUSTED_LINES - self._lines)
            self._lines += len(ends)
            if len(ends) > kept:
                self._text = self._text[: int(ends[kept - 1]) + 1 if kept else 0]
                raise _unusual(MAX_RATIO_OF_LINES, "a million lines")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def opened(file: str, on_bytes: Callable[[int], None] = lambda _: None, trust_size: bool = False) -> Stream:
    """The text of a file. Raises OSError where it cannot be opened, and if it is not a regular file by now."""
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if kind := special(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, kind)
    return Stream(os.fdopen(descriptor, "rb", buffering=0), on_bytes, trust_size)


def head(file: str, size: int) -> tuple[bytes, str]:
    """The first bytes of the text, and why there are no more: "" where there may be, "end", or what is damaged."""
    start = b""
    try:
        with opened(file) as stream:
            while len(start) < size:
                block = stream.read(min(size - len(start), BLOCK_BYTES))
                if not block:
                    return start, "end"
                start += block
    except EOFError as error:
        return start, str(error)
    return start, ""


def special(mode: int) -> str:
    """What a file is that holds no lines that stay; "" for a regular one."""
    import stat

    kinds = (
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
        (stat.S_ISDIR, "a folder"),
    )
    return next((name for is_kind, name in kinds if is_kind(mode)), "")


def why(error: OSError) -> str:
    """What keeps a file from being read, in words."""
    import errno

    known = {
        errno.ENOENT: "it is gone",
        errno.EACCES: "no permission",
        errno.EPERM: "no permission",
        errno.ELOOP: "a link to itself",
    }
    return known.get(error.errno or 0, "") or (error.strerror or str(error)).lower()
