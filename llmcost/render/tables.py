"""Tables and lists that fit the width of the terminal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from llmcost.render.cells import shortened
from llmcost.render.text import visible

Kind = Literal["name", "number", "words", "bar"]

_WIDEST_NAME = 60
_COMFORTABLE_NAMES = 32
_NARROWEST_NAME = 8
_NARROWEST_WORDS = 24
_BETWEEN = 3
_APART = 2
_ROOM_FOR_TWO = 80
"""Columns in which two tables with names and a few figures are readable next to each other."""
_HEADS = (0.5, 0.7, 0.3)
"""Shares of a shortened name that its beginning keeps, tried in turn until no two rows print alike."""


@dataclass(frozen=True)
class Column:
    """A column: `name` tells rows apart and is never left out; `words` are wrapped; `bar` is a picture.

    Where a table is too wide, the columns with the highest `spare` are left out first; 0: none before the others.
    """

    heading: str
    kind: Kind = "number"
    spare: int = 0


def name(heading: str) -> Column:
    """A column that tells rows apart. Its heading may be the name of a tag, which can be anything."""
    return Column(visible(heading), "name")


def number(heading: str, spare: int = 0) -> Column:
    """A column of figures, to the right."""
    return Column(heading, "number", spare)


def words(heading: str, spare: int = 0) -> Column:
    """A column of text that is wrapped."""
    return Column(heading, "words", spare)


def bar(heading: str = "", spare: int = 100) -> Column:
    """A column of bars: the first to be left out, unless its place among the others is given."""
    return Column(heading, "bar", spare)


@dataclass(frozen=True)
class Table:
    """A plain table that fits its width: it leaves out figures first, then shortens names in the middle.

    No two rows whose names differ print alike: where shortened names would, they are wrapped in full. With `total`
    a rule sets off the last row.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Text]]
    title: str = ""
    total: bool = False
    comfortable: int = _COMFORTABLE_NAMES  # columns that the names of a row get before figures are left out

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", visible(self.title))  # it may name a tag

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self._fitted(options.max_width)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        natural = max(self._width(self._widths()), cell_len(self.title))
        return Measurement(min(natural, options.max_width), min(natural, options.max_width))

    def natural_width(self) -> int:
        """Columns that the whole table takes."""
        return max(self._width(self._widths()), cell_len(self.title))

    def _fitted(self, width: int) -> RichTable:
        names = [place for place, column in enumerate(self.columns) if column.kind == "name"]
        widths = self._widths()
        comfortable, least = list(widths), list(widths)
        _lower(comfortable, names, max(self.comfortable, _NARROWEST_NAME * len(names)))
        _lower(least, names, _NARROWEST_NAME * len(names))
        every = range(len(self.columns))
        shown = self._without(comfortable, every, [place for place in every if self.columns[place].spare], width)
        shown = self._without(least, shown, [place for place in shown if self.columns[place].kind != "name"], width)
        room = width - self._width([0 if place in names else widths[place] for place in shown], len(shown))
        _lower(widths, names, max(room, _NARROWEST_NAME * len(names)))
        cut = self._named(names, widths)
        made = RichTable(
            box=SIMPLE_HEAD, title=self.title or None, title_justify="left", title_style="bold", pad_edge=False
        )
        for place in shown:
            column = self.columns[place]
            made.add_column(
                column.heading,
                justify="right" if column.kind == "number" else "left",
                no_wrap=column.kind in ("number", "bar") or (place in names and cut is not None),
                overflow="fold" if column.kind == "name" else "ellipsis",
                max_width=widths[place] if place in names else None,
            )
        for at, row in enumerate(self.rows):
            cells = [(cut[at].get(place, row[place]) if cut else row[place]) for place in shown]
            made.add_row(*cells, end_section=self.total and at == len(self.rows) - 2)
        return made

    def _widths(self) -> list[int]:
        """What each column needs: names up to what is readable, words what can be wrapped well."""
        most = {"name": _WIDEST_NAME, "words": _NARROWEST_WORDS}
        return [
            max(
                min(max((cell_len(row[place].plain) for row in self.rows), default=0), most.get(column.kind, 1 << 20)),
                cell_len(column.heading),
            )
            for place, column in enumerate(self.columns)
        ]

    def _width(self, widths: Sequence[int], columns: int | None = None) -> int:
        return sum(widths) + _BETWEEN * ((columns or len(widths)) - 1) + 2

    def _without(self, widths: Sequence[int], shown: Sequence[int], spare: Sequence[int], width: int) -> list[int]:
        """The columns less as many of those to spare as it takes: the most to spare first, then from the right."""
        kept = list(shown)
        for place in sorted(spare, key=lambda place: (-self.columns[place].spare, -place)):
            if len(kept) == 1 or self._width([widths[at] for at in kept]) <= width:
                break
            kept.remove(place)
        return kept

    def _named(self, names: Sequence[int], widths: Sequence[int]) -> list[dict[int, Text]] | None:
        """The names of each row as they are printed; None where only whole names tell the rows apart."""
        whole = {tuple(row[place].plain for place in names) for row in self.rows}
        for head in _HEADS:
            cut = [{place: _cut(row[place], widths[place], head) for place in names} for row in self.rows]
            if len({tuple(cell.plain for cell in row.values()) for row in cut}) == len(whole):
                return cut
        return None


def _cut(cell: Text, width: int, head: float) -> Text:
    if cell_len(cell.plain) <= width:
        return cell
    return Text(shortened(cell.plain, width, head), style=cell.style)


def _lower(widths: list[int], places: Sequence[int], room: int) -> None:
    """Takes from the widest of these columns until together they fit the room."""
    while places and sum(widths[place] for place in places) > room:
        widest = max(places, key=lambda place: widths[place])
        if widths[widest] <= _NARROWEST_NAME:
            return
        widths[widest] -= 1


@dataclass(frozen=True)
class SideBySide:
    """Two tables next to each other where there is room, else one under the other."""

    left: Table
    right: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        natural = self.left.natural_width() + self.right.natural_width() + _APART
        if natural > options.max_width < _ROOM_FOR_TWO:
            yield Group(self.left, self.right)
            return
        grid = RichTable.grid(padding=(0, _APART))
        if natural > options.max_width:
            half = (options.max_width - _APART) // 2
            grid.add_column(width=half)
            grid.add_column(width=half)
        grid.add_row(self.left, self.right)
        yield grid


@dataclass(frozen=True)
class Bullets:
    """Lines under a heading, each wrapped behind its mark; of more than `at_most` printed lines the first."""

    heading: str
    lines: Sequence[str]
    style: str = ""
    at_most: int | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if not self.lines:
            return
        lines = list(self._first(console, options.max_width - 2))
        left_out = len(self.lines) - len(lines)
        grid = RichTable.grid(padding=(0, 1))
        for line in lines:
            grid.add_row(Text("•", style=self.style), Text(visible(line)))
        if left_out:
            grid.add_row(Text("•", style=self.style), Text(f"and {left_out:,} more: --details", style="dim"))
        yield Padding(Group(Text(self.heading, style=f"bold {self.style}".strip()), grid), (0, 0, 1, 0))

    def _first(self, console: Console, width: int) -> Iterable[str]:
        """As many as fit; the last line is kept for saying how many do not."""
        taken = 0
        for at, line in enumerate(self.lines):
            taken += len(Text(visible(line)).wrap(console, width))
            rest = at < len(self.lines) - 1
            if self.at_most is not None and taken > self.at_most - rest and at:
                return
            yield line


def figures(rows: Sequence[tuple[str, str | Text]]) -> RichTable:
    """What each figure is, then the figure, wrapped behind it."""
    grid = RichTable.grid(padding=(0, 3))
    for label, figure in rows:
        grid.add_row(Text(label, style="dim"), figure if isinstance(figure, Text) else Text(figure))
    return grid


def more(shown: int, every: int, thing: str = "") -> str:
    """For a title: how many of all rows are shown; nothing where all are."""
    return f" ({shown:,} of {every:,}{' ' + thing if thing else ''})" if shown < every else ""
