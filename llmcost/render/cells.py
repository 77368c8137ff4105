"""Values as a person reads them."""

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from llmcost.render.text import MINUS, visible

_BARS = " ▁▂▃▄▅▆▇█"
NOTHING = '""'
"""A name that is empty, where a row is called by it."""
_NAME_CHARACTERS = 200
"""Of a name from a log, before a table shortens it to fit."""
_LEAST_USD, _LEAST_CENTS = 0.00005, 0.005
"""Less than this would be printed as nothing."""


def name(value: Any) -> Text:
    """A value from a log, as text and nothing else."""
    if value is None:
        return Text("–", style="dim")
    return Text(brief(value, _NAME_CHARACTERS))


def brief(value: Any, width: int) -> str:
    """A value from a log for a sentence or a narrow column, shortened in the middle."""
    return "–" if value is None else shortened(visible(str(value)), width)


def shortened(text: str, width: int, head: float = 0.5) -> str:
    """The text in at most this many columns, its middle left out; `head` is the share that its beginning keeps."""
    if cell_len(text) <= width:
        return text
    before = round((width - 1) * head)
    return _fitting(text, before) + "…" + _fitting(text[::-1], width - 1 - before)[::-1]


def usd(value: float | None, most: float = 0.0) -> Text:
    """Dollars: to the cent from a dollar on, to four digits below; the sign stands before the dollar.

    `most` is the largest of the amounts that are read together: from a dollar on all of them are to the cent.
    """
    if value is None:
        return Text("no price", style="yellow")
    sign, size = (MINUS if value < 0 else ""), abs(value)
    is_in_cents = size >= 1 or size == 0 or most >= 1
    least, digits = (_LEAST_CENTS, 2) if is_in_cents else (_LEAST_USD, 4)
    if 0 < size < least:
        return Text(f"{sign}<${2 * least:.{digits}f}")
    return Text(f"{sign}${size:,.{digits}f}")


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


def counted(number: int, thing: str, things: str = "") -> str:
    """A number and what it counts, in words."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


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


def step(start: float, end: float, width: int = 12) -> Text:
    """A bar from one share to another, at its place: a step of a waterfall, red upwards and green downwards."""
    first, last = (round(max(0.0, min(share, 1.0)) * width) for share in sorted((start, end)))
    mark = "█" * (last - first) or "▏"
    return Text(" " * min(first, width - 1) + mark, style="red" if end > start else "green")


def sparkline(values: Sequence[float]) -> str:
    """A small trend: one bar for each value, the highest full."""
    highest = max(values, default=0.0)
    if highest <= 0:
        return _BARS[1] * len(values)
    return "".join(_BARS[max(1, round(value / highest * 8))] for value in values)


def _fitting(text: str, width: int) -> str:
    """As much of the beginning as fits: some characters take two columns."""
    if text.isascii():
        return text[:width]
    end = width
    while cell_len(text[:end]) > width:
        end -= 1
    return text[:end]
