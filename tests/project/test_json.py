"""The JSON that commands print on the sample logs has the keys that docs/json.md names, and no others."""

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests import cases
from tests.command import llmcost
from tests.conftest import ROOT

_BLOCK = re.compile(r"```sh\n(.*?)```(.*?)(?=```|\Z)", re.DOTALL)
_BLOCKS = _BLOCK.findall((ROOT / "docs" / "json.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("commands", "text"), _BLOCKS, ids=[block[0].splitlines()[-1] for block in _BLOCKS])
def test_the_keys_are_those_that_the_page_names(commands: str, text: str, samples: Path, tmp_path: Path) -> None:
    (tmp_path / "sample_logs").symlink_to(cases.SAMPLES)
    (tmp_path / "llmcost.toml").write_text("[[budgets]]\nmonth = 1000\n")
    if "llmcost ingest" not in commands:
        shutil.copy(samples, tmp_path / "llmcost.duckdb")
    for command in commands.splitlines():
        done = llmcost(*shlex.split(command)[1:], cwd=tmp_path)
    named = _tree(re.findall(r"`([^`]+)`", " ".join(_first_cells(text))))
    assert _keys(json.loads(done.stdout), "", named) == named


def _first_cells(text: str) -> list[str]:
    """The keys of the table's rows: those before any other code block or section."""
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    assert rows, "a command without a table"
    return rows


def _tree(paths: list[str]) -> dict[str, set[str]]:
    """The keys by the object that holds them; `[]` is each element of a list."""
    named: dict[str, set[str]] = {}
    for path in paths:
        parts = path.split(".")
        for place, key in enumerate(parts):
            named.setdefault(".".join(parts[:place]), set()).add(key.removesuffix("[]"))
    return named


def _keys(value: Any, path: str, named: dict[str, set[str]]) -> dict[str, set[str]]:
    """The keys that are there, of the objects of which the page names any; a name in capitals stands for any."""
    found: dict[str, set[str]] = {}
    if isinstance(value, list):
        parts = [(f"{path}[]", element) for element in value]
    elif isinstance(value, dict) and path in named:
        any_name = next((name for name in named[path] if name.isupper()), None)
        found[path] = {any_name} if any_name else set(value)
        parts = [(f"{path}.{any_name or key}".lstrip("."), element) for key, element in value.items()]
    else:
        parts = []
    for inner, element in parts:
        for place, keys in _keys(element, inner, named).items():
            found.setdefault(place, set()).update(keys)
    return found
