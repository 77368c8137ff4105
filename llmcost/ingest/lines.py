"""Files to lines: any file that may hold a log, as a stream of Arrow batches of raw lines.

Nothing is parsed here and no line is dropped. A line that cannot be read as it
stands (cut off inside a gzip block, longer than the limit) comes with a `fault`.
"""

import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa

BLOCK_BYTES = 2 << 20
"""One read, and so about one Arrow batch: small enough to spread over the engine's threads."""

MAX_LINE_BYTES = 256 << 20
"""A longer line is not held in memory: it is reported with its first bytes and a fault."""

SCHEMA = pa.schema([("source_id", pa.int32()), ("line_no", pa.int64()), ("raw", pa.string()), ("fault", pa.string())])

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_EXCERPT_BYTES = 2000


@dataclass
class Source:
    """One input and where reading it begins and has come to."""

    path: str  # as shown to people; '-' is standard input
    file: str  # what to open: the path, or the spooled standard input
    source_id: int = 0
    start_byte: int = 0  # of the uncompressed text; lines before it are already in the store
    start_line: int = 0
    end_byte: int = 0  # after the last whole line read
    lines: int = 0  # whole lines in all, those before start_byte included
    tail_lines: int = 0  # 1 when the last line had no line break: it is read again when the file has grown

    def size(self) -> int:
        """Bytes on disk."""
        return Path(self.file).stat().st_size


def read(source: Source, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[pa.RecordBatch]:
    """The source's lines from `start_byte` on; fills in `end_byte`, `lines` and `tail_lines` as it goes."""
    source.end_byte, source.lines, source.tail_lines = source.start_byte, source.start_line, 0
    with _open(source.file, on_bytes) as stream:
        if source.start_byte:
            stream.seek(source.start_byte)  # never of a compressed file
        fault = None
        carry = b""
        while fault is None:
            try:
                block = stream.read1(BLOCK_BYTES)
            except EOFError as error:
                fault = f"the compressed file is cut off or damaged here ({error})"
                break
            if not block:
                break
            if source.end_byte == 0 and not carry and block.startswith(BYTE_ORDER_MARK):
                block = b" " * len(BYTE_ORDER_MARK) + block.removeprefix(BYTE_ORDER_MARK)
            buffer = carry + block if carry else block
            ends = np.flatnonzero(np.frombuffer(buffer, np.uint8) == 10)
            if len(ends) == 0:
                carry = buffer
                if len(carry) > MAX_LINE_BYTES:
                    yield _too_long(source, stream, carry)
                    carry = b""
                continue
            cut = int(ends[-1]) + 1
            carry = buffer[cut:]
            yield _batch(source, buffer, ends)
            source.end_byte += cut
        if carry or fault:
            source.tail_lines = 1
            yield _line(source, carry, fault)


def head(file: str, size: int) -> bytes:
    """The first bytes of the uncompressed text, as many as can be read."""
    start = b""
    with suppress(EOFError), _open(file, lambda _: None, min(size, BLOCK_BYTES)) as stream:
        while len(start) < size and (block := stream.read1(size - len(start))):
            start += block
    return start


def is_binary(start: bytes) -> bool:
    """Whether these first bytes are no text: NUL bytes never stand in a log of lines."""
    return b"\x00" in start


def is_compressed(file: str) -> bool:
    """Whether byte positions in the text are not positions in the file."""
    with open(file, "rb") as compressed:
        return compressed.read(4).startswith((_GZIP, _ZSTD))


class _Counted(io.RawIOBase):
    """A raw file that reports how many bytes have been read from it."""

    def __init__(self, raw: io.FileIO, on_bytes: Callable[[int], None]) -> None:
        self._raw, self._on_bytes = raw, on_bytes

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._raw.seek(offset, whence)

    def readinto(self, buffer: Any) -> int:
        count = self._raw.readinto(buffer) or 0
        self._on_bytes(count)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Decompressed(io.RawIOBase):
    """The text of a gzip or zstd file, all its members. One that is cut off raises EOFError, after its last text."""

    def __init__(self, compressed: IO[bytes], new_member: Callable[[], Any]) -> None:
        self._compressed, self._new_member = compressed, new_member
        self._member = new_member()
        self._text = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._text:
            if self._member.eof:
                block = self._member.unused_data.lstrip(b"\x00") or self._compressed.read(BLOCK_BYTES)
                if not block:
                    return 0
                self._member = self._new_member()
            else:
                block = self._compressed.read(BLOCK_BYTES)
                if not block:
                    raise EOFError("it has no end")
            try:
                self._text = self._member.decompress(block)
            except Exception as error:  # zlib.error or ZstdError
                raise EOFError(str(error)) from None
        count = min(len(buffer), len(self._text))
        buffer[:count], self._text = self._text[:count], self._text[count:]
        return count

    def close(self) -> None:
        self._compressed.close()
        super().close()


def _open(file: str, on_bytes: Callable[[int], None], buffer_bytes: int = BLOCK_BYTES) -> "io.BufferedReader[Any]":
    counted: io.BufferedReader[Any] = io.BufferedReader(_Counted(open(file, "rb", buffering=0), on_bytes), buffer_bytes)  # noqa: SIM115
    start = counted.peek(4)[:4]
    if start.startswith(_GZIP):
        return io.BufferedReader(_Decompressed(counted, lambda: zlib.decompressobj(wbits=31)), buffer_bytes)
    if start.startswith(_ZSTD):
        import zstandard

        member = zstandard.ZstdDecompressor().decompressobj
        return io.BufferedReader(_Decompressed(counted, member), buffer_bytes)
    return counted


def _batch(source: Source, buffer: bytes, ends: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> pa.RecordBatch:
    offsets = np.empty(len(ends) + 1, np.int32)
    offsets[0] = 0
    np.add(ends, 1, out=offsets[1:], casting="unsafe")
    raw = pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(buffer))
    try:
        raw.validate(full=True)
    except pa.ArrowInvalid:
        raw = _repaired(buffer, offsets)
    return table(source, raw, None)


def _repaired(buffer: bytes, offsets: "np.ndarray[tuple[int], np.dtype[np.int32]]") -> pa.StringArray:
    """The same lines with bytes that are no UTF-8 replaced by U+FFFD: the call in them still counts."""
    texts = [buffer[start:end].decode("utf-8", "replace") for start, end in pairwise(offsets.tolist())]
    return pa.array(texts, pa.string())


def _line(source: Source, text: bytes, fault: str | None) -> pa.RecordBatch:
    return table(source, pa.array([text.decode("utf-8", "replace")], pa.string()), fault)


def _too_long(source: Source, stream: IO[bytes], start: bytes) -> pa.RecordBatch:
    """Passes over the rest of an endless line and reports its beginning."""
    source.end_byte += len(start)
    while piece := stream.readline(BLOCK_BYTES):
        source.end_byte += len(piece)
        if piece.endswith(b"\n"):
            break
    return _line(source, start[:_EXCERPT_BYTES], f"the line is longer than {MAX_LINE_BYTES >> 20} MiB")


def table(source: Source, raw: pa.StringArray, fault: str | None) -> pa.RecordBatch:
    """The source's next lines as a batch, numbered on from the last."""
    count = len(raw)
    numbers = pa.array(np.arange(source.lines + 1, source.lines + count + 1))
    source.lines += count
    ids = pa.array(np.full(count, source.source_id, np.int32))
    faults = pa.array([fault] * count, pa.string()) if fault else pa.nulls(count, pa.string())
    return pa.record_batch([ids, numbers, raw, faults], schema=SCHEMA)
