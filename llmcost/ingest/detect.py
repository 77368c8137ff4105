"""Which format a file is in, recognised by its content."""

import json
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pyarrow as pa

from llmcost.engine import registry
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError
from llmcost.ingest import documents, formats, lines, paths, repeated_keys, streams
from llmcost.ingest.structures import spelled_out

RECORDS = 1_000_000
"""A line's records are numbered from 1, those of the next whole piece of a torn line from here on."""

_LOOKS = ((3, 1 << 14), (500, 1 << 18), (20_000, 4 << 20))
"""Lines and bytes of a file looked at: first a few, then more where they say nothing."""
UNCLAIMED = "no format claims it"
"""The problem of a file that is a text and no log that is known."""
_TOGETHER_BYTES = 32 << 20
"""Files are looked at together up to this much of their text."""


_LONG_TEXT = re.compile(rb"""(?<=[:,\[ ]")((?:[^"\\]|\\u.{4}|\\.){128,256}+)(?:[^"\\]++|\\.)++(?=")""", re.DOTALL)
"""A prompt, or a picture in base64: what follows its beginning says nothing of the format. The pattern never goes back,
so that the time grows with the length alone."""


@dataclass
class Detection:
    """A file and the formats that claim lines of it, the most frequent first; without any it is not a log."""

    source: lines.Source
    formats: list[str] = field(default_factory=list)
    problem: str = ""  # why it cannot be read as a log; "" while unknown, or where it is empty


def detect(store: Store, pending: Iterable[lines.Source], format_asked: str, named: set[str]) -> list[Detection]:
    """The formats of every source. Raises LlmcostError when a named file has none, or two at once."""
    detections = [Detection(source) for source in pending]
    for number, detection in enumerate(detections):
        detection.source.source_id = detection.source.source_id or -1 - number  # distinct until they get their own
    if format_asked != "auto":
        for detection in detections:
            _look(detection, *_LOOKS[0], is_last=False)
            detection.formats = [format_asked]
        return detections
    unknown = detections
    for number, limit in enumerate(_LOOKS, 1):
        unknown = _sniff(store, unknown, *limit, is_last=number == len(_LOOKS))
    for detection in unknown:
        detection.problem = detection.problem or _problem(detection.source)
    for detection in detections:
        if detection.source.path in named and not detection.formats:
            raise unrecognised(detection)
    return detections


def parsed_lines(query: registry.Query, relation: str) -> str:
    """SQL: what a format's SELECT reads as `lines`: `line` and the typed columns, one row a record.

    A line is one record, unless the format says under `records` which it wraps: then each is a row with the column
    `record`, and a line that wraps none keeps one row, without a record. With `within` the record is the value there,
    or the line itself.
    """
    typed = f"select * replace ({repeated_keys.fault(structure(query))} as fault) from ({_typed(query, relation)})"
    first = f"1 + (piece - 1) * {RECORDS}"  # the first record of each whole piece of a torn line
    rows = f"select *, ({first})::integer as record_no from ({typed})"
    if "within" in query.fields:
        rows = f"select *, coalesce({query.field('within')}, {_itself(query)}) as record from ({rows})"
    if "records" in query.fields:
        records = f"({query.field('records')})"
        if "record" in query.fields:
            records = f"coalesce({records}, [{_itself(query)}])"
        rows = f"""
            select * exclude (wrapped), unnest(case when len(wrapped) > 0 then wrapped else [null] end) as record,
                ({first} - 1 + generate_subscripts(case when len(wrapped) > 0 then wrapped else [null] end, 1))::integer
                    as record_no
            from (select *, case when claimed then {records} end as wrapped from ({typed}))"""
    return f"""
        select
            {{'source_id': source_id, 'line_no': line_no, 'record_no': record_no, 'raw': raw,
             'fault': fault, 'claimed': claimed}} as line,
            * exclude (source_id, line_no, piece, record_no, raw, fault, claimed)
        from ({rows})"""


def structure(query: registry.Query) -> dict[str, Any]:
    """What a format reads of a line: its columns and, where the line may itself be a record, the record's fields."""
    record: dict[str, Any] = spelled_out(query.field("record", "{}"))
    columns: dict[str, Any] = _with_records(spelled_out(query.field("columns", "{}")), record)
    return columns | record


def _with_records(kind: Any, record: dict[str, Any]) -> Any:
    """A type with the record's fields where it says so."""
    if isinstance(kind, dict):
        return {name: _with_records(inner, record) for name, inner in kind.items()}
    if isinstance(kind, list):
        return [_with_records(inner, record) for inner in kind]
    return record if kind == "record" else kind


def claim(store: Store, relation: str) -> None:
    """Makes `claims`: which of the relation's lines which formats claim."""
    selects = [
        f"select source_id, line_no, piece, unnest(list_filter([{_names(together)}], lambda name: name is not null))"
        f" as format from ({_read(columns, 'checked')})"
        for columns, together in _readable_together(formats.known().values())
    ]
    # Some of these lines are broken, and each reading would find that anew.
    checked = f"""
        select source_id, line_no, piece, raw, case
            when fault is null and starts_with(ltrim(left(raw, 9)), '{{')
            then case when not json_valid(raw) then 'not JSON' end
            else fault
        end as fault
        from {relation}"""
    store.execute(
        f"create or replace temp table claims as with checked as materialized ({checked}) {' union all '.join(selects)}"
    )


def _names(together: Iterable[registry.Query]) -> str:
    return ", ".join(f"case when {_claims(query)} then '{query.name}' end" for query in together)


def _claims(query: registry.Query) -> str:
    """SQL: whether a line is this format's: it says so, and none does that wraps lines of this format."""
    own = f"fault is null and coalesce(({query.field('claims')}), false)"
    return " and ".join([own, *(f"not coalesce(({it.field('claims')}), false)" for it in _wrapping(query))])


def _wrapping(query: registry.Query) -> list[registry.Query]:
    """The formats whose lines hold lines of this one."""
    return [it for it in formats.known().values() if query.name in re.split(r",\s*", it.field("wraps"))]


def _claimed_by(query: registry.Query) -> dict[str, Any]:
    """What has to be read of a line to decide whether the format claims it."""
    found: dict[str, Any] = {}
    for it in (query, *_wrapping(query)):
        claims = it.field("claims")
        named = {name: kind for name, kind in structure(it).items() if _is_named(paths.column(name), claims)}
        both = _merged(found, named)
        if both is None:
            raise ValueError(f"{it.name} cannot wrap {query.name}: they read a field in two ways")
        found = both
    return found


def _is_named(name: str, sql: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(paths.quoted(name)[1:-1])}(?!\w)", sql) is not None


def _readable_together(queries: Iterable[registry.Query]) -> list[tuple[dict[str, Any], list[registry.Query]]]:
    """Formats whose claims one reading of a line can decide, and what that has to read."""
    groups: list[tuple[dict[str, Any], list[registry.Query]]] = []
    for query in queries:
        named = _claimed_by(query)
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
    own = structure(query)
    columns = _merged(own, _claimed_by(query))
    if columns is None:
        raise ValueError(f"{query.name} reads a field in another way than a format that wraps it")
    others = [name for name in columns if name not in own]
    hidden = f" exclude ({', '.join(paths.quoted(paths.column(name)) for name in others)})" if others else ""
    return f"select *{hidden}, {_claims(query)} as claimed from ({_read(columns, relation)})"


def _read(columns: dict[str, Any], relation: str) -> str:
    """SQL: the relation's lines with these columns; without columns where a format is not JSON and reads `raw`."""
    if not columns:
        return f"select source_id, line_no, piece, raw, fault from {relation}"
    text = json.dumps(columns).replace("'", "''")
    # Where `try` catches an error, the lines near it are read one by one, which costs ten times as much as looking for
    # it first. A line that begins and ends as an object seldom holds one. The usual line is a branch of its own, since
    # every condition of an `or` is computed for every line.
    fields = f"""try(from_json(
            case
                when fault is null and starts_with(raw, '{{') and ends_with(raw, '}}' || chr(10)) then raw
                when fault is null and starts_with(ltrim(left(raw, 9)), '{{')
                    and (ends_with(raw, '}}') or ends_with(raw, '}}' || chr(10)) or json_valid(raw))
                then raw
            end,
            '{text}'))"""
    if all(paths.column(name) == name for name in columns):
        return f"select source_id, line_no, piece, raw, fault, unnest({fields}) from {relation}"
    renamed = ", ".join(f"fields.{paths.quoted(name)} as {paths.quoted(paths.column(name))}" for name in columns)
    return f"""
        select source_id, line_no, piece, raw, fault, {renamed}
        from (select source_id, line_no, piece, raw, fault, {fields} as fields from {relation})"""


def _itself(query: registry.Query) -> str:
    """SQL: the line's own fields as a record."""
    values = ", ".join(f"'{name}': \"{name}\"" for name in spelled_out(query.field("record")))
    return f"{{{values}}}"


def _sniff(
    store: Store, detections: list[Detection], max_lines: int, max_bytes: int, *, is_last: bool
) -> list[Detection]:
    """Fills in the formats of those that show one; returns the others that may still."""
    unknown: list[Detection] = []
    together: list[Detection] = []
    batches: list[pa.RecordBatch] = []
    size = 0
    for detection in detections:
        together.append(detection)
        looked = _look(detection, max_lines, max_bytes, is_last=is_last)
        batches += looked
        size += sum(batch.nbytes for batch in looked)
        if size > _TOGETHER_BYTES:
            unknown += _recognise(store, together, batches)
            together, batches, size = [], [], 0
    return unknown + _recognise(store, together, batches)


def _recognise(store: Store, detections: list[Detection], batches: list[pa.RecordBatch]) -> list[Detection]:
    if not batches:
        return detections
    with store.relation("sample", pa.Table.from_batches(batches).combine_chunks()):
        claim(store, "sample")
    by_id = {detection.source.source_id: detection for detection in detections}
    for row in store.rows(
        "select source_id, min(line_no) as line_no, min_by(formats, line_no) as formats from ("
        "select source_id, line_no, list(format order by format) as formats from claims"
        " group by all having count(*) > 1) group by source_id"
    ):
        detection = by_id.pop(row["source_id"])
        detection.problem = f"line {row['line_no']} is claimed by {' and '.join(row['formats'])}"
    for row in store.rows(
        "select source_id, format from claims group by all order by source_id, count(*) desc, format"
    ):
        if row["source_id"] in by_id:
            by_id[row["source_id"]].formats.append(row["format"])
    return [detection for detection in detections if not detection.formats and not detection.problem]


def _look(detection: Detection, max_lines: int, max_bytes: int, *, is_last: bool) -> list[pa.RecordBatch]:
    """The file's first lines. The last look goes on where not even one is whole: to its end, or what is whole of it."""
    source = detection.source
    try:
        start, end = streams.head(source.file, max_bytes)
        texts = _whole(source, start, end, max_lines)
        is_cut = not texts or (not source.is_document and documents.looks_like_one(start, is_whole=False))
        if is_cut and is_last and not end and not _is_binary(start):
            start, end = streams.head(source.file, lines.MAX_LINE_BYTES)
            start = _LONG_TEXT.sub(rb"\1", start)
            texts = _whole(source, start, end, max_lines)
    except OSError as error:
        detection.problem = streams.why(error)
        return []
    if not texts and is_last and (cut := documents.beginning(lines.repaired(start).decode("utf-8", "replace"))):
        texts = [cut]
    return [lines.numbered(lines.Source(source.path, source.file, source_id=source.source_id), texts)] if texts else []


def _whole(source: lines.Source, start: bytes, end: str, max_lines: int) -> list[str]:
    """The whole lines, or elements of a document, that a file begins with; `end` says why there is no more."""
    start = lines.repaired(start)
    elements = documents.sample(start, max_lines, is_whole=end == "end")
    source.is_document = elements is not None
    if elements is not None:
        return elements
    whole, _, rest = start.rpartition(b"\n")
    texts = [text.decode("utf-8", "replace") for text in islice(whole.split(b"\n"), max_lines) if text.strip()]
    return [*texts, rest.decode("utf-8", "replace")] if rest.strip() and end else texts


def look(detection: Detection) -> list[pa.RecordBatch]:
    """The first lines of a file, enough to judge them by."""
    return _look(detection, *_LOOKS[1], is_last=False)


def _problem(source: lines.Source) -> str:
    """Why a file that no format claims is not a log; "" for an empty one."""
    try:
        start, end = streams.head(source.file, 1 << 14)
    except OSError as error:
        return streams.why(error)
    if end not in ("", "end"):
        return end
    if start.count(b"\x00") > len(start) // 100 or _is_binary(start):
        return "a binary file"
    return UNCLAIMED if start.strip() else ""


def _is_binary(start: bytes) -> bool:
    """Whether a file begins with bytes that are not UTF-8 text."""
    try:
        start.decode()
    except UnicodeDecodeError as error:
        return error.start < len(start) - 4  # else a character that is cut
    return False


def unrecognised(detection: Detection) -> LlmcostError:
    """What is wrong with a file that the user named and that has no format."""
    path, problem = detection.source.path, detection.problem
    if not problem:
        return LlmcostError(f"{path} is empty", hint="check how it was written")
    if " is claimed by " in problem:
        return LlmcostError(f"{path} {problem}", hint="choose one with --format NAME")
    if problem == "a binary file":
        return LlmcostError(f"{path} is a binary file", hint="llmcost reads JSON lines, plain, .gz or .zst")
    if problem == UNCLAIMED:
        known = ", ".join(formats.known())
        return LlmcostError(
            f"no format claims {path}",
            hint=f"llmcost ingest --explain {shlex.quote(path)} proposes a mapping for a log of your own;"
            f" known formats, for --format NAME: {known}",
        )
    return LlmcostError(f"{path} cannot be read: {problem}", hint="check how it was written")
