"""The user's own rules of prompt caches: a file in the form of queries/facts/prompt_caches.toml, by the probe."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from llmcost import files
from llmcost.engine import facts, registry

Row = dict[str, Any]

_HEAD = """\
# Rules of prompt caches that llmcost probe measured, in the form of the vendors' rules. They come before those, and the
# first that matches a model counts. Delete an entry to go back to the vendor's.
"""


def add(rule: Mapping[str, Any]) -> Path:
    """Writes the rule into the file, in place of an earlier one about the same model. Returns the file."""
    path = facts.own_path()
    known = facts.own(path, registry.queries_dir() / "facts" / "prompt_caches.toml") if path.is_file() else []
    about = (rule["hosts"], rule["models"])
    kept = [row for row in known if (row["hosts"], row["models"]) != about]
    text = _HEAD + "".join(f"\n[[rows]]\n{_written(row)}" for row in [*kept, _ranged(rule)])
    files.write(path, text)
    return path


def _ranged(rule: Mapping[str, Any]) -> Row:
    """The rule as a file has it: three values of a range as one list, or one where they are alike."""
    row: Row = {}
    for name, value in rule.items():
        if name.endswith(("_low", "_high")) or value is None:
            continue
        ends = [rule.get(f"{name}_low", value), value, rule.get(f"{name}_high", value)]
        row[name] = ends if len(set(ends)) > 1 else value
    return row


def _written(row: Mapping[str, Any]) -> str:
    return "".join(f"{name} = {_value(value)}\n" for name, value in row.items())


def _value(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=True)
