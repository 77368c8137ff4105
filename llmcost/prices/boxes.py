"""Boxes of days, weekdays, minutes and prompt lengths: where a price holds, and cutting one by another."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from llmcost.prices.bands import ANYTIME, EARLIEST, MINUTES, WEEKDAYS, Row

_ENDLESS = 1 << 62

Edge = tuple[int, int]
"""From, and up to but not including, as whole numbers: days are ordinals."""


@dataclass(frozen=True)
class Box:
    """Where something holds: the four axes of a row of the table `prices`."""

    days: Edge = (EARLIEST.toordinal(), _ENDLESS)
    weekdays: Edge = (1, WEEKDAYS + 1)
    minutes: Edge = (0, MINUTES)
    lengths: Edge = (0, _ENDLESS)

    @staticmethod
    def of(row: Mapping[str, Any]) -> "Box":
        """The box of a row; what it leaves out is everything."""
        at = {**ANYTIME, **row}
        return Box(
            (at["valid_from"].toordinal(), _ENDLESS if at["valid_to"] is None else at["valid_to"].toordinal()),
            (at["weekday_from"], at["weekday_to"]),
            (at["minute_from"], at["minute_to"]),
            (at["prompt_min"], _ENDLESS if at["prompt_max"] is None else at["prompt_max"] + 1),
        )

    def columns(self) -> Row:
        """The box as the columns of a row."""
        return {
            "valid_from": date.fromordinal(self.days[0]),
            "valid_to": None if self.days[1] == _ENDLESS else date.fromordinal(self.days[1]),
            "weekday_from": self.weekdays[0],
            "weekday_to": self.weekdays[1],
            "minute_from": self.minutes[0],
            "minute_to": self.minutes[1],
            "prompt_min": self.lengths[0],
            "prompt_max": None if self.lengths[1] == _ENDLESS else self.lengths[1] - 1,
        }

    def _edges(self) -> tuple[Edge, ...]:
        return self.days, self.weekdays, self.minutes, self.lengths

    @staticmethod
    def join(boxes: "Iterable[Box]", axis: int) -> "list[Box]":
        """Boxes that differ only along one axis, those that touch there joined."""
        joined: list[Box] = []
        for box in sorted(boxes, key=lambda box: box._edges()[axis]):
            if joined and joined[-1]._edges()[axis][1] == box._edges()[axis][0]:
                edges = list(box._edges())
                edges[axis] = joined.pop()._edges()[axis][0], edges[axis][1]
                box = Box(*edges)
            joined.append(box)
        return joined

    def cut(self, by: "Box") -> tuple["Box | None", list["Box"]]:
        """The part of this box inside another one, and the parts outside it, disjoint."""
        edges = list(self._edges())
        outside: list[Box] = []
        for axis, (first, last) in enumerate(by._edges()):
            low, high = edges[axis]
            if last <= low or first >= high:
                return None, [self]
            around = [part for part in ((low, first), (last, high)) if part[0] < part[1]]
            outside += [Box(*(part if other == axis else edge for other, edge in enumerate(edges))) for part in around]
            edges[axis] = max(low, first), min(high, last)
        return Box(*edges), outside


def parts(row: Row, by: Box) -> Iterator[tuple[Row, bool]]:
    """The row cut by a box: its parts, and whether each lies inside."""
    inside, outside = Box.of(row).cut(by)
    if inside is not None:
        yield {**row, **inside.columns()}, True
    for box in outside:
        yield {**row, **box.columns()}, False


def merged(rows: Iterable[Row]) -> list[Row]:
    """Rows that differ only in their boxes, in as few boxes as joining neighbours gives."""
    boxes: dict[str, tuple[Row, list[Box]]] = {}
    for row in rows:
        said = repr({name: value for name, value in row.items() if name not in ANYTIME})
        boxes.setdefault(said, (row, []))[1].append(Box.of(row))
    found: list[Row] = []
    for row, own in boxes.values():
        for axis in (2, 0, 1, 3):
            alike: dict[tuple[Edge, ...], list[Box]] = {}
            for box in own:
                edges = box._edges()
                alike.setdefault((*edges[:axis], *edges[axis + 1 :]), []).append(box)
            own = [box for group in alike.values() for box in Box.join(group, axis)]
        found += [{**row, **box.columns()} for box in own]
    return found
