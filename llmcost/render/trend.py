"""A trend in one line: marks for stretches of time, as many as there is room for, and what they show."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.text import Text

from llmcost.render.cells import sparkline

_MOST_MARKS = 60


@dataclass(frozen=True)
class Trend:
    """Values in order, each of one `unit` of time; where there are more than fit, a mark is the sum of several."""

    label: str
    values: Sequence[float]
    said: str
    unit: str = "day"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = options.max_width - len(self.label)
        each = ceil(len(self.values) / max(min(room, _MOST_MARKS), 1))
        first = len(self.values) % each  # the newest mark is whole
        ends = [*([first] if first else []), *range(first + each, len(self.values) + 1, each)]
        marks = [sum(self.values[max(end - each, 0) : end]) for end in ends]
        said = self.said if each == 1 else f"{self.said}; a mark is {each} {self.unit}s"
        line = Text.assemble((self.label, "dim"), (sparkline(marks), "cyan"))
        if cell_len(line.plain) + 2 + cell_len(said) <= options.max_width:
            yield line.append(f"  {said}", style="not dim")
            return
        yield line
        yield Padding(Text(said), (0, 0, 0, len(self.label)))
