"""The self-hosting replay against throughput that others published, without a calibration.

    python -m benchmarks.serving_points [--points FILE]

The points are those of `benchmarks/results/published_serving.json`, or a file of the same form. Each is a closed loop:
so many requests of equal lengths in flight until all are done, which equal lengths make waves of. Shares of the
peaks (`llmcost/self_hosting/reached.toml`) were chosen on the former; recorded runs and other points named with
`--points` played no part.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import ROOT
from llmcost.self_hosting import catalogue
from llmcost.self_hosting.fitting import Fit, check
from llmcost.self_hosting.footing import choose
from llmcost.self_hosting.replay import Traffic, engine_on, replay
from llmcost.self_hosting.timing import IterationTime

POINTS = ROOT / "benchmarks" / "results" / "published_serving.json"
Point = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving_points", description="Published throughput.")
    parser.add_argument("--points", type=Path, default=POINTS, help="default: %(default)s")
    known = catalogue.load()
    found = defaultdict(list)
    for point in json.loads(parser.parse_args().points.read_text("utf-8"))["points"]:
        fit = check(known, known.model(point["model"]), point["quantization"], known.gpu(point["gpu"]))
        footing = choose(fit, known, (), point["vllm"])
        likely, slow, fast = (
            throughput(point, fit, footing.time.slowed(factor)) for factor in (1.0, footing.slowest, footing.fastest)
        )
        measured = point["output_tokens_per_s"]
        key = (point["gpu"], point["model"], point["quantization"], point["vllm"])
        found[key].append((likely / measured - 1, slow <= measured <= fast))
        print(
            f"{' '.join(key):44} {point['in_flight']:3} in flight: {measured:7,.0f} tokens/s,"
            f" predicted {likely:7,.0f} ({slow:,.0f} to {fast:,.0f}), {likely / measured - 1:+.1%}"
        )
    print()
    for key, errors in found.items():
        print(f"{' '.join(key):44} {_summary(errors)}")
    print(f"{'all':44} {_summary([one for errors in found.values() for one in errors])}")
    return 0


def throughput(point: Point, fit: Fit, time: IterationTime) -> float:
    """Output tokens a second of the closed loop, replayed wave by wave."""
    left, seconds = point["requests"], 0.0
    waves: dict[int, float] = {}
    while left:
        count = min(point["in_flight"], left)
        if count not in waves:
            lengths = [np.full(count, point[f"{kind}_tokens"], np.int64) for kind in ("input", "output")]
            served = replay(Traffic(np.zeros(count), *lengths), engine_on(fit), time)
            waves[count] = float(served.last_token_s.max())
        seconds += waves[count]
        left -= count
    return float(point["requests"] * point["output_tokens"] / seconds)


def _summary(errors: list[tuple[float, bool]]) -> str:
    inside = sum(held for _, held in errors)
    return f"mean error {statistics.mean(abs(error) for error, _ in errors):.1%}, {inside} of {len(errors)} inside"


if __name__ == "__main__":
    sys.exit(main())
