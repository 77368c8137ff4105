"""Lines as formats read them: into `staged` what a format claims, into `leftover` the rest.

A value that the engine refuses is found by halving and costs its line alone; torn lines are read in pieces.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from typing import Any

import pyarrow as pa

from llmcost.engine import registry
from llmcost.engine.compose import compose
from llmcost.engine.faults import is_about_a_value, needs_memory
from llmcost.engine.store import Store
from llmcost.ingest import documents, formats, lines, torn
from llmcost.ingest.detect import RECORDS, Detection, claim, parsed_lines, structure
from llmcost.ingest.large import LargeLines

_IN_STRUCTURE = re.compile(r'"(\w+)": ')
"""A name in a structure that a format's SELECT itself reads JSON by."""
_RESULTS = ("staged", "leftover")
_JOINED_BYTES = 1 << 20


def stage(
    store: Store,
    group: list[Detection],
    values: dict[str, registry.Value],
    on_bytes: Callable[[int], None],
    *,
    any_format: bool,
) -> None:
    """Reads the lines of the group's files: into `staged` those that a format claims, one row each, and into `leftover`
    the others.

    The leading format of files that follow one another reads their stream; with `any_format`, lines that it does not
    claim are offered to the others. `values` are those of the formats' parameters.
    """
    is_first = True
    for _ in _parts(store, group, values, on_bytes, any_format=any_format):
        for name in _RESULTS:
            if is_first:
                store.execute(f"drop table if exists all_{name}")
                store.execute(f"alter table {name} rename to all_{name}")
            else:
                store.execute(f"insert into all_{name} by name from {name}")
        is_first = False
    for name in _RESULTS:
        store.execute(f"drop table if exists {name}")
        store.execute(f"alter table all_{name} rename to {name}")


def _parts(
    store: Store,
    group: list[Detection],
    values: dict[str, registry.Value],
    on_bytes: Callable[[int], None],
    *,
    any_format: bool,
) -> Iterator[None]:
    """Reads the files a part at a time: `staged` and `leftover` are those of the part. The usual lines of the files of
    a format are one, and each large line is one."""
    for lead, detections in groupby(group, lambda detection: detection.formats[0]):
        files, large = list(detections), LargeLines(store)
        if formats.is_stateful(lead):  # what comes before a line or a piece of one decides what it means
            _read_in_order(store, files, lead, values, on_bytes)
        else:
            _read(store, lead, values, partial(_usual_lines, files, large, on_bytes))
        _offer_to_others(store, values, any_format=any_format)
        yield
        for batch in large.take():
            with store.one_thread():
                _read(store, lead, values, partial(iter, [batch]))
                _offer_to_others(store, values, any_format=any_format)
            yield


def _usual_lines(
    files: list[Detection], large: LargeLines, on_bytes: Callable[[int], None]
) -> Iterator[pa.RecordBatch]:
    return large.without(stream_of(files, on_bytes))


def _read(
    store: Store, lead: str, values: dict[str, registry.Value], batches: Callable[[], Iterator[pa.RecordBatch]]
) -> None:
    """Lines into `staged` as the leading format reads them, and what it does not claim into `unclaimed`."""
    _stage_stream(store, lead, values, batches)
    if torn := _torn(store):
        _put_pieces(store, torn)


def _read_in_order(
    store: Store,
    group: list[Detection],
    lead: str,
    values: dict[str, registry.Value],
    on_bytes: Callable[[int], None],
) -> None:
    """The same for a format whose lines mean something only together."""
    _stage_stream(store, lead, values, lambda: stream_of(group, on_bytes))
    if torn := _torn(store):
        by_id = {detection.source.source_id: detection.source for detection in group}
        for (source_id, line_no), pieces in torn.items():
            by_id[source_id].torn[line_no] = pieces
        _stage_stream(store, lead, values, lambda: stream_of(group, lambda _: None))


def _offer_to_others(store: Store, values: dict[str, registry.Value], *, any_format: bool) -> None:
    """Offers what is unclaimed to the other formats, where any may take it; `leftover` is what none takes."""
    if any_format and store.value("select count(*) from unclaimed") > 0:
        try:
            _offer(store, values)
        except Exception as error:
            if not needs_memory(error):
                raise
            with store.one_thread():
                _offer(store, values)
    store.execute("delete from staged where not claimed")
    store.execute(f"create or replace temp table leftover as {_query('leftover')}")


def _offer(store: Store, values: dict[str, registry.Value]) -> None:
    claim(store, "unclaimed")
    for row in store.rows("select distinct format from claims order by format"):
        _take_over(store, row["format"], values)


def _stage_stream(
    store: Store, lead: str, values: dict[str, registry.Value], batches: Callable[[], Iterator[pa.RecordBatch]]
) -> None:
    try:
        _stage(store, lead, values, batches)
    except Exception as error:
        if not needs_memory(error):
            raise
        with store.one_thread():
            _stage(store, lead, values, batches)
    store.execute(
        "create or replace temp table unclaimed as"
        f" select source_id, line_no, ((record_no - 1) // {RECORDS} + 1)::integer as piece, raw, fault"
        " from staged where not claimed"
    )


def _stage(
    store: Store, lead: str, values: dict[str, registry.Value], batches: Callable[[], Iterator[pa.RecordBatch]]
) -> None:
    try:
        with store.stream("stream", lines.SCHEMA, batches()):
            store.execute(f"create or replace temp table staged as {read_as(lead, 'stream')}", values)
    except Exception as error:
        if not is_about_a_value(error):
            raise
        with store.stream("stream", lines.SCHEMA, batches()):
            store.execute("create or replace temp table held as from stream")
        _held_apart(store, lead, "held", values)
        store.execute(f"create or replace temp table staged as {read_as(lead, 'held')}", values)
        store.execute("drop table held")


def _held_apart(store: Store, name: str, table: str, values: dict[str, registry.Value]) -> None:
    """Gives a fault to the lines of a table in which a format finds a value that the engine refuses.

    They are found by halving: a part that can be read holds none, one that cannot be is halved, down to a line.
    """
    store.execute(f"create or replace temp table in_order as select row_number() over () as place, * from {table}")
    parts = [(0, int(store.value("select count(*) from in_order")))]
    while parts:
        after, upto = parts.pop()
        part = f"(select * exclude (place) from in_order where place > {after} and place <= {upto})"
        try:
            store.execute(f"create or replace temp table tried as {read_as(name, part)}", values)
        except Exception as error:
            if not is_about_a_value(error):
                raise
            if upto - after > 1:
                middle = (after + upto) // 2
                parts += [(middle, upto), (after, middle)]
                continue
            store.execute(
                f"update {table} as lines set fault = $fault from in_order where in_order.place = {upto}"
                " and in_order.source_id = lines.source_id and in_order.line_no = lines.line_no"
                " and in_order.piece = lines.piece",
                {"fault": f"a value that the engine refuses ({type(error).__name__})"},
            )
    store.execute("drop table in_order")


def _torn(store: Store) -> dict[tuple[int, int], list[torn.Piece]]:
    """The unclaimed lines that are not JSON and hold whole records, in their pieces."""
    found: dict[tuple[int, int], list[torn.Piece]] = {}
    suspects = (
        "select source_id, line_no, raw from unclaimed where fault is null and not json_valid(raw)"
        f" and strlen(raw) < {torn.MAX_LINE_BYTES} and contains(raw, '{{') and contains(raw, '}}')"
    )
    for batch in store.batches(suspects, 1000):
        for row in batch.to_pylist():
            if pieces := torn.pieces(row["raw"]):
                found[row["source_id"], row["line_no"]] = pieces
    return found


def _put_pieces(store: Store, found: dict[tuple[int, int], list[torn.Piece]]) -> None:
    """Puts the pieces of torn lines in their place."""
    rows = [
        (source_id, line_no, number, text, fault)
        for (source_id, line_no), pieces in found.items()
        for number, (text, fault) in enumerate(pieces, 1)
    ]
    with store.relation("pieces", pa.Table.from_batches([lines.batch_of(rows)])):
        store.execute(
            "delete from unclaimed using pieces"
            " where unclaimed.source_id = pieces.source_id and unclaimed.line_no = pieces.line_no"
        )
        store.execute("insert into unclaimed by name select * from pieces")


def _take_over(store: Store, name: str, values: dict[str, registry.Value]) -> None:
    """Moves the lines that a further format claims from `unclaimed` to `staged`."""
    take_over = f"insert into staged by name select * from ({read_as(name, 'unclaimed')}) where claimed"
    try:
        store.execute(take_over, values)
    except Exception as error:
        if not is_about_a_value(error):
            raise
        _held_apart(store, name, "unclaimed", values)
        store.execute(take_over, values)
    store.execute(
        "delete from unclaimed using claims where claims.format = $name"
        " and unclaimed.source_id = claims.source_id and unclaimed.line_no = claims.line_no"
        " and unclaimed.piece = claims.piece",
        {"name": name},
    )


def stream_of(group: list[Detection], on_bytes: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
    """The lines of all files. Those of small files are joined: a format's SELECT takes 5 ms for a batch of one line."""
    held: list[pa.RecordBatch] = []
    size = 0
    for detection in group:
        read = documents.read if detection.source.is_document else lines.read
        for batch in read(detection.source, on_bytes):
            if size + batch.nbytes > _JOINED_BYTES and held:
                yield _joined(held)
                held, size = [], 0
            held.append(batch)
            size += batch.nbytes
    if held:
        yield _joined(held)


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)


def read_as(name: str, relation: str) -> str:
    """SQL: the relation's lines as one format reads them, normalised."""
    return read_with(formats.find(name), relation)


def read_with(query: registry.Query, relation: str) -> str:
    """SQL: the relation's lines as this format reads them, normalised."""
    further = [("drafts", _query("further"))] if "further" in query.fields else []
    known = {*_leaves(structure(query)), *_IN_STRUCTURE.findall(query.body)}
    names = ", ".join(f"'{name}'" for name in sorted(known) if name.replace("_", "a").isalnum())
    return compose(
        [
            ("lines", parsed_lines(query, relation)),
            ("known", f"select cast([{names}] as varchar[]) as names"),
            ("drafts", f"{_query('drafts')} union all by name ({query.body})"),
            *further,
            ("converted", _query("converted")),
            ("counted", _query("counted")),
            ("normalised", _query("normalise")),
            ("guarded", _query("guarded")),
        ],
        f"""
        select
            line.source_id, line.line_no, line.record_no, line.claimed, '{query.name}' as format, line.fault,
            line.claimed and coalesce(carries_call, false) as carries_call, false as is_repeat,
            case when not line.claimed then line.raw end as raw,
            case when line.claimed and reason is not null then excerpt_of(line.raw) end as excerpt,
            * exclude (line, carries_call)
        from guarded""",
    )


def _leaves(fields: Any) -> Iterator[str]:
    """The names under which a format reads values."""
    if isinstance(fields, list):
        yield from _leaves(fields[0])
    elif isinstance(fields, dict):
        for name, inner in fields.items():
            yield from _leaves(inner) if isinstance(inner, dict | list) else (name,)


def _query(name: str) -> str:
    return registry.find("ingest", name).body
