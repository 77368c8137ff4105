"""Curves as a terminal shows them."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from rich.text import Text

from llmcost.render.text import visible

_MARKS = "●◆■▲"
_STYLES = ("cyan", "yellow", "green", "magenta")
_BETWEEN = "·"
_TICKS = 10


def curves(
    series: Mapping[str, Sequence[tuple[float, float]]],
    *,
    x_label: str,
    y_label: str,
    width: int = 72,
    height: int = 16,
    linear: bool = False,
) -> Text:
    """Up to four curves, each with its mark, on logarithmic axes, where points that are not above zero are left out,
    or on straight ones.

    Where two meet in a cell the later one is seen.
    """

    def drawn(x: float, y: float) -> bool:
        return linear or (x > 0 and y > 0)

    points = [(x, y) for curve in series.values() for x, y in curve if drawn(x, y)]
    if not points:
        return Text("")
    axis = _Straight if linear else _Axis
    across, up = axis([x for x, _ in points], width), axis([y for _, y in points], height)
    cells: dict[tuple[int, int], tuple[str, str]] = {}
    for (_, curve), mark, style in zip(series.items(), _MARKS, _STYLES, strict=False):
        placed = [(across.at(x), up.at(y)) for x, y in sorted(curve) if drawn(x, y)]
        for (x0, y0), (x1, y1) in pairwise(placed):
            for x in range(round(x0) + 1, round(x1)):
                cells[x, round(y0 + (y1 - y0) * (x - x0) / (x1 - x0))] = (_BETWEEN, style)
        for across_at, up_at in placed:
            cells[round(across_at), round(up_at)] = (mark, style)
    ticks = {round(up.at(value)): short(value) for value in up.ticks}
    margin = max(len(word) for word in ticks.values())
    picture = Text(f"{visible(y_label)}\n")
    for row in range(height, -1, -1):
        picture.append(f"{ticks.get(row, ''):>{margin}} {'┤' if row in ticks else '│'}", style="dim")
        for column in range(width + 1):
            picture.append(*cells.get((column, row), (" ", "")))
        picture.append("\n")
    picture.append(f"{' ' * margin} └{_below(across, '┴')}\n", style="dim")
    picture.append(f"{' ' * margin}  {_words_below(across)}  {visible(x_label)}\n", style="dim")
    for (name, _), mark, style in zip(series.items(), _MARKS, _STYLES, strict=False):
        picture.append(f"{' ' * margin}  {mark} {visible(name)}", style=style)
    return picture.append("\n")


def short(value: float) -> str:
    """A power of ten in few characters: 10k, 1M."""
    for limit, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:g}{unit}"
    return f"{value:g}"


class _Axis:
    """A logarithmic axis over some values, this many cells long, with its powers of ten."""

    def __init__(self, values: Sequence[float], cells: int) -> None:
        low, high = math.log10(min(values)), math.log10(max(values))
        self._low, self._span = low, max(high - low, 1e-9)
        self.cells = cells
        powers = range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)
        self.ticks = [10.0**power for power in powers] or [min(values)]

    def at(self, value: float) -> float:
        return (math.log10(value) - self._low) / self._span * self.cells


class _Straight:
    """An axis on which equal lengths are equal differences, with round values between its ends."""

    def __init__(self, values: Sequence[float], cells: int) -> None:
        self._low, self._span = min(values), max(max(values) - min(values), 1e-9)
        self.cells = cells
        power = 10.0 ** math.floor(math.log10(self._span))
        step = next(power * part for part in (0.2, 0.5, 1.0) if self._span / (power * part) <= _TICKS)
        inside = range(math.ceil(self._low / step - 1e-9), math.floor((self._low + self._span) / step + 1e-9) + 1)
        self.ticks = [round(number * step, 12) for number in inside] or [self._low]

    def at(self, value: float) -> float:
        return (value - self._low) / self._span * self.cells


def _below(axis: _Axis | _Straight, mark: str) -> str:
    places = {round(axis.at(value)) for value in axis.ticks}
    return "".join(mark if cell in places else "─" for cell in range(axis.cells + 1))


def _words_below(axis: _Axis | _Straight) -> str:
    line = ""
    for value in axis.ticks:
        word = short(value)
        line = line.ljust(max(round(axis.at(value)) - len(word) // 2, len(line) + 1 if line else 0)) + word
    return line
