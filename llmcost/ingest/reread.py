"""Files read again: those of a mapping or an assumption that has changed, and what replaces what was read of them.

A line is identified by its text. What a mapping made of it is noted in `readings`, so that what another mapping makes
of it replaces that, whatever ids the two give it and whatever file holds it by then. Lines that are gone from their
files keep what they gave.
"""

import os
from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from typing import Any

from llmcost.engine import registry
from llmcost.engine.store import Store
from llmcost.ingest import formats, lines, sources
from llmcost.ingest.detect import Detection


def outdated(
    before: Mapping[str, Mapping[str, Any]], hashes: Mapping[str, str], assumed: Mapping[str, str]
) -> set[str]:
    """Of what was read `before`, by path, the files under another mapping or assumption that are still there."""
    return {path for path, row in before.items() if sources.is_outdated(row, hashes, assumed) and Path(path).is_file()}


def not_named(
    before: Mapping[str, Mapping[str, Any]], hashes: Mapping[str, str], files: Iterable[sources.File]
) -> list[sources.File]:
    """The files under another mapping that a run was not asked to read. What it assumes is not about them."""
    asked = {os.path.realpath(file.path) for file in files}
    return [sources.File(path, named=False) for path in sorted(outdated(before, hashes, {}) - asked)]


def prepare(store: Store, hashes: Mapping[str, str]) -> None:
    """Has lines identified by their text where a mapping reads them, or has read them."""
    if hashes or store.value("select exists (from readings)"):
        store.execute("create or replace temp macro tracks_lines() as true")


def find_outdated(store: Store, group: Iterable[Detection], hashes: Mapping[str, str]) -> None:
    """Makes `outdated`: requests whose lines are staged again, under another mapping or assumption."""
    given = {
        "mappings": list(hashes.values()),
        "shipped": list(registry.load("formats")),
        "read_again": [it.source.source_id for it in group if it.source.is_read_again],
    }
    store.execute(f"create or replace temp table outdated as {registry.find('ingest', 'outdated').body}", given)


def note_readings(store: Store, hashes: Mapping[str, str]) -> None:
    """Writes down what mappings made of the lines just read, in place of what others made of them."""
    if store.value("select count(line_hash) from staged") == 0:
        return
    store.execute(
        "delete from readings where line_hash in"
        " (select line_hash from staged union all select line_hash from leftover)"
    )
    store.execute(
        "insert into readings by name"
        " select distinct line_hash, request_id, $hashes[list_position($names, format)] as mapping, output_tokens"
        " from staged where mapped_fields is not null and carries_call and reason is null and not is_repeat",
        {"names": list(hashes), "hashes": list(hashes.values())},
    )
    for table in ("texts", "openings", "ruled"):
        store.execute(
            f"delete from {table} where request_id in (select request_id from outdated)"
            " and request_id not in (select request_id from requests)"
        )


def note(
    source: lines.Source,
    read: Set[str | None],
    hashes: Mapping[str, str],
    values: Mapping[str, registry.Value],
    *,
    any_format: bool,
) -> None:
    """Notes at a source which mappings read lines of it, and what was assumed for them: `read` are the formats."""
    noted = sources.mappings_of(read if any_format else read - {None}, hashes)
    source.mappings = (source.mappings if source.start_line else {}) | noted
    parameters = [it.name for name in sorted(name for name in read if name) for it in formats.find(name).parameters]
    source.assumed = {name: str(values[name]) for name in parameters}
