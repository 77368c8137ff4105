"""How often the range of the backtest of prompt caching holds the truth: parts of logs, each taken for a whole log.

    python -m benchmarks.cache_coverage [--draws N] LOG…

The parts of a log: each month, random halves, quarters and tenths of its sessions, and single sessions (for Codex:
single files), and in each of them every model of at least 100 requests. Random parts overlap, so that their number is
not that of independent trials.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from llmcost.backtest.replays import prompt_caching
from llmcost.engine import literals, store
from llmcost.ingest import run

Row = dict[str, Any]

PARTS = {"half": 2, "quarter": 4, "tenth": 10}
LEAST_REQUESTS = 100


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cache_coverage", description="The range's coverage.")
    parser.add_argument("log", nargs="+", help="what to ingest, each by itself")
    parser.add_argument("--draws", type=int, default=10, help="parts of each size (default: %(default)s)")
    arguments = parser.parse_args()
    print(f"nominal level {prompt_caching.LEVEL:.0%}")
    for log in arguments.log:
        with store.in_memory() as opened:
            run.ingest(opened, [log])
            found = defaultdict(list)
            for kind, sessions in _parts(opened, arguments.draws):
                listed = ", ".join(map(literals.written, sessions))
                part = f"(select * from requests where session_id in ({listed}))"
                if result := prompt_caching.backtest(opened.arrow, part):
                    found[kind].append(result)
                    models = [row for row in result["by_model"] if row["requests"] >= LEAST_REQUESTS]
                    found[f"{kind}, by model"] += models if len(result["by_model"]) > 1 else []
        print(log)
        for kind, results in found.items():
            print(f"  {kind}: {_coverage(results)}" if results else f"  {kind}: none", flush=True)
    return 0


def _parts(opened: store.Store, draws: int) -> Iterator[tuple[str, list[str]]]:
    """Sessions that are taken for a log, and what kind of a part they are."""
    rng = random.Random(0)
    began = opened.rows(
        "select session_id, strftime(min(ts), '%Y-%m') as month from requests"
        " where session_id is not null and ts is not null group by session_id order by session_id"
    )
    months = defaultdict(list)
    for row in began:
        months[row["month"]].append(row["session_id"])
    sessions = [row["session_id"] for row in began]
    yield "whole", sessions
    for month in sorted(months):
        yield "month", months[month]
    for kind, share in PARTS.items():
        if len(sessions) >= 2 * share:
            for _ in range(draws):
                yield kind, rng.sample(sessions, len(sessions) // share)
    for session in rng.sample(sessions, min(len(sessions), max(10, 2 * draws))):
        yield "session", [session]


def _coverage(results: list[Row]) -> str:
    inside = sum(row["low_usd"] <= row["actual_usd"] <= row["high_usd"] for row in results)
    width = statistics.median((row["high_usd"] - row["low_usd"]) / row["actual_usd"] for row in results)
    error = statistics.median(abs(row["error_share"]) for row in results)
    most = max(abs(row["error_share"]) for row in results)
    return (
        f"{inside} of {len(results)} inside ({inside / len(results):.0%}), median width {width:.0%},"
        f" median error {error:.1%}, largest {most:.1%}"
    )


if __name__ == "__main__":
    sys.exit(main())
