"""Log files into the store: recognise, normalise, merge, account for every line.

The work is SQL (`queries/formats`, `queries/ingest`); this module streams lines
into it. Each group of whole files is one transaction, so that an ingest that dies
leaves the store as it was or with whole files.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from llmcost.attribution import apply
from llmcost.attribution.texts import NO_TEXTS, Texts
from llmcost.engine import registry
from llmcost.engine.compose import compose
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError, UsageError, did_you_mean
from llmcost.ingest import documents, formats, lines, sources
from llmcost.ingest.detect import Detection, claim, detect, parsed_lines, structure
from llmcost.metrics import counts
from llmcost.prices import book

GROUP_BYTES = 512 << 20
"""Files are read in groups of about this many bytes, one transaction each."""

COUNTS = ("lines", "requests", "duplicates", "no_call", "rejects")


@dataclass
class Account:
    """What became of every line of one run: lines = requests + duplicates + no_call + rejects."""

    files: int = 0
    unchanged: int = 0  # files of which the store had everything already
    skipped: list[str] = field(default_factory=list)  # files in folders that are no logs
    formats: dict[str, dict[str, int]] = field(default_factory=dict)
    cost_usd: float | None = None  # of the requests this run added or completed; null: none has a price
    unpriced_requests: int = 0

    def add(self, row: dict[str, Any]) -> None:
        """Counts one row of the ledger in."""
        counts = self.formats.setdefault(row["format"] or "unrecognised", dict.fromkeys(COUNTS, 0))
        for name in COUNTS:
            counts[name] += row[name]

    def total(self, name: str) -> int:
        """One count over all formats."""
        return sum(counts[name] for counts in self.formats.values())


@dataclass
class Progress:
    """What a progress bar is told: bytes to read in all, and bytes as they are read."""

    start: Callable[[int], None] = lambda _: None
    advance: Callable[[int], None] = lambda _: None


@dataclass
class _Run:
    """What one call of `ingest` was asked, and what it has come to."""

    asked: str  # a format, or auto
    texts: Texts
    values: dict[str, registry.Value]  # of the formats' parameters
    account: Account
    progress: Progress


def ingest(
    store: Store,
    paths: Sequence[str],
    format_asked: str = "auto",
    progress: Progress | None = None,
    assumed: Mapping[str, str] | None = None,
    texts: Texts = NO_TEXTS,
) -> Account:
    """Reads every new line under the paths into the store.

    `assumed` is what the user says of logs that do not say it themselves: parameters of formats, by name.
    `texts` says whether the texts are kept too. Raises
    LlmcostError, before anything is written, for a path that does not exist and for a named file that no format or
    more than one format claims.
    """
    run = _Run(format_asked, texts, bound(assumed or {}), Account(), progress or Progress())
    if format_asked != "auto":
        formats.find(format_asked)
    store.script("ingest/macros.sql")
    apply.prepare(store, texts)
    book.refresh(store)

    account = run.account
    found = sources.find(paths)
    before = sources.seen(store, format_asked, texts.keep)
    pending: list[lines.Source] = []
    for file in found:
        if not sources.readable(file):
            account.skipped.append(file.path)
        elif (source := sources.resume(file, before)) is not None:
            pending.append(source)
        else:
            account.unchanged += 1
    detections = detect(store, pending, format_asked, {file.path for file in found if file.named})
    account.skipped += [detection.source.path for detection in detections if not detection.formats]
    logs = [detection for detection in detections if detection.formats]
    account.files = account.unchanged + len(logs)
    if account.files == 0:
        known = ", ".join(formats.known())
        raise LlmcostError(f"no log found in {', '.join(paths)}", hint=f"known formats: {known}")

    run.progress.start(sum(detection.source.size() for detection in logs))
    for group in _groups(logs):
        with store.transaction():
            _ingest_group(store, group, run)
    return account


def bound(assumed: Mapping[str, str]) -> dict[str, registry.Value]:
    """Every parameter of every format: a name means the same in each."""
    values: dict[str, registry.Value] = {}
    for query in formats.known().values():
        own = {parameter.name for parameter in query.parameters}
        values |= query.bind({name: word for name, word in assumed.items() if name in own})
    for name in assumed:
        if name not in values:
            raise UsageError(f"no format leaves {name} open", hint=did_you_mean(name, sorted(values)))
    return values


def _groups(detections: Iterable[Detection]) -> Iterator[list[Detection]]:
    """Files of one leading format, about GROUP_BYTES together."""
    by_format: dict[str, list[Detection]] = {}
    for detection in detections:
        by_format.setdefault(detection.formats[0], []).append(detection)
    for members in by_format.values():
        group: list[Detection] = []
        size = 0
        for detection in members:
            group.append(detection)
            size += detection.source.size()
            if size >= GROUP_BYTES:
                yield group
                group, size = [], 0
        if group:
            yield group


def _ingest_group(store: Store, group: list[Detection], run: _Run) -> None:
    sizes = [detection.source.size() for detection in group]
    next_id = int(store.value("select coalesce(max(source_id), 0) + 1 from ledger"))
    for detection in group:
        if detection.source.source_id < 0:
            detection.source.source_id = next_id
            next_id += 1
    _stage(store, group, run)
    counts.begin(store)
    entries = _set_repeats_apart(store, group[0].source.source_id)
    _name_models(store)
    before = store.value("select coalesce(max(rowid), -1) from requests")
    _merge(store)
    apply.attribute(store, before, run.texts)
    entries += store.rows(f"insert into ledger {_query('account')} returning *")
    for entry in entries:
        run.account.add(entry)
    whole = {entry["source_id"] for entry in entries if entry["format"] and _needs_whole_files(entry["format"])}
    whole |= {detection.source.source_id for detection in group if detection.elements is not None}
    _remember(
        store,
        [
            sources.record(detection.source, run.asked, size=size, document=detection.source.source_id in whole)
            | {"keeps_text": run.texts.keep}
            for detection, size in zip(group, sizes, strict=True)
        ],
    )
    store.execute(f"insert into rejects {_query('rejects')}")
    added = counts.count(store, before, entries)
    if added.cost_usd is not None:
        run.account.cost_usd = (run.account.cost_usd or 0.0) + added.cost_usd
    run.account.unpriced_requests += added.unpriced_requests


def _remember(store: Store, records: list[dict[str, Any]]) -> None:
    """Writes down how far the sources have been read; rejects of what was read anew make room for new ones."""
    with store.relation("records", pa.Table.from_pylist(records)):
        store.execute(
            "delete from rejects using records"
            " where rejects.source_id = records.source_id and rejects.line_no > records.start_line"
        )
        store.execute("delete from sources where source_id in (select source_id from records)")
        store.execute("insert into sources by name select * exclude (start_line) from records")


def _needs_whole_files(name: str) -> bool:
    return "stateful" in formats.find(name).fields


def _stage(store: Store, group: list[Detection], run: _Run) -> None:
    """Reads the group's lines into `staged`, one row a line that a format claims, and `leftover`, the others.

    The leading format reads the stream; lines it does not claim are offered to the others.
    """
    lead = group[0].formats[0]
    with store.stream("stream", lines.SCHEMA, stream_of(group, run.progress.advance)):
        store.execute(f"create or replace temp table staged as {read_as(lead, 'stream')}", run.values)
    store.execute(
        "create or replace temp table unclaimed as select source_id, line_no, raw, fault from staged where not claimed"
    )
    if run.asked == "auto" and store.value("select count(*) from unclaimed") > 0:
        claim(store, "unclaimed")
        for row in store.rows("select distinct format from claims order by format"):
            _take_over(store, row["format"], run.values)
    store.execute("delete from staged where not claimed")
    store.execute(f"create or replace temp table leftover as {_query('leftover')}")


def _take_over(store: Store, name: str, values: dict[str, registry.Value]) -> None:
    """Moves the lines that a further format claims from `unclaimed` to `staged`."""
    store.execute(f"insert into staged by name select * from ({read_as(name, 'unclaimed')}) where claimed", values)
    store.execute(
        "delete from unclaimed using claims where claims.format = $name"
        " and unclaimed.source_id = claims.source_id and unclaimed.line_no = claims.line_no",
        {"name": name},
    )


def stream_of(group: list[Detection], on_bytes: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
    for detection in group:
        if detection.elements is not None:
            yield from documents.read(detection.source, detection.elements, on_bytes)
        else:
            yield from lines.read(detection.source, on_bytes)


def read_as(name: str, relation: str) -> str:
    """SQL: the relation's lines as one format reads them, normalised."""
    query = formats.find(name)
    further = [("drafts", _query("further"))] if "further" in query.fields else []
    names = ", ".join(f"'{name}'" for name in sorted(_leaves(structure(query))) if name.replace("_", "a").isalnum())
    return compose(
        [
            ("lines", parsed_lines(query, relation)),
            ("known", f"select cast([{names}] as varchar[]) as names"),
            ("drafts", f"{_query('drafts')} union all by name ({query.body})"),
            *further,
            ("counted", _query("counted")),
            ("normalised", _query("normalise")),
        ],
        f"""
        select
            line.source_id, line.line_no, line.record_no, line.claimed, '{name}' as format, line.fault,
            line.claimed and coalesce(carries_call, false) as carries_call, false as is_repeat,
            case when not line.claimed or reason is not null then line.raw end as raw,
            * exclude (line, carries_call)
        from normalised""",
    )


def _leaves(fields: Any) -> Iterator[str]:
    """The names under which a format reads values."""
    if isinstance(fields, list):
        yield from _leaves(fields[0])
    elif isinstance(fields, dict):
        for name, inner in fields.items():
            yield from _leaves(inner) if isinstance(inner, dict | list) else (name,)


def _set_repeats_apart(store: Store, source_id: int) -> list[dict[str, Any]]:
    """Marks records, and removes requests, whose usage is that of the records below them in their trace, and copies of
    calls that lack a part of their id.

    Returns what that changes in the ledger about earlier runs.
    """
    repeats = _query("bare")
    if store.value("select count(trace_id) from staged") > 0:
        store.execute(f"create or replace temp table met as {_query('met')}")
        store.execute("delete from spans where request_id in (select request_id from met)")
        store.execute("insert into spans by name from met")
        repeats = f"from ({repeats}) union from ({_query('repeats')})"
    store.execute(f"create or replace temp table repeats as {repeats}")
    if store.value("select count(*) from repeats") == 0:
        return []
    store.execute("update staged set is_repeat = true where carries_call and request_id in (from repeats)")
    entries = store.rows(f"insert into ledger {_query('overcounted')} returning *", {"source_id": source_id})
    counts.remove(store, "from repeats")
    return entries


def _name_models(store: Store) -> None:
    """Finds the price table's names, and its prices, for models and regions that the store has not met."""
    regions = store.rows("select distinct region from staged where region is not null and carries_call")
    book.meet(store, (row["region"] for row in regions))
    new = store.rows(
        "select distinct provider as provider_logged, model_logged from staged"
        " where carries_call and reason is null and not is_repeat and model_logged is not null"
        " except select provider_logged, model_logged from models"
    )
    if new:
        book.learn(store, ((row["provider_logged"], row["model_logged"]) for row in new))


def _merge(store: Store) -> None:
    """Adds the calls to `requests`, one row a call."""
    store.execute(f"create or replace temp view calls as {_query('calls')}")
    store.execute(f"create or replace temp table contested as {_query('contested')}")
    store.execute(f"create or replace temp table winners as {_query('winners')}")
    counts.remove(store, "select request_id from contested where in_store")
    store.execute(
        "insert into requests by name select * exclude (source_id, line_no, record_no) from calls"
        " where request_id not in (select request_id from contested)"
    )
    store.execute("insert into requests by name from winners")


def _query(name: str) -> str:
    return registry.find("ingest", name).body
