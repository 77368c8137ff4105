"""Files that are one JSON document rather than lines: each element becomes a line."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from llmcost.ingest import lines

MAX_BYTES = 1 << 30
"""A larger document is not held in memory; it is read as lines and its lines are rejected."""

_ELEMENTS_A_BATCH = 1000
_WRAPPERS = ("data", "observations", "traces", "results", "items")


def looks_like_one(start: bytes) -> bool:
    """Whether the first bytes are those of a JSON array, or of an object that goes on over several lines."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"["):
        return True
    if not text.startswith(b"{"):
        return False
    first, line_break, _ = text.partition(b"\n")
    if not line_break:
        return False
    try:
        json.loads(first)
    except ValueError:
        return first.strip() in (b"{", b"{}") or not first.rstrip().endswith(b"}")
    return False


def elements(source: lines.Source) -> list[Any] | None:
    """The document's elements; None when the file is no JSON document after all."""
    if source.size() > MAX_BYTES:
        return None
    try:
        document = json.loads(lines.head(source.file, MAX_BYTES))
    except ValueError:
        return None
    if isinstance(document, dict):
        wrapped = next((document[key] for key in _WRAPPERS if isinstance(document.get(key), list)), None)
        return [document] if wrapped is None or "id" in document or "trace" in document else wrapped
    return document if isinstance(document, list) else None


def read(
    source: lines.Source, found: list[Any], on_bytes: Callable[[int], None] = lambda _: None
) -> Iterator[pa.RecordBatch]:
    """The elements as lines, numbered from 1."""
    for start in range(0, len(found), _ELEMENTS_A_BATCH):
        batch = found[start : start + _ELEMENTS_A_BATCH]
        raw = pa.array([json.dumps(element, ensure_ascii=False) for element in batch], pa.string())
        yield lines.table(source, raw, None)
    source.end_byte = source.size()
    on_bytes(source.size())
