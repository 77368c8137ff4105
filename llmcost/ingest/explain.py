"""How a file's lines are read: what was recognised, what each field became, what was ignored."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from llmcost.engine.store import Store
from llmcost.errors import LlmcostError
from llmcost.ingest import chains, formats, lines, run, sources, staging
from llmcost.ingest.detect import UNCLAIMED, detect, structure, unrecognised
from llmcost.ingest.propose import Proposal, propose

_MACHINERY = ("source_id", "line_no", "record_no", "claimed", "format", "fault", "carries_call", "is_repeat", "raw",
              "excerpt", "reason", "openings", "texts", "mapped_fields", "line_hash")  # fmt: skip
_ENOUGH_BYTES = 64 << 20


@dataclass(frozen=True)
class Line:
    """One line, as a format reads it."""

    number: int
    format: str
    outcome: str  # "a call", "no call", or why it is rejected
    fields: dict[str, Any]  # what the line says, normalised; nothing that it leaves out
    ignored: list[str]  # paths of the line that the format does not read


def explain(store: Store, path: str, format_asked: str = "auto", count: int = 3) -> list[Line] | Proposal:
    """The first lines of each format in a file, calls before others; of a log that no format knows a mapping for it.

    Needs a store to compute in; changes nothing. Raises LlmcostError for a file that is not a log.
    """
    chains.prepare(store)
    file = next((found for found in sources.find([path]).files if found.path == path), None)
    if file is None:
        raise LlmcostError(f"{path} is not a file", hint="--explain accepts one file")
    source = sources.resume(file, {})
    assert source is not None
    [detection] = detect(store, [source], format_asked, set())
    if detection.problem == UNCLAIMED:
        return propose(store, detection)
    if not detection.formats:
        raise unrecognised(detection)
    batches = []
    size = 0
    for batch in staging.stream_of([detection], lambda _: None):
        batches.append(batch)
        size += batch.nbytes
        if size > _ENOUGH_BYTES:
            break
    values = run.bound({})
    shown: list[Line] = []
    with store.relation("sample", pa.Table.from_batches(batches, lines.SCHEMA)):
        for name in detection.formats:
            rows = store.rows(
                f"select read.*, sample.raw as text from ({staging.read_as(name, 'sample')}) as read"
                " join sample using (source_id, line_no) where read.claimed"
                " order by read.carries_call desc, read.line_no limit $count",
                values | {"count": count},
            )
            shown += [_line(name, row) for row in rows]
    return shown


def _line(name: str, row: dict[str, Any]) -> Line:
    text = row.pop("text")
    fields = {key: value for key, value in row.items() if key not in _MACHINERY and value not in (None, [], {})}
    outcome = "no call" if not row["carries_call"] else "a call" if row["reason"] is None else row["reason"]
    read = structure(formats.find(name))
    try:
        ignored = list(dict.fromkeys(_unread(json.loads(text), read, "$")))
    except (ValueError, RecursionError):
        ignored = []
    return Line(row["line_no"], name, outcome, fields if row["carries_call"] else {}, ignored)


def _unread(value: Any, read: Any, path: str) -> Iterator[str]:
    """The paths of a value that the structure to read does not name."""
    if isinstance(value, dict) and isinstance(read, dict):
        for key, inner in value.items():
            if key not in read:
                yield f"{path}.{key}"
            else:
                yield from _unread(inner, read[key], f"{path}.{key}")
    elif isinstance(value, list) and isinstance(read, list) and read:
        for inner in value:
            yield from _unread(inner, read[0], f"{path}[]")
