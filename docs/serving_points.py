"""The tables of docs/accuracy.md on published throughput: what was measured, and what the replay says."""

import statistics
from collections import defaultdict
from functools import cache
from pathlib import Path

from benchmarks import serving_points
from benchmarks.serving_points import POINTS, UNSEEN, Point, Predicted
from llmcost.self_hosting import catalogue
from llmcost.self_hosting.quantization import spoken

_HEADS = ("tokens in and out, requests in flight", "output tokens/s, published", "replayed", "inside")


def chosen_on() -> str:
    """Points on which figures of the replay were chosen."""
    compared = _compared(POINTS)
    return _table([*_rows(compared), _all("all", compared)], ("", *_HEADS))


def unseen() -> str:
    """Points that played no part when they were first predicted: those that changed nothing since, and the others."""
    compared = [one for one in _compared(UNSEEN) if "not_counted" not in one[0]]
    apart = [one for one in compared if "informed" not in one[0]], [one for one in compared if "informed" in one[0]]
    rows: list[tuple[str, ...]] = []
    for name, part in zip(("all that changed nothing", "all that changed something"), apart, strict=True):
        rows += [*_rows(part), _all(name, part)]
    return _table(rows, ("", *_HEADS, "as first predicted", "inside"))


@cache
def _compared(path: Path) -> list[tuple[Point, Predicted, Predicted | None]]:
    known = catalogue.load()
    points = serving_points.read(path)
    return [(point, serving_points.predict(point, known), serving_points.first(point)) for point in points]


def _rows(compared: list[tuple[Point, Predicted, Predicted | None]]) -> list[tuple[str, ...]]:
    """One for each card, model, weights and version."""
    groups = defaultdict(list)
    for one in compared:
        groups[_name(one[0])].append(one)
    return [
        (
            name,
            ", ".join(_load(point) for point, *_ in group),
            ", ".join(f"{point['output_tokens_per_s']:,.{1 if point['output_tokens_per_s'] < 20 else 0}f}"
                      for point, *_ in group),
            *_errors([(point, now) for point, now, _ in group]),
            *_errors([(point, then) for point, _, then in group if then]),
        )
        for name, group in groups.items()
    ]  # fmt: skip


def _name(point: Point) -> str:
    cards = f"{point['gpus']} {point['gpu']}" if "gpus" in point else point["gpu"]
    return f"{cards}, {point['model']}, {spoken(point['quantization'])}, vLLM {point['vllm']}"


def _load(point: Point) -> str:
    lengths = "ShareGPT" if "lengths" in point else f"{point['input_tokens']:,}/{point['output_tokens']:,}"
    return f"{lengths} × {point['in_flight']:,}"


def _errors(compared: list[tuple[Point, Predicted]]) -> tuple[str, ...]:
    """The errors and how many ranges hold; nothing for nothing."""
    if not compared:
        return ()
    errors = ", ".join(f"{predicted.error(point) * 100:+.0f}" for point, predicted in compared)
    return f"{errors}%".replace("-", "−"), _held(compared)


def _all(name: str, compared: list[tuple[Point, Predicted, Predicted | None]]) -> tuple[str, ...]:
    cells = [name, "", ""]
    for part in ([(point, now) for point, now, _ in compared], [(point, then) for point, _, then in compared if then]):
        if part:
            mean = statistics.mean(abs(predicted.error(point)) for point, predicted in part)
            cells += [f"mean {mean * 100:.1f}% off", _held(part)]
    return tuple(cells)


def _held(compared: list[tuple[Point, Predicted]]) -> str:
    return f"{sum(predicted.holds(point) for point, predicted in compared)} of {len(compared)}"


def _table(rows: list[tuple[str, ...]], heads: tuple[str, ...]) -> str:
    ruler = ["---", *["---:"] * (len(heads) - 1)]
    return "\n".join(["", *(f"| {' | '.join(row)} |" for row in (heads, ruler, *rows)), ""])
