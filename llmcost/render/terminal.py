"""Tables as a terminal shows them."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from llmcost.render.text import visible

Row = dict[str, Any]

_BARS = " ▁▂▃▄▅▆▇█"
_MAX_NAME = 60
_PLAIN_WIDTH = 100


def console(*, stderr: bool = False) -> Console:
    """A console that keeps to NO_COLOR and pipes, and never reads markup or emoji codes out of a log's text."""
    width = None if (sys.stderr if stderr else sys.stdout).isatty() else _PLAIN_WIDTH
    return Console(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)


def name(value: Any, width: int = _MAX_NAME) -> Text:
    """A value from a log, as text and nothing else, cut to a readable width."""
    if value is None:
        return Text("–", style="dim")
    text = visible(str(value))
    return Text(text if len(text) <= width else text[: width - 1] + "…")


def usd(value: float | None) -> Text:
    """Dollars: to the cent from a dollar on, to four digits below."""
    if value is None:
        return Text("no price", style="yellow")
    sign = "-" if value < 0 else ""
    size = abs(value)
    return Text(f"{sign}${size:,.2f}" if size >= 1 or size == 0 else f"{sign}${size:.4f}")


def count(value: int | float | None) -> Text:
    """A whole number with separators, or short from a million on: 12.3M."""
    if value is None:
        return Text("–", style="dim")
    for limit, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if abs(value) >= limit:
            return Text(f"{value / limit:.1f}{unit}")
    return Text(f"{value:,.0f}")


def exact(value: int | None) -> Text:
    """A whole number, every digit of it."""
    return Text("–", style="dim") if value is None else Text(f"{value:,}")


def counted(number: int, thing: str) -> str:
    """A number and what it counts, in words."""
    return f"{number:,} {thing if number == 1 else thing + 's'}"


def figure(value: Any) -> Text:
    """Any measured value in at most four digits."""
    if value is None:
        return Text("–", style="dim")
    return Text(f"{value:,.4g}" if isinstance(value, float) else visible(str(value)))


def share(value: float | None) -> Text:
    """A share as percent."""
    return Text("–" if value is None else f"{value:.1%}")


def bar(value: float | None, width: int = 12) -> Text:
    """A share as a bar."""
    filled = round(max(0.0, min(value or 0.0, 1.0)) * width * 8)
    whole, part = divmod(filled, 8)
    return Text("█" * whole + ("▏▎▍▌▋▊▉"[part - 1] if part else ""), style="cyan")


def sparkline(values: Sequence[float]) -> str:
    """A small trend: one bar a value, the highest full."""
    highest = max(values, default=0.0)
    if highest <= 0:
        return _BARS[1] * len(values)
    return "".join(_BARS[max(1, round(value / highest * 8))] for value in values)


def table(
    columns: Sequence[tuple[str, str]],
    rows: Sequence[Sequence[RenderableType]],
    *,
    title: str = "",
    rule_before_last: bool = False,
) -> Table:
    """A plain table. A column is its heading and its side, left or right. A rule may set off the last row, a total."""
    made = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold", pad_edge=False)
    for heading, side in columns:
        made.add_column(heading, justify="right" if side == "right" else "left", overflow="ellipsis",
                        no_wrap=side == "right")  # fmt: skip
    for number, row in enumerate(rows):
        made.add_row(*row, end_section=rule_before_last and number == len(rows) - 2)
    return made


def side_by_side(left: RenderableType, right: RenderableType) -> RenderableType:
    """Two pictures beside each other."""
    grid = Table.grid(padding=(0, 2))
    grid.add_row(left, right)
    return grid


def bullets(heading: str, lines: Sequence[str], style: str = "") -> RenderableType:
    """Lines under a heading, each wrapped behind its mark."""
    grid = Table.grid(padding=(0, 1))
    for line in lines:
        grid.add_row(Text("•", style=style), Text(visible(line)))
    return Padding(Group(Text(heading, style=f"bold {style}".strip()), grid), (0, 0, 1, 0))


def status(line: str) -> None:
    """A line about the work itself, on stderr."""
    console(stderr=True).print(Text(visible(line), style="dim"), soft_wrap=True)


def fail(message: str, hint: str | None) -> None:
    """An error for a person: one line of what is wrong, one of what to do."""
    err = console(stderr=True)
    err.print(Text("error: ", style="bold red") + Text(visible(message)), soft_wrap=True)
    if hint:
        err.print(Text("hint: ", style="bold") + Text(visible(hint)), soft_wrap=True)


@contextmanager
def byte_progress(label: str) -> Iterator[tuple[Any, Any]]:
    """Two functions, `start(total)` and `advance(bytes)`, behind a bar on stderr; silent where that is no terminal."""
    if not sys.stderr.isatty():
        yield (lambda _: None), (lambda _: None)
        return
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=None)
        yield (
            lambda total: progress.update(task, total=total),
            lambda amount: progress.advance(task, amount),
        )


@contextmanager
def step_progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """A function `advance(done, total)` behind a bar on stderr; silent where that is no terminal."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.progress import Progress

    with Progress(console=console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total or None)


def plain(picture: RenderableType) -> str:
    """The picture as a file or a pipe gets it: text without colours."""
    made = Console(file=StringIO(), width=_PLAIN_WIDTH, color_system=None, markup=False, emoji=False, highlight=False)
    made.print(picture)
    return made.file.getvalue()  # type: ignore[attr-defined,no-any-return]
