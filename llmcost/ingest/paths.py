"""Paths into a line of JSON, as mappings write them.

A path is `$`, then names (in double quotes where they hold more than letters, digits, - and _) and `[n]` for elements
of a list: `$.usage.input`, `$."@timestamp"`, `$.choices[0].text`.
"""

import json
import re
from typing import Any

from llmcost.errors import LlmcostError

_STEP = re.compile(r'\.([A-Za-z0-9_-]+)|\.("(?:[^"\\]|\\.)+")|\[(\d{1,4})\]')
_OF_EVERY_LINE = frozenset(
    ("source_id", "line_no", "piece", "record_no", "raw", "fault", "claimed", "line", "record", "wrapped")
)


def steps(path: str) -> list[str | int]:
    """The names and indexes that a path is made of. Raises ValueError for a text that is not a path."""
    found = list(_STEP.finditer(path[1:]))
    if not found or "".join(match[0] for match in found) != path[1:] or found[0][3]:
        raise ValueError(path)
    return [int(match[3]) if match[3] else json.loads(match[2]) if match[2] else match[1] for match in found]


def _steps(where: str, path: str) -> list[str | int]:
    try:
        return steps(path)
    except ValueError:
        raise LlmcostError(
            f"{where}: {path} is not a path", hint='like "$.usage.input" or "$.choices[0].text"'
        ) from None


def sql(where: str, structure: dict[str, Any], path: str) -> str:
    """SQL for the value at a path; its place is noted in the structure."""
    parts = _steps(where, path)
    place: Any = structure
    found = ""
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        empty: Any = "VARCHAR" if following is None else [] if isinstance(following, int) else {}
        if isinstance(part, int):
            place, step = _into(where, place, 0, empty), f"[{part + 1}]"
        else:
            place, step = _into(where, place, part, empty), f".{quoted(part)}" if found else quoted(column(part))
        found += step
    return found


def _into(where: str, place: Any, key: str | int, empty: Any) -> Any:
    """The value at a key of the structure, put there if there is none."""
    found = None
    if isinstance(key, int) and isinstance(place, list):
        if not place:
            place.append(empty)
        found = place[0]
    elif isinstance(key, str) and isinstance(place, dict):
        twin = next((it for it in place if it != key and it.lower() == key.lower()), None)
        if twin is not None:
            raise LlmcostError(
                f"{where} reads {key}, another field {twin}: one name in two spellings", hint="map one of the two"
            )
        found = place.setdefault(key, empty)
    if type(found) is not type(empty):
        raise LlmcostError(f"{where} goes into what another field reads as one value", hint="map the inner values only")
    return found


def column(name: str) -> str:
    """The column under which a field at the top of a line is read: none that every line comes with."""
    return f"${name}" if name.lower() in _OF_EVERY_LINE else name


def quoted(name: str) -> str:
    """A name as an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'
