"""`python -m llmcost.bench_gpu`: the benchmark without a store, on a machine that has nothing else of llmcost.

Steps are appended to `bench-gpu.jsonl`, or the file that --db names, one JSON object a line.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from llmcost.bench_gpu.command import command
from llmcost.bench_gpu.dollars import OwnLoad
from llmcost.bench_gpu.measurement import Row
from llmcost.bench_gpu.serving import Arrival
from llmcost.errors import LlmcostError, UsageError

_SHOWN = (
    "load", "concurrency", "rate_per_s", "input_tokens_asked", "output_tokens_asked", "ok", "requests",
    "output_tokens_per_s", "total_tokens_per_s", "ttft_ms_mean", "ttft_ms_p99", "tpot_ms_mean", "tpot_ms_p99",
    "output_usd_mtok", "total_usd_mtok",
)  # fmt: skip


class Lines:
    """A file of JSON lines in place of the store."""

    def __init__(self, file: Path | None) -> None:
        self._file = file or Path("bench-gpu.jsonl")

    def prepare(self) -> None:
        """Looks whether the file can be written."""
        try:
            self._file.open("a").close()
        except OSError as error:
            raise LlmcostError(
                f"{self._file} cannot be written: {error.strerror}", hint="name another with --db FILE"
            ) from None

    def save(self, row: Row) -> None:
        """Appends a finished step."""
        with self._file.open("a", encoding="utf-8") as out:
            out.write(_json(row) + "\n")

    def saved(self) -> list[Row]:
        """The steps in the file."""
        if not self._file.exists():
            raise LlmcostError(f"there is no file {self._file}", hint="name another with --db FILE")
        return [json.loads(line) for line in self._file.read_text("utf-8").splitlines()]

    def usd_per_hour(self, instance: str) -> float:
        """Not known here."""
        raise UsageError(f"no price is known for {instance} without llmcost", hint="give it with --price-per-hour USD")

    def arrivals(self) -> Sequence[Arrival]:
        """None here."""
        return []

    def own_load(self) -> OwnLoad | None:
        """Not known here."""
        return None

    def show(self, rows: Sequence[Row], *, as_json: bool) -> None:
        """The steps, whole as JSON, or the main figures of each."""
        if as_json:
            sys.stdout.write("[" + ",\n".join(_json(row) for row in rows) + "]\n")
            return
        for row in rows:
            shown = [(name, row[name]) for name in _SHOWN if row[name] is not None]
            words = [f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}" for name, value in shown]
            sys.stdout.write("  ".join(words) + "\n")


def _json(row: Row) -> str:
    return json.dumps(row, default=lambda moment: moment.isoformat())


def main() -> None:
    """Runs the command. Exit status: 0 done, 1 cannot be done, 2 wrong usage, 130 interrupted."""
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(command(Lines, "python -m llmcost.bench_gpu"))
    try:
        app()
    except LlmcostError as error:
        hint = f"\n{error.hint}" if error.hint else ""
        sys.stderr.write(f"{error.message}{hint}\n")
        sys.exit(2 if isinstance(error, UsageError) else 1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
