"""`llmcost.toml`: what a team says about its own logs, prices and features.

It lies in the current folder, or where $LLMCOST_CONFIG says. Each part of the
program reads its own tables of it.
"""

import os
from pathlib import Path
from typing import Any

from llmcost.errors import LlmcostError
from llmcost.parsing import toml_tables

NAME = "llmcost.toml"
VARIABLE = "LLMCOST_CONFIG"
"""Of the environment: names another file."""


def path() -> Path | None:
    """The file, where there is one. Raises LlmcostError when $LLMCOST_CONFIG names one that is not there."""
    named = os.environ.get(VARIABLE)
    if named:
        if not Path(named).is_file():
            raise LlmcostError(f"there is no file {named}", hint="$LLMCOST_CONFIG names it")
        return Path(named)
    here = Path(NAME)
    return here if here.is_file() else None


def whole_text() -> str:
    """What the file says, as it is; nothing where there is none. Raises LlmcostError where it cannot be read."""
    file = path()
    return _read(file) if file else ""


def table(name: str) -> dict[str, Any]:
    """One table of the file, empty where it says nothing."""
    found = _document().get(name, {})
    if not isinstance(found, dict):
        raise LlmcostError(f"{path()}: {name} is not a table", hint=f"begin it with [{name}]")
    return found


def text(name: str) -> str | None:
    """A text of the file that belongs to no table, where it says one."""
    found = _document().get(name)
    if found is not None and not isinstance(found, str):
        raise LlmcostError(f"{path()}: {name} is not text: {found!r}", hint="write it in quotation marks")
    return found


def entries(name: str) -> list[Any]:
    """One list of tables of the file, empty where it says nothing."""
    found = _document().get(name, [])
    if not isinstance(found, list):
        raise LlmcostError(f"{path()}: {name} is not a list of entries", hint=f"begin each entry with [[{name}]]")
    return found


def written(text: str) -> str:
    """A text as the file has it: between single quotation marks where it holds double ones."""
    import tomlkit

    is_literal = '"' in text and "'" not in text and text.isprintable()
    return tomlkit.string(text, literal=is_literal).as_string()


def _document() -> dict[str, Any]:

    file = path()
    if file is None:
        return {}
    try:
        return toml_tables(_read(file))
    except ValueError as error:
        raise _unreadable(file, error) from None


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(file, error) from None


def _unreadable(file: Path, error: Exception) -> LlmcostError:
    return LlmcostError(f"{file} cannot be read: {error}", hint="it must be valid TOML")
