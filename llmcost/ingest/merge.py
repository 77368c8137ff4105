"""Stores of other machines added to this one, as if it had read their logs.

The requests of another store are staged like calls of a log, so that what decides between copies is the same. Its
sources are known by the store that read them from their logs, whatever stores they have been through since: what this
store has already is not added twice, and a source that has grown there adds its new lines.
"""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from llmcost.attribution import apply
from llmcost.attribution.texts import Texts
from llmcost.engine import access, faults, registry
from llmcost.engine.compose import compose
from llmcost.engine.store import DEFAULT_NAME, Store
from llmcost.errors import LlmcostError, UsageError
from llmcost.ingest import chains, sources, unite
from llmcost.ingest.run import COUNTS
from llmcost.metrics import counts
from llmcost.prices import book

_TABLES = (
    "requests", "spans", "texts", "openings", "ruled", "readings", "models", "sources", "ledger", "rejects", "origins",
)  # fmt: skip
"""What is read of another store. Prices, metrics, scenarios and measurements are each store's own."""
_ROWS = 50_000


@dataclass(frozen=True)
class Merged:
    """What one store has added: its lines = requests + duplicates + no_call + rejects."""

    file: Path
    machine: str
    counts: dict[str, int]
    cost_usd: float | None  # of the requests that it added or completed; null: none has a price
    unpriced_requests: int
    skipped: int  # files that the other machine could not read


def check(path: Path, others: Sequence[Path], machines: Sequence[str]) -> None:
    """Raises UsageError where a store is to be merged into itself, or machines cannot be told apart."""
    for other in others:
        if path.exists() and other.exists() and path.samefile(other):
            raise UsageError(f"{other} is the store that the others are merged into", hint="leave it out")
    if machines and len(machines) != len(others):
        raise UsageError(
            f"--machine is given {len(machines)} times for {len(others)} stores", hint="give it once for each, in order"
        )
    if blank := [name for name in machines if not name.strip()]:
        raise UsageError(f"--machine {blank[0]!r} is no name", hint="name the machine, like --machine laptop")
    if not machines:
        named = Counter(_name(other) for other in {os.path.realpath(other): other for other in others}.values())
        if same := [name for name, times in named.items() if times > 1]:
            raise UsageError(
                f"{named[same[0]]} of these stores would be named {same[0]}",
                hint="give --machine NAME once for each store, in order",
            )


def merge(store: Store, others: Sequence[Path], machines: Sequence[str] = ()) -> list[Merged]:
    """Adds other stores to this one, all of them or none.

    Raises LlmcostError for one that cannot be read, or is not a store.
    """
    folder = _prepared(store)
    with store.transaction():
        return [
            _merge(store, other, machines[number] if machines else None, folder) for number, other in enumerate(others)
        ]


def add_parts(store: Store, parts: Iterable[Path]) -> None:
    """Adds stores that each hold a part of this machine's own logs: as if this one had read all of them.

    What came from the logs of another machine keeps its name. One part is a transaction.
    """
    folder = _prepared(store)
    for part in parts:
        with store.transaction():
            other_id, _ = _read(store, part, folder)
            _add(store, other_id, None, _texts(store))


def _prepared(store: Store) -> Path:
    """A store ready to be merged into, and the folder for what that needs."""
    chains.prepare(store)
    unite.prepare(store)
    book.refresh(store)
    apply.refresh(store)  # a transaction of its own
    folder = store.folder()
    if folder is None:
        raise faults.no_permission(store.path, f"to write to the folder {store.path.parent.absolute()}")
    return folder


def _merge(store: Store, file: Path, machine: str | None, folder: Path) -> Merged:
    other_id, skipped = _read(store, file, folder)
    machine = machine or _known_as(store, other_id) or _name(file)
    entries, added = _add(store, other_id, machine, _texts(store))
    summed = {name: sum(entry[name] for entry in entries) for name in COUNTS}
    return Merged(file, machine, summed, added.cost_usd, added.unpriced_requests, skipped)


def _read(store: Store, file: Path, folder: Path) -> tuple[str, int]:
    """Copies another store's tables to temporary ones. Gives its id, and how many files it could not read."""
    with closing(access.reading_only(file, folder)) as other:
        for table in _TABLES:
            _copy(store, other, table)
        other_id = _id(other)
        skipped = int(other.value("select count(*) from skipped"))
    if impossible := store.value(_query("impossible")):
        raise LlmcostError(
            f"{file} cannot be merged: {impossible:,} of its requests hold values that no ingest writes",
            hint="leave it out; nothing was changed",
        )
    return other_id, skipped


def _texts(store: Store) -> Texts:
    """Whether the other store keeps texts, as this one then does."""
    texts = Texts(keep=bool(store.value("select exists (from other_texts)")))
    apply.prepare(store, texts)
    return texts


def _copy(store: Store, other: Store, table: str) -> None:
    """Copies a table of the other store to a temporary one."""
    store.execute(f"create or replace temp table other_{table} as from {table} limit 0")
    try:
        for batch in other.batches(f"from {table}", _ROWS):
            _insert(store, f"other_{table}", pa.Table.from_batches([batch]))
    except LlmcostError:
        raise
    except Exception as error:
        raise faults.meaning(other.path, error) or error from None


def _insert(store: Store, table: str, rows: pa.Table) -> None:
    try:
        with store.relation("incoming", rows):
            store.execute(f"insert into {table} by name from incoming")
    except Exception as error:
        raise faults.meaning(store.path, error) or error from None


def _id(opened: Store) -> str:
    return str(opened.value("select coalesce(max(value), uuid()::varchar) from llmcost_meta where key = 'store_id'"))


def _known_as(store: Store, other_id: str) -> str | None:
    """What the machine of a store is called that was merged before."""
    known: str | None = store.value(
        "select max(machine) from sources inner join origins using (source_id) where store_id = $it", {"it": other_id}
    )
    return known


def _name(file: Path) -> str:
    """What a machine is called by its store's file: by the folder where the file has its usual name."""
    usual = Path(DEFAULT_NAME)
    folder = file.absolute().parent.name
    return sources.shown(folder if file.name == usual.name and folder else file.stem)


def _add(store: Store, other_id: str, machine: str | None, texts: Texts) -> tuple[list[dict[str, Any]], counts.Added]:
    """Adds what the temporary tables hold. Gives the entries of the ledger, and what the new requests cost."""
    counts.begin(store)
    known = "select source_id from ledger union all select source_id from sources"
    last_id = int(store.value(f"select coalesce(max(source_id), 0) from ({known}) as known"))
    given = {"other_id": other_id, "own_id": _id(store), "last_id": last_id}
    store.execute(f"create or replace temp table merging as {_query('sources')}", given)
    store.execute(f"create or replace temp table gap_before as {_query('gap')}")
    store.execute(f"create or replace temp table staged as {_query('staged')}", {"machine": machine})
    entries = store.rows(f"insert into ledger {_query('account')} returning *")
    own = int(store.value("select greatest($last_id, coalesce(max(source_id), 0)) + 1 from merging", given))
    entries += unite.set_repeats_apart(store, own)
    unite.name_models(store)
    new = store.rows(
        "select provider_logged, model_logged from other_models except select provider_logged, model_logged from models"
    )
    book.learn(store, ((row["provider_logged"], row["model_logged"]) for row in new))
    before = store.value("select coalesce(max(rowid), -1) from requests")
    unite.add(store, reads_again=False)
    store.execute(
        "insert into readings by name from other_readings where line_hash not in (select line_hash from readings)"
    )
    apply.attribute(store, before, texts)
    repeated = compose([("gap", _query("gap"))], _query("repeated"))
    entries += store.rows(f"insert into ledger {repeated} returning *", {"source_id": own})
    _note_sources(store, machine)
    entries += unite.take_back_rejects(store)
    return entries, counts.count(store, before, entries)


def _note_sources(store: Store, machine: str | None) -> None:
    """Notes what the other store has read, and what it could not, where it has read further than this one knows."""
    store.execute(
        "create or replace temp table noted as select other_sources.* replace (merging.source_id as source_id,"
        " case when merging.is_new then coalesce(other_sources.machine, $machine) else sources.machine end as machine)"
        " from other_sources inner join merging on merging.other_source_id = other_sources.source_id"
        " left join sources on sources.source_id = merging.source_id where merging.is_ahead",
        {"machine": machine},
    )
    ahead = "source_id in (select source_id from merging where is_ahead)"
    store.execute(f"delete from sources where {ahead}")
    store.execute("insert into sources by name from noted")
    store.execute(f"delete from rejects where {ahead}")
    store.execute(
        "insert into rejects by name select other_rejects.* replace (merging.source_id as source_id)"
        " from other_rejects inner join merging on merging.other_source_id = other_rejects.source_id"
        " where merging.is_ahead"
    )
    store.execute("insert into origins by name select source_id, store_id, store_source_id from merging where is_new")


def _query(name: str) -> str:
    return registry.find("merge", name).body
