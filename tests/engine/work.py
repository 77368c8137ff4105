"""How much work a command gives to the engine, by the engine's own count: a busy machine changes nothing.

`python -m tests.engine.work` writes the figures down; read the difference before you commit it.
"""

import contextlib
import json
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb

from llmcost.engine.store import Store
from tests.command import llmcost

FIGURES = Path(__file__).with_name("work.toml")
SAMPLES = Path(__file__).resolve().parents[2] / "sample_logs"
COMMANDS: dict[str, tuple[str | Path, ...]] = {
    "ingest": ("ingest", SAMPLES / "claude_code", SAMPLES / "llmcost"),
    "report": ("report", "--by", "feature,day"),
    "simulate": ("simulate", "--what-if", "prompt-caching:ttl=1h"),
}

Figures = dict[str, dict[str, int]]


def measured() -> Figures:
    """Of each command in turn, on one store: statements, operators and expressions that the engine planned, which is
    what a small log costs; rows and bytes that its operators passed on, which is what a large one costs."""
    found: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, words in COMMANDS.items():
            with _counted() as figures:
                done = llmcost(*words, cwd=Path(folder))
            assert done.returncode == 0, done.stderr
            found[name] = figures
    return found


def written() -> dict[str, dict[str, Any]]:
    """The figures as they were last written down, and of which engine."""
    return tomllib.loads(FIGURES.read_text("utf-8"))


@contextlib.contextmanager
def _counted() -> Iterator[dict[str, int]]:
    """Counts what the statements of a command come to, on one thread."""
    figures = dict.fromkeys(("statements", "operators", "expressions", "rows", "bytes"), 0)
    run = Store._run
    begun: list[Any] = []  # the connection of the last statement: what it did is known once it has ended

    def note() -> None:
        if begun:
            for operator in json.loads(begun.pop().get_profiling_information(format="json")).get("operator", ()):
                _add(figures, operator)

    def counting(self: Store, sql: str, parameters: Mapping[str, Any] | None) -> Any:
        note()
        self._connection.execute("set threads = 1")
        self._connection.execute("set enable_profiling = 'no_output'")
        figures["statements"] += 1
        begun.append(self._connection)
        return run(self, sql, parameters)

    close = Store.close

    def closing(self: Store) -> None:
        note()
        close(self)

    with mock.patch.object(Store, "_run", counting), mock.patch.object(Store, "close", closing):
        yield figures


def _add(figures: dict[str, int], operator: Mapping[str, Any]) -> None:
    figures["operators"] += 1
    figures["expressions"] += sum(len(one) for one in operator["extra_info"].values() if isinstance(one, list))
    figures["rows"] += operator["intermediate_rows"]
    figures["bytes"] += operator["intermediate_size_bytes"]
    for child in operator.get("children", ()):
        _add(figures, child)


def main() -> None:
    """Writes the figures down."""
    tables = [f'[engine]\nversion = "{duckdb.__version__}"\n']
    for name, figures in measured().items():
        tables.append(f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in figures.items()))
    FIGURES.write_text("# Written by `python -m tests.engine.work`\n\n" + "\n".join(tables), "utf-8")


if __name__ == "__main__":
    main()
