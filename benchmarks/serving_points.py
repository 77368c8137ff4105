"""The self-hosting replay against throughput that others published, without a calibration.

    python -m benchmarks.serving_points [--points FILE]

The points are those of `benchmarks/results/published_serving.json`, on which shares of the peaks
(`llmcost/self_hosting/reached.toml`) were chosen, or a file of the same form: `unseen_serving.json` next to it has
points that played no part, what was predicted of them before they were compared, and which of them changed something
since. Each point is a closed loop: so many requests in flight until all are done. Requests of equal lengths make
waves; those with `lengths` vary around the means and are all sent at once.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import ROOT
from llmcost.self_hosting import catalogue
from llmcost.self_hosting.catalogue import Catalogue
from llmcost.self_hosting.fitting import Fit, check
from llmcost.self_hosting.footing import choose
from llmcost.self_hosting.replay import Traffic, engine_on, replay
from llmcost.self_hosting.timing import IterationTime

POINTS = ROOT / "benchmarks" / "results" / "published_serving.json"
UNSEEN = POINTS.with_name("unseen_serving.json")
Point = dict[str, Any]

_PARTS = {"not_counted": "not counted", "informed": "changed after it"}
# By what errors are summed up.
CLASSES: dict[str, Callable[[Point], str]] = {
    "GPU": lambda point: " x ".join(str(point[key]) for key in ("gpu", "gpus") if key in point),
    "weights": lambda point: str(point["quantization"]),
    "in flight": lambda point: next(f"up to {most}" for most in (8, 64, 1000) if point["in_flight"] <= most),
    "vLLM": lambda point: f"{'before' if _minor(point) < 15 else 'from'} 0.15",
}


@dataclass(frozen=True)
class Predicted:
    """Output tokens a second: likely, and at the ends of the iteration time's error."""

    likely: float
    low: float
    high: float

    def error(self, point: Point) -> float:
        """Relative to what was measured."""
        return self.likely / float(point["output_tokens_per_s"]) - 1

    def holds(self, point: Point) -> bool:
        """Whether what was measured lies between the ends."""
        return self.low <= float(point["output_tokens_per_s"]) <= self.high


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving_points", description="Published throughput.")
    parser.add_argument("--points", type=Path, default=POINTS, help="default: %(default)s")
    known = catalogue.load()
    compared = [(point, predict(point, known)) for point in read(parser.parse_args().points)]
    for point, predicted in compared:
        print(
            f"{_key(point):46} {point['input_tokens']:6}/{point['output_tokens']:<4} {point['in_flight']:4} in flight:"
            f" {point['output_tokens_per_s']:8,.1f} tokens/s, predicted {predicted.likely:8,.1f}"
            f" ({predicted.low:,.1f} to {predicted.high:,.1f}), {predicted.error(point):+.1%}"
            f"{'' if predicted.holds(point) else ' outside'}"
        )
    print()
    print("By part in the choice of figures, and as first predicted:")
    _summarise(compared, _part)
    _summarise([(point, then) for point, _ in compared if (then := first(point))], _part)
    counted = [(point, predicted) for point, predicted in compared if "not_counted" not in point]
    for name, of in CLASSES.items():
        print()
        print(f"By {name}:")
        _summarise(counted, of)
    print()
    _summarise(counted, lambda point: "all")
    return 0


def read(path: Path) -> list[Point]:
    """The points of a file."""
    points: list[Point] = json.loads(path.read_text("utf-8"))["points"]
    return points


def predict(point: Point, known: Catalogue) -> Predicted:
    """What the replay says of a point, without a calibration."""
    gpus = point.get("gpus", 1)
    fit = check(known, known.model(point["model"]), point["quantization"], known.gpu(point["gpu"]), gpus)
    footing = choose(fit, known, (), point["vllm"])
    times = (footing.time.slowed(factor) for factor in (1.0, footing.slowest, footing.fastest))
    return Predicted(*(throughput(point, fit, time) for time in times))


def throughput(point: Point, fit: Fit, time: IterationTime) -> float:
    """Output tokens a second of the closed loop, replayed wave by wave."""
    left, seconds, tokens = point["requests"], 0.0, 0
    waves: dict[int, tuple[float, int]] = {}
    while left:
        count = min(point["in_flight"], left)
        if count not in waves:
            traffic = _wave(point, count)
            served = replay(traffic, engine_on(fit), time)
            waves[count] = float(served.last_token_s.max()), int(traffic.output_tokens.sum())
        seconds += waves[count][0]
        tokens += waves[count][1]
        left -= count
    return tokens / seconds


def _wave(point: Point, count: int) -> Traffic:
    """Requests sent at once."""
    means = point["input_tokens"], point["output_tokens"]
    if "lengths" not in point:
        return Traffic(np.zeros(count), *(np.full(count, mean, np.int64) for mean in means))
    return Traffic(np.zeros(count), *_conversations(count, *means))


def _conversations(count: int, prompt: float, output: float) -> tuple[Any, Any]:
    """Lengths as in the filtered ShareGPT set, about: prompts log-normal up to 1,024 tokens, answers exponential."""
    random = np.random.default_rng(0)
    prompts = np.minimum(random.lognormal(0, 1.5, count) * 70, 1024)
    outputs = np.clip(random.exponential(output, count), 4, 1024)
    scaled = (
        np.maximum(np.rint(values * (mean / values.mean())), 1).astype(np.int64)
        for values, mean in ((prompts, prompt), (outputs, output))
    )
    return next(scaled), next(scaled)


def first(point: Point) -> Predicted | None:
    """What was predicted before anything was compared."""
    return Predicted(*point["first_predicted"]) if "first_predicted" in point else None


def _key(point: Point) -> str:
    return f"{CLASSES['GPU'](point)} {point['model']} {point['quantization']} {point['vllm']}"


def _part(point: Point) -> str:
    """What part it had in the choice of figures."""
    if marked := next((words for key, words in _PARTS.items() if key in point), None):
        return marked
    return "none" if "first_predicted" in point else "chosen on it"


def _minor(point: Point) -> int:
    return int(point["vllm"].split(".")[1])


def _summarise(compared: list[tuple[Point, Predicted]], of: Callable[[Point], str]) -> None:
    """Prints the mean error and how many ranges hold, for each class."""
    classes: dict[str, list[tuple[Point, Predicted]]] = defaultdict(list)
    for point, predicted in compared:
        classes[of(point)].append((point, predicted))
    for name, members in classes.items():
        errors = [predicted.error(point) for point, predicted in members]
        print(
            f"{name:20} mean error {statistics.mean(map(abs, errors)):.1%}, on average {statistics.mean(errors):+.1%},"
            f" {sum(predicted.holds(point) for point, predicted in members)} of {len(members)} inside"
        )


if __name__ == "__main__":
    sys.exit(main())
