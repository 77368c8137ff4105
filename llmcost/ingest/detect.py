"""Which format a file is in, told by its content."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pyarrow as pa

from llmcost.engine import registry
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError
from llmcost.ingest import documents, formats, lines

_QUICK = (3, 1 << 14)
_THOROUGH = (500, 1 << 18)
"""Lines and bytes of a file looked at: first a few, then many where the few say nothing."""


@dataclass
class Detection:
    """A file and the formats that claim lines of it, the most frequent first; none: it is no log."""

    source: lines.Source
    formats: list[str] = field(default_factory=list)
    elements: list[Any] | None = None  # of a file that is one JSON document


def detect(store: Store, pending: Iterable[lines.Source], format_asked: str, named: set[str]) -> list[Detection]:
    """The formats of every source. Raises LlmcostError when a named file is of none, or any file of two."""
    detections = [Detection(source) for source in pending]
    for number, detection in enumerate(detections):
        detection.source.source_id = detection.source.source_id or -1 - number  # told apart until they get their own
    if format_asked != "auto":
        for detection in detections:
            _look(detection, *_QUICK)
            detection.formats = [format_asked]
        return detections
    unknown = detections
    for limit in (_QUICK, _THOROUGH):
        unknown = _sniff(store, unknown, *limit)
    for detection in unknown:
        if detection.source.path in named:
            raise _unrecognised(detection.source)
    return detections


def parsed_lines(query: registry.Query, relation: str) -> str:
    """SQL: what a format's SELECT reads as `lines`: `line` and the typed columns, one row a record.

    A line is one record, unless the format says under `records` which it wraps: then each is a row with the column
    `record`, and a line that wraps none keeps one row, without a record. With `within` the record is what stands there,
    or the line itself.
    """
    rows = f"select *, 1 as record_no from ({_typed(query, relation)})"
    if "within" in query.fields:
        rows = f"select *, coalesce({query.field('within')}, {_itself(query)}) as record from ({rows})"
    if "records" in query.fields:
        records = f"({query.field('records')})"
        if "record" in query.fields:
            records = f"coalesce({records}, [{_itself(query)}])"
        rows = f"""
            select * exclude (wrapped), unnest(case when len(wrapped) > 0 then wrapped else [null] end) as record,
                generate_subscripts(case when len(wrapped) > 0 then wrapped else [null] end, 1)::integer as record_no
            from (select *, case when claimed then {records} end as wrapped from ({_typed(query, relation)}))"""
    return f"""
        select
            {{'source_id': source_id, 'line_no': line_no, 'record_no': record_no, 'raw': raw, 'fault': fault,
             'claimed': claimed}} as line,
            * exclude (source_id, line_no, record_no, raw, fault, claimed)
        from ({rows})"""


def structure(query: registry.Query) -> dict[str, Any]:
    """What a format reads of a line: its columns and, where the line may itself be a record, the record's fields."""
    record = query.field("record", "{}")
    columns: dict[str, Any] = json.loads(query.field("columns", "{}").replace('"record"', record))
    fields: dict[str, Any] = json.loads(record)
    return columns | fields


def claim(store: Store, relation: str) -> None:
    """Makes `claims`: which of the relation's lines which formats claim."""
    selects = [
        f"select source_id, line_no, unnest(list_filter([{_names(together)}], lambda name: name is not null)) as format"
        f" from ({_read(columns, relation)})"
        for columns, together in _readable_together(formats.known().values())
    ]
    store.execute(f"create or replace temp table claims as {' union all '.join(selects)}")


def _names(together: Iterable[registry.Query]) -> str:
    return ", ".join(f"case when {query.field('claims')} then '{query.name}' end" for query in together)


def _readable_together(queries: Iterable[registry.Query]) -> list[tuple[dict[str, Any], list[registry.Query]]]:
    """Formats whose claims can be told from one reading of a line, and what that has to read."""
    groups: list[tuple[dict[str, Any], list[registry.Query]]] = []
    for query in queries:
        claims = query.field("claims")
        named = {name: kind for name, kind in structure(query).items() if re.search(rf"\b{re.escape(name)}\b", claims)}
        for number, (columns, together) in enumerate(groups):
            both = _merged(columns, named)
            if both is not None:
                groups[number] = (both, [*together, query])
                break
        else:
            groups.append((named, [query]))
    return groups


def _merged(one: Any, other: Any) -> Any:
    """What reads what both do; None where they read one name in two ways, or spell it in two."""
    if isinstance(one, dict) and isinstance(other, dict):
        both = {name: _merged(one[name], other[name]) if name in one else kind for name, kind in other.items()}
        apart = {name.lower() for name in one | other}
        return None if None in both.values() or len(apart) < len(one | other) else one | both
    if isinstance(one, list) and isinstance(other, list):
        inner = _merged(one[0], other[0])
        return None if inner is None else [inner]
    return one if one == other else None


def _typed(query: registry.Query, relation: str) -> str:
    """SQL: the relation's lines with the format's typed columns, and `claimed`."""
    return f"select *, coalesce(({query.field('claims')}), false) as claimed from ({_read(structure(query), relation)})"


def _read(columns: dict[str, Any], relation: str) -> str:
    """SQL: the relation's lines with these columns; none where a format is none of JSON and reads `raw`."""
    if not columns:
        return f"select source_id, line_no, raw, fault from {relation}"
    text = json.dumps(columns).replace("'", "''")
    return f"""
        select source_id, line_no, raw, fault, unnest(try(from_json(
            case when fault is null and starts_with(ltrim(left(raw, 9)), '{{') then raw end, '{text}')))
        from {relation}"""


def _itself(query: registry.Query) -> str:
    """SQL: the line's own fields as a record."""
    fields = ", ".join(f"'{name}': \"{name}\"" for name in json.loads(query.field("record")))
    return f"{{{fields}}}"


def _sniff(store: Store, detections: list[Detection], max_lines: int, max_bytes: int) -> list[Detection]:
    """Fills in the formats of those that show one; returns the others."""
    batches = [batch for detection in detections for batch in _look(detection, max_lines, max_bytes)]
    if not batches:
        return detections
    with store.relation("sample", pa.Table.from_batches(batches)):
        claim(store, "sample")
    both = store.rows(
        "select source_id, line_no, list(format order by format) as formats from claims"
        " group by all having count(*) > 1 order by all limit 1"
    )
    by_id = {detection.source.source_id: detection for detection in detections}
    if both:
        path = by_id[both[0]["source_id"]].source.path
        raise LlmcostError(
            f"{path} line {both[0]['line_no']} is claimed by {' and '.join(both[0]['formats'])}",
            hint="say which with --format NAME",
        )
    for row in store.rows(
        "select source_id, format from claims group by all order by source_id, count(*) desc, format"
    ):
        by_id[row["source_id"]].formats.append(row["format"])
    return [detection for detection in detections if not detection.formats]


def _look(detection: Detection, max_lines: int, max_bytes: int) -> list[pa.RecordBatch]:
    """The file's first lines, at least one whole line where there is one."""
    source = detection.source
    start = lines.head(source.file, max_bytes).removeprefix(lines.BYTE_ORDER_MARK)
    if lines.is_binary(start):
        return []
    look = lines.Source(source.path, source.file, source_id=source.source_id)
    if documents.looks_like_one(start):
        detection.elements = documents.elements(source)
    if detection.elements is not None:
        return list(documents.read(look, detection.elements[:max_lines]))
    if b"\n" not in start:
        start = lines.head(source.file, lines.MAX_LINE_BYTES)
    whole, line_break, rest = start.rpartition(b"\n")
    texts = list(islice((whole if line_break else rest).split(b"\n"), max_lines))
    return [lines.table(look, pa.array([text.decode("utf-8", "replace") for text in texts], pa.string()), None)]


def _unrecognised(source: lines.Source) -> LlmcostError:
    start = lines.head(source.file, 1 << 13)
    if not start:
        return LlmcostError(f"{source.path} is empty or cannot be decompressed", hint="check how it was written")
    if lines.is_binary(start):
        return LlmcostError(f"{source.path} is not a text file", hint="llmcost reads JSON lines, plain, .gz or .zst")
    known = ", ".join(formats.known())
    return LlmcostError(f"no format claims {source.path}", hint=f"known formats: {known}; name one with --format NAME")
