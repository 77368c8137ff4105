"""Facts: tables that are data, one TOML file each under `queries/facts/`, as SELECTs of their rows.

A file names the type of every column. `[ranges]` are columns whose value may be a list of three: what saves least, what
is taken, and what saves most; they become `NAME_low`, NAME and `NAME_high`, all alike where the value is single. A row
with `of` stands for one row for each of them, with what that changes; `at` adds the same rows with further changes,
before the plain ones. Every row gets its `place` in the file, counted from 1.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from llmcost.engine import literals

Row = dict[str, Any]


@cache
def select(path: Path) -> str:
    """SQL: the file's rows. Raises ValueError for a column that the file does not declare."""
    with path.open("rb") as file:
        return over(tomllib.load(file))


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
