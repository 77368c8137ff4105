"""Objects that hold counts and a key twice: which of the two values counts, nobody can know."""

import re
from collections.abc import Iterator
from typing import Any

from llmcost.ingest import paths

_NUMBER = re.compile(r"(?i)token|count|cost|spend|input|output|prompt_length")
_NO_NUMBER = re.compile(r"_hash$|_partial$|^llmcost$|^accountId$|Body|^time_to")
_TEXTS = "$.text"
"""Where llmcost's own log has texts, under names that others give to counts."""
_USUAL = "_tokens"
"""How most names of counts end. One pass over a line counts them all."""
_QUOTE = '"'
_NULLS = (":null", ": null")
"""What follows a name that states nothing."""
_BY_RARITY = "etaisr_noclducmhpfgybwvkxjqz"[::-1]
"""The letters of names, rare ones first; of those that are not here, capitals above all, none is usual."""
_ENOUGH = 4
"""So many letters of a name are compared at least."""
_FEW = 2
"""Up to this many other names of a format are counted one by one: that is cheaper than one regular expression."""


def fault(fields: dict[str, Any]) -> str:
    """SQL: the line's fault, or that a key is in it twice.

    `fields` is what the format reads of a line, in its columns. Three checks follow one another, each slower and more
    exact than the one before: names are counted, a regular expression finds one that is in the line twice, and the
    keys of each object are compared.
    """
    objects = dict(_counting(fields, "$"))
    if not objects:
        return "fault"
    names = sorted({name for found in objects.values() for name in found})
    twice = "|".join(f'{name}".*"{name}' for name in names)
    places = ", ".join(f"'{path}'" for path in sorted(objects))
    return f"""
        case
            when case when claimed then {_more_than_read(fields, names)} end and regexp_matches(raw, '(?s)"({twice})"')
                and list_bool_or(list_transform(
                    json_keys(raw::json, [{places}]), lambda keys: len(keys) > list_unique(keys)
                )) then 'a key that occurs twice in one object'
            else fault
        end"""


def _more_than_read(fields: dict[str, Any], names: list[str]) -> str:
    """SQL: whether a line has more names of counts than values that were read. A repeated null states nothing.

    The `case` spares lines without a count: every condition of an `and` is computed for every line.
    """
    further = [name for name in names if not name.endswith(_USUAL)]
    if len(further) > _FEW:
        return "true"
    found = [f"{_times(_rare_end(name))} > 1" for name in further]
    if len(further) < len(names):
        read = " + ".join(f"({leaf} is not null)::integer" for leaf in _leaves(fields)) or "0"
        stated = f"{_times(_USUAL + _QUOTE, _NULLS)} > {read}"
        found.append(f"case when contains(raw, '{_USUAL}{_QUOTE}') then {stated} else false end")
    return f"({' or '.join(found)})"


def _rare_end(name: str) -> str:
    """How a name ends, from its rarest letter on: the engine looks for the first one, and compares the others there."""
    rarest = min(range(max(len(name) - _ENOUGH, 0) + 1), key=lambda place: _BY_RARITY.find(name[place]))
    return name[rarest:] + _QUOTE


def _times(end: str, besides: tuple[str, ...] = ()) -> str:
    """SQL: how often a line has the end of a name, and not before one of these texts."""
    parts = f"string_split(raw, '{end}')"
    if besides:
        others = " or ".join(f"starts_with(part, '{text}')" for text in besides)
        parts = f"list_filter({parts}, lambda part: not ({others}))"
    return f"len({parts}) - 1"


def _leaves(fields: dict[str, Any], above: str = "") -> Iterator[str]:
    """SQL: the values that were read under a name of the usual kind."""
    for name, kind in fields.items():
        column = paths.quoted(name if above else paths.column(name))
        if isinstance(kind, dict):
            yield from _leaves(kind, f"{above}{column}.")
        elif not isinstance(kind, list) and name.endswith(_USUAL):
            yield above + column


def _counting(fields: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    """The objects of a structure that hold counts: their JSON paths and the names of the counts."""
    if isinstance(fields, dict):
        names = [
            name
            for name, kind in fields.items()
            if _NUMBER.search(name) and not _NO_NUMBER.search(name) and not isinstance(kind, dict | list)
        ]
        if (
            names
            and path != _TEXTS
            and re.fullmatch(r"[\w$.]+", path)
            and all(re.fullmatch(r"\w+", name) for name in names)
        ):
            yield path, names
        for name, inner in fields.items():
            yield from _counting(inner, f"{path}.{name}")
