"""One report of the same lake by both engines: seconds and memory of whole processes, whether the answers are equal.

    python -m benchmarks.spark [--requests N] [--master URL] [--data DIR]

The lake is what `llmcost export --format lake` writes of a generated log. Memory is the highest sum of what the process
and all below it hold, looked at ten times a second: Spark's is in its JVM.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import generate
from benchmarks.measure import LLMCOST, ROOT, BenchmarkError

_EVERY_S = 0.1
_PAGE_BYTES = 4096
_NEAR_USD = 1e-9


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.spark", description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=1_000_000, help="of the lake (default: %(default)s)")
    parser.add_argument("--master", default="local[2]", help="Spark's (default: %(default)s)")
    parser.add_argument("--data", type=Path, default=ROOT / "benchmarks" / ".data", help="keeps logs and lakes")
    arguments = parser.parse_args()
    lake = _lake(arguments.data, arguments.requests)
    question = ("report", "--by", "feature", "--format", "json", "--lake", str(lake))
    duckdb = _asked(*question)
    spark = _asked(*question, "--engine", "spark", "--master", arguments.master)
    for name, (_, wall_s, peak_bytes) in (("duckdb", duckdb), ("spark", spark)):
        print(f"{name}: {wall_s:.1f} s, {peak_bytes / 1e9:.2f} GB")
    apart = sorted(_apart(duckdb[0]["rows"], spark[0]["rows"]))
    print(f"rows that differ: {', '.join(apart) or 'none'}")
    return 1 if apart else 0


def _lake(data: Path, requests: int) -> Path:
    """A lake of so many requests, made once."""
    log = generate.llmcost_log(data, requests)
    lake = log.parent / "lake"
    if not lake.exists():
        with tempfile.TemporaryDirectory(dir=log.parent) as folder:
            store = f"{folder}/a.duckdb"
            for words in (["ingest", str(log)], ["export", "--format", "lake", "--to", str(lake)]):
                _run([*LLMCOST, *words, "--db", store])
    return lake


def _asked(*words: str) -> tuple[Any, float, int]:
    """The answer of a command, its seconds, and the most memory that it and what it started held at once."""
    began_s = time.monotonic()
    with tempfile.TemporaryFile() as out, subprocess.Popen([*LLMCOST, *words], stdout=out, cwd=ROOT) as process:
        peak_bytes = 0
        while process.poll() is None:
            peak_bytes = max(peak_bytes, sum(_resident(each) for each in _below(process.pid)))
            time.sleep(_EVERY_S)
        wall_s = time.monotonic() - began_s
        if process.returncode:
            raise BenchmarkError(f"{' '.join(words)} ended with {process.returncode}")
        out.seek(0)
        return json.loads(out.read()), wall_s, peak_bytes


def _below(process: int) -> list[int]:
    """A process and all that it and those below it started."""
    found = [process]
    for each in found:
        for children in Path(f"/proc/{each}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:  # it has ended
                continue
    return found


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE_BYTES
    except (OSError, IndexError):
        return 0


def _apart(some: list[dict[str, Any]], others: list[dict[str, Any]]) -> set[str]:
    """The features whose figures differ: counts at all, dollars by more than a billionth of one."""
    by_feature = [{str(row["feature"]): row for row in rows} for rows in (some, others)]
    if by_feature[0].keys() != by_feature[1].keys():
        return {*by_feature[0]} ^ {*by_feature[1]}
    return {
        feature
        for feature, row in by_feature[0].items()
        for name, value in row.items()
        if (
            abs(value - by_feature[1][feature][name]) > _NEAR_USD * max(1.0, abs(value))
            if isinstance(value, float)
            else value != by_feature[1][feature][name]
        )
    }


def _run(words: list[str]) -> None:
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise BenchmarkError(f"{' '.join(words)}: {done.stderr.strip()}")


if __name__ == "__main__":
    sys.exit(main())
