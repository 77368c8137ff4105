"""Facts: tables that are data, one TOML file each under `queries/facts/`, as SELECTs of their rows.

A file names the type of every column. `[ranges]` are columns whose value may be a list of three: what saves least, what
is taken, and what saves most; they become `NAME_low`, NAME and `NAME_high`, all alike where the value is single. A row
with `of` stands for one row for each of them, with what that changes; `at` adds the same rows with further changes,
before the plain ones. Every row gets its `place` in the file, counted from 1.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from llmcost.engine import literals
from llmcost.errors import LlmcostError
from llmcost.parsing import toml_tables

Row = dict[str, Any]

_KINDS = {"varchar": str, "boolean": bool, "integer": int, "bigint": int, "double": float, "date": date}
_OWN_HINT = "delete the entry, and measure it again with: llmcost probe"


def own_path() -> Path:
    """Where the user's own rules of prompt caches lie, or would: where $LLMCOST_CACHE_RULES says, else here."""
    return Path(os.environ.get("LLMCOST_CACHE_RULES") or "llmcost_caches.toml").absolute()


def own_file(table: str) -> Path | None:
    """The user's own rows of a table of facts, where there are some."""
    file = own_path()
    return file if table == "prompt_caches" and file.is_file() else None


@cache
def select(path: Path, mine: Path | None = None) -> str:
    """SQL: the file's rows, after those of a file of the user's own."""
    return over(document(path, mine))


def document(path: Path, mine: Path | None = None) -> Mapping[str, Any]:
    """What the file says, with the rows of the user's own file first. Raises LlmcostError for one that is wrong."""
    with path.open("rb") as file:
        found = tomllib.load(file)
    return {**found, "rows": [*own(mine, path), *found["rows"]]} if mine else found


def own(mine: Path, path: Path) -> list[Row]:
    """The rows of a user's file, which may hold what those of `path` do. Raises LlmcostError where one does not."""
    try:
        rows = toml_tables(mine.read_text(encoding="utf-8")).get("rows", [])
    except (OSError, ValueError) as error:
        raise LlmcostError(f"{mine} cannot be read: {error}", hint=_OWN_HINT) from None
    with path.open("rb") as file:
        known = tomllib.load(file)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise LlmcostError(f"{mine}: rows are not a list of entries", hint="begin each with [[rows]]")
    for number, row in enumerate(rows, start=1):
        for name, value in row.items():
            type_, is_range = known["columns"].get(name), name in known["ranges"]
            values = value if is_range and isinstance(value, list) and len(value) == 3 else [value]
            kind = _KINDS.get(type_ or known["ranges"].get(name, ""))
            if kind is None or not all(type(one) is kind for one in values):
                raise LlmcostError(f"{mine}, entry {number}: {name} is not understood", hint=_OWN_HINT)
        _check_patterns(f"{mine}, entry {number}", row)
    return rows


def _check_patterns(where: str, row: Row) -> None:
    for name in ("hosts", "models"):
        try:
            re.compile(row[name])
        except (KeyError, re.error):
            raise LlmcostError(f"{where}: {name} is not a pattern", hint=_OWN_HINT) from None


def over(document: Mapping[str, Any]) -> str:
    """SQL: the rows of a file that has been read."""
    types = columns(document)
    rows = list(expanded(document))
    names = ", ".join(f"column_{number}" for number in range(len(types)))
    values = ",\n    ".join(f"({', '.join(literals.written(row[name]) for name in types)})" for row in rows)
    cast = ",\n    ".join(f"column_{number}::{type} as {name}" for number, (name, type) in enumerate(types.items()))
    return f"select\n    {cast}\nfrom (\n    values\n    {values}\n) as given ({names})"


def columns(document: Mapping[str, Any]) -> dict[str, str]:
    """Every column of the table and its type."""
    ends = {f"{name}{end}": type for name, type in document["ranges"].items() for end in ("_low", "", "_high")}
    return {"place": "integer", **document["columns"], **ends}


def expanded(document: Mapping[str, Any]) -> Iterator[Row]:
    """The file's rows with a value, or None, in every column."""
    types = columns(document)
    place = 0
    for written in document["rows"]:
        common = {key: value for key, value in written.items() if key not in ("of", "at")}
        for host in [*written.get("at", []), {}]:
            for model in written.get("of", [{}]):
                place += 1
                row = _complete(common | model | host, document["ranges"]) | {"place": place}
                if unknown := row.keys() - types.keys():
                    raise ValueError(f"no such column: {', '.join(sorted(unknown))}")
                yield dict.fromkeys(types) | row


def _complete(row: Row, ranges: Mapping[str, str]) -> Row:
    """The row with both ends of what is a range."""
    made = {name: value for name, value in row.items() if name not in ranges}
    for name in ranges.keys() & row.keys():
        value = row[name]
        low, middle, high = value if isinstance(value, list) else (value, value, value)
        made |= {f"{name}_low": low, name: middle, f"{name}_high": high}
    return made
