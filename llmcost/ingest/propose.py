"""A mapping for a log that no format knows: its fields, which of them is probably what, and the section to paste."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import pyarrow as pa

from llmcost import config
from llmcost.engine import registry
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError
from llmcost.ingest import detect, fields, formats, guesses, mappings, paths, staging, streams
from llmcost.ingest.detect import Detection
from llmcost.ingest.fields import Field


@dataclass(frozen=True)
class Proposal:
    """What a log holds, what its fields probably are, and what the mapping would make of the first lines."""

    name: str
    lines: int  # lines looked at that are JSON objects
    fields: list[Field]
    guesses: dict[str, str]  # by path: the field of the mapping
    missing: list[str]  # fields that a mapping needs and no path was found for
    section: str  # of llmcost.toml
    outcomes: dict[str, int]  # lines by what they would become: "a call", "no call", or why they would be rejected

    @property
    def is_complete(self) -> bool:
        return not self.missing


def propose(store: Store, detection: Detection) -> Proposal:
    """A mapping for a file that no format claims.

    Raises LlmcostError where the file holds no JSON objects, or nothing in them that counts tokens.
    """
    path = detection.source.path
    batches = detect.look(detection)
    records = [record for batch in batches for record in _records(batch)]
    if not records:
        raise _no_objects(detection)
    found = fields.found(records)
    taken = guesses.guessed(found, len(records))
    if not taken.keys() & {"input_tokens", "output_tokens", "total_tokens"}:
        raise LlmcostError(
            f"no format claims {path}, and none of its fields looks like a count of tokens",
            hint="a log needs the model and the tokens in and out of each call; see docs/logs.md",
        )
    name = _name(path)
    missing = [it for it in ("input_tokens", "output_tokens") if it not in taken]
    section = _section(name, taken, records, missing)
    outcomes = _outcomes(store, name, section, batches) if not missing else {}
    by_path = {guess.path: field for field, guess in taken.items()}
    return Proposal(name, len(records), found, by_path, missing, section, outcomes)


def _records(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    found = []
    for text in batch.column("raw").to_pylist():
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            found.append(record)
    return found


def _no_objects(detection: Detection) -> LlmcostError:
    start, _ = streams.head(detection.source.file, 1 << 14)
    if not start.strip():
        return LlmcostError(f"{detection.source.path} is empty", hint="check how it was written")
    return LlmcostError(
        f"no format claims {detection.source.path}, and no line of it is a JSON object",
        hint="a mapping describes JSON, one object a line or one array: convert the log (docs/logs.md)",
    )


def _name(path: str) -> str:
    """A name for the format: that of the file, as far as it can be one."""
    stem = PurePath(path).name.split(".")[0].lower()
    name = re.sub(r"[^a-z0-9_]+", "-", re.sub(r"[-_]?\d[\d_-]*$", "", stem)).strip("-")[:40] or "my-log"
    return name if name not in formats.known() else f"{name}-log"


def _section(name: str, taken: dict[str, Field], records: list[dict[str, Any]], missing: list[str]) -> str:
    """The section of llmcost.toml: valid as it is, unless something is missing."""
    lines = [f"[formats.{name}]"]
    order = [*mappings.REQUIRED, *mappings.FIELDS]
    for field in sorted((it for it in taken if not it.startswith("tags.")), key=order.index):
        lines.append(f"{field} = {config.written(taken[field].path)}")
        if field == "model" and taken[field].lines < len(records):
            lines[-1] += "  # " + _share(taken[field], records)
    if "model" not in taken:
        lines.insert(1, 'model = "unknown"  # no field holds it: write the name of the model that answered')
    lines += [f'# {field} = "$.…"  # no field looks like it, and a mapping needs it' for field in missing]
    if "cache_read_tokens" in taken and "input_tokens" in taken:
        inside = _is_inside(taken, records)
        lines.append(
            f"cached_inside_input = {'true' if inside else 'false'}  # whether the input count holds the cached tokens"
        )
    tags = {field.removeprefix("tags."): it for field, it in taken.items() if field.startswith("tags.")}
    if tags:
        lines.append(f"tags = {{ {', '.join(f'{tag} = {config.written(it.path)}' for tag, it in tags.items())} }}")
    return "\n".join(lines) + "\n"


def _share(it: Field, records: list[dict[str, Any]]) -> str:
    return f"in {it.lines:,} of {len(records):,} lines"


def _is_inside(taken: dict[str, Field], records: list[dict[str, Any]]) -> bool:
    """Whether the input count holds the cached tokens: as totals say, else unless it is ever the smaller of the two."""
    reads = {field: _getter(taken[field].path) for field in taken if field.endswith("_tokens")}
    inside = outside = 0
    for record in records:
        counts = {field: read(record) for field, read in reads.items()}
        given, cached = counts["input_tokens"], counts["cache_read_tokens"]
        if not given or not cached:
            continue
        if cached > given:
            return False
        total, answer = counts.get("total_tokens"), counts.get("output_tokens")
        if total and answer is not None:
            inside += total == given + answer
            outside += total == given + answer + cached
    return inside >= outside and not re.search(r"cache read input", guesses.words(taken["cache_read_tokens"]))


def _getter(path: str) -> Callable[[Any], float | None]:
    steps = paths.steps(path)

    def read(value: Any) -> float | None:
        for step in steps:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        try:
            return float(value)
        except (TypeError, ValueError):
            return None

    return read


def _outcomes(store: Store, name: str, section: str, batches: Iterable[pa.RecordBatch]) -> dict[str, int]:
    """What the mapping makes of the lines: the section is read as it would be from llmcost.toml."""
    import tomllib

    query: registry.Query = mappings.mapped(name, tomllib.loads(section)["formats"][name])
    with store.relation("sample", pa.Table.from_batches(batches)):
        rows = store.rows(
            "select case when claimed and carries_call then coalesce(reason, 'a call') else 'no call' end as outcome,"
            f" count(*) as lines from ({staging.read_with(query, 'sample')}) group by outcome"
            " order by lines desc, outcome"
        )
    return {row["outcome"]: row["lines"] for row in rows}
