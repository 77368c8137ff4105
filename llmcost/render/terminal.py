"""The terminal: consoles, messages about the work itself, and progress."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text

from llmcost.render.text import visible

_PLAIN_WIDTH = 100
_NARROWEST = 40


def console(*, stderr: bool = False) -> Console:
    """A console that keeps to NO_COLOR and pipes, and never reads markup or emoji codes out of a log's text."""
    width = None if (sys.stderr if stderr else sys.stdout).isatty() else plain_width()
    return Console(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)


def plain_width() -> int:
    """How wide a table is in a file or a pipe: $COLUMNS, else 100 columns."""
    asked = os.environ.get("COLUMNS", "")
    return max(int(asked), _NARROWEST) if asked.isdecimal() and len(asked) < 6 else _PLAIN_WIDTH


def plain(picture: RenderableType) -> str:
    """The picture as a file or a pipe gets it: text without colours."""
    out = StringIO()
    Console(file=out, width=plain_width(), color_system=None, markup=False, emoji=False, highlight=False).print(picture)
    return out.getvalue()


def status(line: str) -> None:
    """A line about the work itself, on stderr."""
    console(stderr=True).print(Text(visible(line), style="dim"), soft_wrap=True)


def confirmed(question: str) -> bool:
    """Whether a person says yes; not where there is nobody to ask."""
    console(stderr=True).print(Text(f"{visible(question)} [y/N] "), end="")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def fail(message: str, hint: str | None) -> None:
    """An error for a person: one line that says what is wrong, one that says what to do."""
    err = console(stderr=True)
    err.print(Text("error: ", style="bold red") + Text(visible(message)), soft_wrap=True)
    if hint:
        err.print(Text("hint: ", style="bold") + Text(visible(hint)), soft_wrap=True)


@contextmanager
def byte_progress(label: str) -> Iterator[tuple[Any, Any]]:
    """Two functions, `start(total)` and `advance(bytes)`, behind a bar on stderr; silent without a terminal."""
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
    """A function `advance(done, total)` behind a bar on stderr; silent without a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.progress import Progress

    with Progress(console=console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total or None)


@contextmanager
def stage_progress() -> Iterator[Callable[[str, int, int], None]]:
    """A function `tell(what, done, total)` behind a line on stderr that says what is being done, with a bar where there
    is a total; silent without a terminal."""
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )  # fmt: skip
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        task = progress.add_task("starting Spark", total=None)
        yield lambda what, done, total: progress.update(
            task, description=visible(what), completed=done, total=total or None
        )
