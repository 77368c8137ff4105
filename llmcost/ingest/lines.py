"""Files to lines: any file that may hold a log, as a stream of Arrow batches of raw lines.

Nothing is parsed here and no line is dropped: blank ones are counted, all others are handed on. A line that cannot be
read as it is (cut off inside a gzip block, longer than the limit) comes with a `fault`. Memory is bounded by
MAX_LINE_BYTES, whatever the file holds.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from llmcost.ingest import stamps, streams
from llmcost.ingest.streams import BLOCK_BYTES
from llmcost.ingest.torn import Piece

MAX_LINE_BYTES = 32 << 20
"""A longer line is not held in memory: it is reported with its first bytes and a fault."""

SCHEMA = pa.schema(
    [
        ("source_id", pa.int32()),
        ("line_no", pa.int64()),
        ("piece", pa.int32()),  # 1; of a line that holds several whole records: which of them
        ("raw", pa.string()),
        ("fault", pa.string()),
    ]
)

Numbers = np.ndarray[Any, np.dtype[np.int64]]
Offsets = np.ndarray[Any, np.dtype[np.int32]]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ESCAPE = int.from_bytes(b"\\u", "little")
_EXCERPT_BYTES = 2000
_SURROGATES = re.compile(
    rb"\\(?:\\|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2}))"
)
"""An escaped backslash, a whole pair, or half a pair: the only one with a group."""


@dataclass
class Source:
    """One input and where reading it begins and has come to."""

    path: str  # as shown to people; '-' is standard input
    file: str  # what to open: the path, or the spooled standard input
    source_id: int = 0
    last: stamps.Stamp | None = None  # what was read of it before, where it is read on
    start_byte: int = 0  # of the uncompressed text; lines before it are already in the store
    start_line: int = 0
    is_document: bool = False  # JSON values that go on over several lines: its lines are their elements
    is_read_again: bool = False  # from its start, though it may not have changed
    mappings: dict[str, str] = field(default_factory=dict)  # by name: hashes of the mappings that read lines of it
    assumed: dict[str, str] = field(default_factory=dict)  # by parameter: what was assumed for its lines
    trust_size: bool = False  # read on where it unpacks to more than any log does
    torn: dict[int, list[Piece]] = field(default_factory=dict)  # by line: what it is made of, where that is known

    stamp: stamps.Stamp | None = None  # of what was opened; none: it could not be
    problem: str = ""  # why it could not be opened
    end_byte: int = 0  # after the last whole line read
    lines: int = 0  # whole lines in total, those before start_byte included
    tail_lines: int = 0  # 1 when the last line had no line break: it is read again when the file has grown
    blank_lines: int = 0  # of the lines read those that hold nothing: they are in no batch

    def size(self) -> int:
        """Bytes on disk; 0 where it is gone."""
        try:
            return Path(self.file).stat().st_size
        except OSError:
            return 0


def read(source: Source, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[pa.RecordBatch]:
    """The source's lines from `start_byte` on; fills in what `Source` says about them.

    A file that cannot be opened has a `problem` and no lines. One that is not the file that was read before is read
    from its beginning.
    """
    try:
        with streams.opened(source.file, on_bytes, source.trust_size) as stream:
            begin(source, stream)
            yield from _lines(source, stream)
    except OSError as error:
        source.problem = streams.why(error)


def begin(source: Source, stream: streams.Stream) -> None:
    """Notes what was opened, and goes to where reading begins."""
    source.stamp = stream.stamp()
    if source.start_byte and (source.last is None or not stream.begins_as(source.last)):
        source.start_byte = source.start_line = 0
    source.end_byte, source.lines = source.start_byte, source.start_line
    source.tail_lines = source.blank_lines = 0
    if source.start_byte:
        stream.seek(source.start_byte)  # never of a compressed file


def _lines(source: Source, stream: streams.Stream) -> Iterator[pa.RecordBatch]:
    carry: list[bytes] = []  # the beginning of a line whose end has not been read
    carried = 0  # its bytes
    pending = 0  # bytes read beyond end_byte
    too_long: bytes | None = None  # the beginning of a line that is passed over
    fault = None
    while True:
        try:
            block = stream.read(BLOCK_BYTES)
        except EOFError as error:
            fault = str(error)
            break
        if not block:
            break
        cut = block.rfind(b"\n") + 1
        whole, rest = block[:cut], block[cut:]
        if cut:
            if too_long is not None:
                yield _line(source, too_long, _TOO_LONG)
                too_long, whole = None, whole[whole.index(b"\n") + 1 :]
            buffer = b"".join([*carry, _without_nul(whole)])
            carry, carried = [], 0
            source.end_byte += pending + cut
            pending = 0
            del block, whole
            if buffer:
                yield from _batches(source, buffer)
            del buffer  # a long line is not held while the next is read
        pending += len(rest)
        if too_long is None and rest:
            carry.append(_without_nul(rest))
            carried += len(carry[-1])
            if carried > MAX_LINE_BYTES:
                too_long, carry, carried = b"".join(carry)[:_EXCERPT_BYTES], [], 0
    tail = b"".join(carry) if too_long is None else too_long
    if tail or fault:
        source.tail_lines = 1
        yield _line(source, tail, fault or (_TOO_LONG if too_long is not None else None))


_TOO_LONG = f"the line is longer than {MAX_LINE_BYTES >> 20} MiB"


def repaired(text: bytes) -> bytes:
    """Lines without what JSON cannot hold: NUL bytes, byte order marks at their beginning, halves of surrogates."""
    text = _without_nul(text)
    # a search for one byte takes a tenth of the time of a search for several
    if b"\xef" in text and _BYTE_ORDER_MARK in text:
        text = text.removeprefix(_BYTE_ORDER_MARK).replace(b"\n" + _BYTE_ORDER_MARK, b"\n")
    if _has_escapes(text) and (b"\\ud" in text or b"\\uD" in text):
        text = _SURROGATES.sub(lambda found: b"\\ufffd" if found[1] else found[0], text)
    return text


def _has_escapes(text: bytes) -> bool:
    r"""Whether a text has an escaped character, `\u`. Two bytes are compared at once: twice as fast as a search."""
    pairs = (np.frombuffer(text, "<u2", (len(text) - start) // 2, start) for start in (0, 1) if len(text) > start + 1)
    return any(bool((pair == _ESCAPE).any()) for pair in pairs)


def _without_nul(text: bytes) -> bytes:
    return text.translate(None, b"\x00") if b"\x00" in text else text


def _batches(source: Source, buffer: bytes) -> Iterator[pa.RecordBatch]:
    """Whole lines as a batch; none where all of them are blank."""
    buffer = repaired(buffer)
    if buffer.isspace():  # billions of line breaks fit into a small compressed file
        count = buffer.count(b"\n")
        source.lines += count
        source.blank_lines += count
        return
    ends = np.flatnonzero(np.frombuffer(buffer, np.uint8) == 10)
    offsets = np.empty(len(ends) + 1, np.int32)
    offsets[0] = 0
    np.add(ends, 1, out=offsets[1:], casting="unsafe")
    raw = pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(buffer))
    try:
        raw.validate(full=True)
    except pa.ArrowInvalid:
        raw = _decoded(buffer, offsets)
    first = source.lines + 1
    source.lines += len(ends)
    blank = _are_blank(buffer, offsets)
    if blank.any():
        source.blank_lines += int(blank.sum())
        numbers = np.flatnonzero(~blank) + first
        raw = raw.filter(pa.array(~blank))
    else:
        numbers = np.arange(first, first + len(ends))
    if source.torn and not source.torn.keys().isdisjoint(numbers.tolist()):
        yield _in_pieces(source, raw, numbers.tolist())
    elif len(raw):
        yield table(source, raw, None, numbers)


def _are_blank(buffer: bytes, offsets: Offsets) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """Which lines hold nothing: a line break alone, or after one or two spaces, tabs or carriage returns."""
    lengths = np.diff(offsets)
    text = np.frombuffer(buffer, np.uint8)
    blank: np.ndarray[Any, np.dtype[np.bool_]] = lengths < 4
    places = offsets[:-1][blank]
    spaces = [np.isin(text[np.minimum(places + further, len(text) - 1)], (9, 10, 13, 32)) for further in (0, 1)]
    blank[blank] = spaces[0] & ((lengths[blank] < 3) | spaces[1])
    return blank


def _decoded(buffer: bytes, offsets: Offsets) -> pa.StringArray:
    """The same lines with bytes that are not UTF-8 replaced by U+FFFD: the call in them still counts."""
    texts = [buffer[start:end].decode("utf-8", "replace") for start, end in pairwise(offsets.tolist())]
    return pa.array(texts, pa.string())


def _in_pieces(source: Source, raw: pa.StringArray, numbers: list[int]) -> pa.RecordBatch:
    """The lines, the torn ones among them in their pieces."""
    rows = [
        (source.source_id, number, piece, text, fault)
        for number, line in zip(numbers, raw.to_pylist(), strict=True)
        for piece, (text, fault) in enumerate(source.torn.get(number, [(line, None)]), 1)
    ]
    return batch_of(rows)


def batch_of(rows: list[tuple[int, int, int, str, str | None]]) -> pa.RecordBatch:
    """A batch of single rows: source, line, piece, text and fault."""
    columns = zip(*rows, strict=True)
    return pa.record_batch(
        [pa.array(list(column), kind.type) for column, kind in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
    )


def _line(source: Source, text: bytes, fault: str | None) -> pa.RecordBatch:
    source.lines += 1
    text = repaired(text)
    return table(source, pa.array([text.decode("utf-8", "replace")], pa.string()), fault, np.array([source.lines]))


def numbered(source: Source, texts: list[str], fault: str | None = None) -> pa.RecordBatch:
    """The source's next lines as a batch."""
    raw = pa.array([text.encode("utf-8", "replace").decode() for text in texts], pa.string())
    first = source.lines + 1
    source.lines += len(texts)
    return table(source, raw, fault, np.arange(first, first + len(texts)))


def table(
    source: Source,
    raw: pa.StringArray,
    fault: str | None,
    numbers: Numbers,
) -> pa.RecordBatch:
    """Lines of the source, with their numbers, as a batch."""
    count = len(raw)
    ids = pa.array(np.full(count, source.source_id, np.int32))
    piece = pa.array(np.ones(count, np.int32))
    faults = pa.array([fault] * count, pa.string()) if fault else pa.nulls(count, pa.string())
    return pa.record_batch([ids, pa.array(numbers.astype(np.int64)), piece, raw, faults], schema=SCHEMA)
