"""Log files into the store: recognise, normalise, merge, account for every line.

The work is SQL (`queries/formats`, `queries/ingest`); this module streams lines
into it. About half a gigabyte of whole files is one transaction, so that an ingest that dies
leaves the store as it was or with whole files.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import pyarrow as pa

from llmcost.attribution import apply
from llmcost.attribution.texts import NO_TEXTS, Texts
from llmcost.engine import registry
from llmcost.engine.faults import needs_memory
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError, UsageError, did_you_mean
from llmcost.ingest import chains, formats, lines, mapping_checks, reread, sources, staging, streams, uncounted, unite
from llmcost.ingest.detect import Detection, detect
from llmcost.metrics import counts
from llmcost.prices import book

GROUP_BYTES = 512 << 20
"""Files are added about this many bytes at a time, one transaction each."""

COUNTS = ("lines", "requests", "duplicates", "no_call", "rejects")


@dataclass
class Account:
    """What became of every line of one run: lines = requests + duplicates + no_call + rejects."""

    files: int = 0
    unchanged: int = 0  # files whose contents the store already had
    outdated: int = 0  # files read again, as their mapping or what was assumed for them has changed
    skipped: dict[str, str] = field(default_factory=dict)  # files that were found and not read: why
    formats: dict[str, dict[str, int]] = field(default_factory=dict)
    uncounted: list[str] = field(default_factory=list)  # files that state counts of tokens and gave no call
    empty_fields: dict[str, list[str]] = field(default_factory=dict)  # of mapped formats: fields that no line had
    cost_usd: float | None = None  # of the requests this run added or completed; null: none has a price
    calls: int = 0  # that the added requests stand for: a provider's aggregate is one line, and many of them
    unpriced_requests: int = 0
    assumed: list[dict[str, Any]] = field(default_factory=list)  # model, requests, cost_usd of assumed models

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
    """What a progress bar receives: bytes to read in total, and bytes as they are read."""

    start: Callable[[int], None] = lambda _: None
    advance: Callable[[int], None] = lambda _: None


@dataclass(frozen=True)
class Reading:
    """How files are read."""

    pipes: bool = True  # a pipe that is named is read to its end; else it is skipped
    trust_size: bool = False  # a file that unpacks to more than any log does is read all the same
    again: bool = False  # files are read from their start, also those that have not changed
    strict: bool = True  # what the user named and cannot be read is an error; else it is skipped, as in a folder


AS_USUAL = Reading()


@dataclass
class _Run:
    """What one call of `ingest` was asked, and what it has come to."""

    asked: str  # a format, or auto
    texts: Texts
    values: dict[str, registry.Value]  # of the formats' parameters
    account: Account
    progress: Progress
    hashes: dict[str, str]  # of the mappings, by name
    reads_again: bool = False  # whether any file is read from its start though the store has lines of it


class NoLogError(LlmcostError):
    """There is no log among the files that were found: `account` says why each was skipped."""

    def __init__(self, paths: Sequence[str], account: Account) -> None:
        reasons = [f"{path}: {reason}" for path, reason in list(account.skipped.items())[:3]]
        more = f" and {len(account.skipped) - 3:,} more" if len(account.skipped) > 3 else ""
        said = f": {'; '.join(reasons)}{more}" if reasons else ""
        super().__init__(
            f"no log found in {', '.join(paths)}{said}", hint=f"known formats: {', '.join(formats.known())}"
        )
        self.account = account


def ingest(
    store: Store,
    paths: Sequence[str],
    format_asked: str = "auto",
    progress: Progress | None = None,
    assumed: Mapping[str, str] | None = None,
    texts: Texts = NO_TEXTS,
    reading: Reading = AS_USUAL,
    found: sources.Found | None = None,
) -> Account:
    """Reads every new line under the paths into the store; or of the files `found` there, where that has been done.

    `assumed` is what the user says of logs that do not say it themselves: parameters of formats, by name.
    `texts` says whether the texts are kept too. A file in a folder that cannot be read is skipped, and the account and
    the store say why. Raises LlmcostError, before anything is written, when no log at all is found (NoLogError) and, if
    strict, for a path that does not exist and for a named file that no format or more than one format claims.
    """
    run = _Run(format_asked, texts, bound(assumed or {}), Account(), progress or Progress(), formats.hashes())
    if format_asked != "auto":
        formats.find(format_asked)
    chains.prepare(store)
    unite.prepare(store)
    apply.prepare(store, texts)
    book.refresh(store)

    account = run.account
    found = found or sources.find(paths, store.path, pipes=reading.pipes, strict=reading.strict)
    account.skipped |= found.skipped
    before = sources.seen(store, format_asked, texts.keep)
    outdated = reread.outdated(before, run.hashes, assumed or {})
    not_named = reread.not_named(before, run.hashes, found.files)
    found.files += not_named
    again = {*before} if reading.again else outdated
    pending: list[lines.Source] = []
    for file in found.files:
        try:
            source = sources.resume(file, before, again)
        except OSError as error:
            if file.named and reading.strict:
                raise LlmcostError(f"{file.path} cannot be read: {streams.why(error)}", hint="check the file") from None
            account.skipped[file.path] = streams.why(error)
            continue
        if source is not None:
            run.reads_again |= source.is_read_again
            source.trust_size = reading.trust_size
            pending.append(source)
        else:
            account.unchanged += 1
    named = {file.path for file in found.files if file.named and reading.strict}
    detections = detect(store, pending, format_asked, named)
    uncalled = {file.path for file in not_named}
    account.skipped |= {
        it.source.path: it.problem for it in detections if it.problem and it.source.path not in uncalled
    }
    logs = [detection for detection in detections if detection.formats]
    account.outdated = sum(os.path.realpath(it.source.file) in outdated for it in logs)
    if account.unchanged + len(logs) == 0:
        note_skipped(store, found.files, account)
        raise NoLogError(paths, account)

    mapping_checks.refuse(store, logs, run.values)
    reread.prepare(store, run.hashes)
    run.progress.start(sum(detection.source.size() for detection in logs))
    mapped: dict[str, int] = {}  # by mapping: which of its fields some line had
    for group in _groups(logs):
        _number(store, group)
        # into temporary tables, before the transaction: an error of the engine there must not end it
        staging.stage(store, group, run.values, run.progress.advance, any_format=run.asked == "auto")
        for name, found_in_group in mapping_checks.fields_found(store).items():
            mapped[name] = mapped.get(name, 0) | found_in_group
        _ingest_group(store, group, run)
    account = run.account
    account.skipped |= {it.source.path: it.source.problem for it in logs if it.source.problem}
    account.empty_fields = mapping_checks.empty(mapped)
    account.files = account.unchanged + sum(not it.source.problem for it in logs)
    note_skipped(store, found.files, account)
    return account


def note_skipped(store: Store, found: Iterable[sources.File], account: Account) -> None:
    """Writes down which files were not read, and forgets those that were, or are gone."""
    known = {row["path"] for row in store.rows("select path from skipped")}
    now_read = {file.path for file in found}
    stale = [path for path in known if path in now_read or path in account.skipped or not os.path.lexists(path)]
    if not stale and not account.skipped:
        return
    with store.transaction():
        store.execute("delete from skipped where path in (select unnest($stale))", {"stale": stale})
        with store.relation(
            "skipped_now", pa.table({"path": list(account.skipped), "reason": list(account.skipped.values())})
        ):
            store.execute("insert into skipped by name select * from skipped_now")


def bound(assumed: Mapping[str, str]) -> dict[str, registry.Value]:
    """Every parameter of every format: a name means the same in each."""
    values: dict[str, registry.Value] = {}
    for query in formats.known().values():
        own = {parameter.name for parameter in query.parameters}
        values |= query.bind({name: word for name, word in assumed.items() if name in own})
    for name in assumed:
        if name not in values:
            raise UsageError(f"no format has a setting {name}", hint=did_you_mean(name, sorted(values)))
    return values


def _groups(detections: Iterable[Detection]) -> Iterator[list[Detection]]:
    """Files that are one transaction, about GROUP_BYTES together, those of one leading format one after the other.

    A transaction costs the same for one small log as for many, of whatever formats.
    """
    by_format: dict[str, list[Detection]] = {}
    for detection in detections:
        by_format.setdefault(detection.formats[0], []).append(detection)
    group: list[Detection] = []
    size = 0
    for detection in chain.from_iterable(by_format.values()):
        group.append(detection)
        size += detection.source.size()
        if size >= GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _number(store: Store, group: list[Detection]) -> None:
    """Gives ids to the sources that are new."""
    next_id = int(store.value("select coalesce(max(source_id), 0) + 1 from ledger"))
    for detection in group:
        if detection.source.source_id < 0:
            detection.source.source_id = next_id
            next_id += 1


def _ingest_group(store: Store, group: list[Detection], run: _Run) -> None:
    """Adds what is staged, in one transaction. It begins again where the engine needs more memory for a statement."""
    account = deepcopy(run.account)
    try:
        with store.transaction():
            _add(store, group, run)
    except Exception as error:
        if not needs_memory(error):
            raise
        run.account = account
        with store.more_memory(), store.transaction():
            _add(store, group, run)


def _add(store: Store, group: list[Detection], run: _Run) -> None:
    counts.begin(store)
    reread.find_outdated(store, group, run.hashes)
    entries = unite.take_back(store, "outdated", group[0].source.source_id)
    entries += unite.set_repeats_apart(store, group[0].source.source_id)
    unite.name_models(store)
    before = store.value("select coalesce(max(rowid), -1) from requests")
    unite.add(store, reads_again=run.reads_again)
    reread.note_readings(store, run.hashes)
    apply.attribute(store, before, run.texts)
    entries += store.rows(f"insert into ledger {unite.query('account')} returning *")
    read: dict[int, set[str | None]] = {}
    for entry in entries:
        if entry["lines"]:
            read.setdefault(entry["source_id"], set()).add(entry["format"])
    for detection in group:
        source = detection.source
        reread.note(source, read.get(source.source_id, set()), run.hashes, run.values, any_format=run.asked == "auto")
    entries += _count_blank_lines(store, group)
    stateful = {name for names in read.values() for name in names if name and formats.is_stateful(name)}
    whole = {source_id for source_id, names in read.items() if names & stateful}
    whole |= {detection.source.source_id for detection in group if detection.source.is_document}
    records = [
        sources.record(detection.source, run.asked, document=detection.source.source_id in whole)
        | {"keeps_text": run.texts.keep}
        for detection in group
        if detection.source.stamp
    ]
    if records:
        _remember(store, records)
    store.execute(f"insert into rejects {unite.query('refused')}")
    entries += unite.take_back_rejects(store)
    for entry in entries:
        run.account.add(entry)
    run.account.uncounted += uncounted.among(group, entries)
    added = counts.count(store, before, entries)
    if added.cost_usd is not None:
        run.account.cost_usd = (run.account.cost_usd or 0.0) + added.cost_usd
    run.account.calls += added.calls
    run.account.unpriced_requests += added.unpriced_requests
    run.account.assumed += counts.assumed(store, before)


def _count_blank_lines(store: Store, group: list[Detection]) -> list[dict[str, Any]]:
    entries = []
    for detection in group:
        if detection.source.blank_lines:
            entries += store.rows(
                "insert into ledger values ($source_id, null, $lines, 0, 0, $lines, 0) returning *",
                {"source_id": detection.source.source_id, "lines": detection.source.blank_lines},
            )
    return entries


def _remember(store: Store, records: list[dict[str, Any]]) -> None:
    """Records how far the sources have been read; rejects of what was read again are replaced by new ones."""
    with store.relation("records", pa.Table.from_pylist(records)):
        store.execute(
            "delete from rejects using records"
            " where rejects.source_id = records.source_id and rejects.line_no > records.start_line"
        )
        store.execute("delete from sources where source_id in (select source_id from records)")
        store.execute("insert into sources by name select * exclude (start_line) from records")
