"""The fields that a format's header names, as types by name: what several formats read is written once."""

import json
from functools import cache
from typing import Any

from llmcost.engine import registry


def spelled_out(text: str) -> dict[str, Any]:
    """The fields of a header's JSON, with those of `queries/formats/structures.json` in place of the names that it has.

    Such a name may be the type of a field, or that of `*`: then its fields are among the others.
    """
    return dict(_spelled(json.loads(text)))


def _spelled(kind: Any) -> Any:
    if isinstance(kind, list):
        return [_spelled(inner) for inner in kind]
    if isinstance(kind, dict):
        made: dict[str, Any] = {}
        for name, inner in kind.items():
            made |= (
                _spelled(inner)
                if name == "*" and isinstance(inner, str) and inner in _shared()
                else {name: _spelled(inner)}
            )
        return made
    return _spelled(_shared()[kind]) if kind in _shared() else kind


@cache
def _shared() -> dict[str, Any]:
    text = (registry.queries_dir() / "formats" / "structures.json").read_text(encoding="utf-8")
    return dict(json.loads(text))
