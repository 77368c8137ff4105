"""Files that hold JSON values which go on over several lines: each element of them becomes a line.

An array is read an element at a time, whatever its size; a value is held whole, up to MAX_VALUE_BYTES of text.
"""

import codecs
import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pyarrow as pa

from llmcost.ingest import lines, streams

MAX_VALUE_BYTES = lines.MAX_LINE_BYTES
"""An element of an array, or a file that is one object, is refused beyond this many characters."""

_BATCH_CHARACTERS = 1 << 21
_WRAPPERS = ("data", "observations", "traces", "results", "items")
_SPACE = " \t\r\n\ufeff\x00"
_LINES_TRIED = 100
_INCOMPLETE = 32
"""An error this near to the end of what has been read may be a number or a word cut in two."""


class NoDocumentError(Exception):
    """The text is not JSON, or more of it than is held."""


def looks_like_one(start: bytes, *, is_whole: bool) -> bool:
    """Whether the first bytes, or the whole file, are a JSON array or an object that goes on over several lines.

    A first line that is cut off begins like either; what decides is whether the lines after it are records themselves.
    """
    text = start.lstrip(b"\xef\xbb\xbf\x00 \t\r\n")
    if not text.startswith((b"[", b"{")):
        return False
    first, line_break, rest = text.partition(b"\n")
    if _is_json(first):
        return text.startswith(b"[")
    if text.startswith(b"{") and (not line_break or first.rstrip().endswith(b"}")):
        return False
    if _is_value(text.decode("utf-8", "replace"), is_whole=is_whole):
        return True
    further = rest.split(b"\n")
    if any(line.startswith(b"{") and _is_json(line) for line in islice(further, _LINES_TRIED)):
        return False
    # where not one further line is whole yet, its beginning tells
    return not (
        len(further) == 1
        and text.startswith(b"{") and further[0].startswith(b"{")
        and _is_value(further[0].decode("utf-8", "replace"), is_whole=is_whole)
    )  # fmt: skip


def _is_value(text: str, *, is_whole: bool) -> bool:
    """Whether the text is one JSON value, or may be the beginning of one."""
    try:
        _DECODER.raw_decode(text)
    except json.JSONDecodeError as error:
        return not is_whole and _is_cut(error, text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_cut(error: json.JSONDecodeError, text: str) -> bool:
    """Whether more text may put the error right."""
    return error.msg.startswith("Unterminated") or error.pos > len(text) - _INCOMPLETE


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def sample(start: bytes, most: int, *, is_whole: bool) -> list[str] | None:
    """The first elements of a file that begins so, as far as they are whole; None if it is not a document after all."""
    if not looks_like_one(start, is_whole=is_whole):
        return None
    found: list[str] = []
    try:
        for element in _elements(_Text(iter([start]))):
            found.append(element)
            if len(found) == most:
                break
    except NoDocumentError:
        if not found:
            found = _beginning_of_wrapped(start, most)
    return found or None


def beginning(start: str) -> str | None:
    """A cut-off object with those of its members that are whole, as JSON; None where there are none."""
    members = list(_members(start))
    return "{" + ", ".join(start[key:end] for key, _, end in members) + "}" if members else None


def read(source: lines.Source, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[pa.RecordBatch]:
    """The elements as lines, numbered from 1; where the text stops being JSON, one line with that fault."""
    try:
        with streams.opened(source.file, on_bytes, source.trust_size) as stream:
            lines.begin(source, stream)
            held: list[str] = []
            size = 0
            text = _Text(_blocks(stream))
            try:
                for element in _elements(text):
                    held.append(element)
                    size += len(element)
                    if size > _BATCH_CHARACTERS:
                        yield lines.numbered(source, held)
                        held, size = [], 0
            except (NoDocumentError, EOFError) as error:
                if held:
                    yield lines.numbered(source, held)
                held = []
                yield lines.numbered(source, [text.rest(2000)], str(error))
            if held:
                yield lines.numbered(source, held)
            source.end_byte = source.stamp.bytes if source.stamp else 0
    except OSError as error:
        source.problem = streams.why(error)


def _blocks(stream: streams.Stream) -> Iterator[bytes]:
    while block := stream.read(streams.BLOCK_BYTES):
        yield block


class _Text:
    """Text that is read on as values are taken from it."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._at = 0
        self._ended = False

    def peek(self) -> str:
        """The next character that is not a space, "" at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def skip(self) -> None:
        """Goes past one character."""
        self._at += 1

    def value(self) -> Any:
        """The next JSON value. Raises NoDocumentError where there is none."""
        self.peek()
        wanted = 0
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._ended or not _is_cut(error, self._text):
                    raise NoDocumentError("not JSON from here on") from None
            except (ValueError, RecursionError):  # a number of thousands of digits, nesting without end
                raise NoDocumentError("not JSON that can be read from here on") from None
            else:
                if end < len(self._text) or self._ended or isinstance(value, dict | list | str):
                    self._at = end
                    return value
            wanted = max(2 * wanted, 1 << 20)
            if len(self._text) - self._at > MAX_VALUE_BYTES:
                raise NoDocumentError(f"a JSON value of more than {MAX_VALUE_BYTES >> 20} MiB: write one record a line")
            before = len(self._text) - self._at
            while len(self._text) - self._at < before + wanted and self._more():
                pass

    def rest(self, most: int) -> str:
        """What comes next, for an excerpt."""
        return self._text[self._at : self._at + most]

    def _more(self) -> bool:
        if self._ended:
            return False
        block = next(self._blocks, b"")
        self._ended = not block
        text = self._decoder.decode(block, final=self._ended)
        self._text, self._at = self._text[self._at :] + text, 0
        return True


class _Repeating(dict[str, Any]):
    """An object in which a key occurs twice: it is written with both, so that its line is rejected."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    def items(self) -> Any:
        return self._pairs


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    return made if len(made) == len(pairs) else _Repeating(pairs)


_DECODER = json.JSONDecoder(object_pairs_hook=_object)


def _elements(text: _Text) -> Iterator[str]:
    """The elements of one JSON value after another."""
    while start := text.peek():
        if start == "[":
            text.skip()
            yield from _array(text)
        else:
            yield from _unwrapped(text.value())


def _array(text: _Text) -> Iterator[str]:
    if text.peek() == "]":
        text.skip()
        return
    while True:
        yield _line(text.value())
        after = text.peek()
        text.skip()
        if after == "]":
            return
        if after != ",":
            raise NoDocumentError("not JSON from here on")


def _unwrapped(value: Any) -> Iterator[str]:
    """The records of an answer that wraps them, or the value itself."""
    if isinstance(value, dict) and "id" not in value and "trace" not in value:
        for key in _WRAPPERS:
            if isinstance(value.get(key), list):
                yield from map(_line, value[key])
                return
    yield _line(value)


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _members(text: str) -> Iterator[tuple[int, int, int]]:
    """Where the whole members of an object at the beginning of a text start, their values start, and they end."""
    at = len(text) - len(text.lstrip(_SPACE))
    if not text.startswith("{", at):
        return
    at += 1
    while True:
        at = _past_space(text, at)
        try:
            _, end = _DECODER.raw_decode(text, at)
            colon = _past_space(text, end)
            if text[colon : colon + 1] != ":":
                return
            value = _past_space(text, colon + 1)
            _, end = _DECODER.raw_decode(text, value)
        except (ValueError, RecursionError):
            return
        after = _past_space(text, end)
        if text[after : after + 1] not in (",", "}"):
            return
        yield at, value, end
        if text[after] == "}":
            return
        at = after + 1


def _past_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _beginning_of_wrapped(start: bytes, most: int) -> list[str]:
    """The first elements of an object that wraps records and is longer than what has been read of it."""
    text = start.decode("utf-8", "replace")
    for key in _WRAPPERS:
        name = text.find(f'"{key}"', 0, 4096)
        bracket = text.find("[", name) if name >= 0 else -1
        if bracket < 0 or text[name + len(key) + 2 : bracket].strip() != ":":
            continue
        found: list[str] = []
        try:
            for element in _array(_Text(iter([text[bracket + 1 :].encode("utf-8", "replace")]))):
                found.append(element)
                if len(found) == most:
                    break
        except NoDocumentError:
            pass
        if found:
            return found
    whole = beginning(text)
    return [whole] if whole else []
