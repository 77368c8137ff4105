"""A trend fits its line: marks add up days where there are more than there is room for."""

from io import StringIO

import pytest
from rich.console import Console

from llmcost.render.trend import Trend


def drawn(days: int, width: int) -> list[str]:
    out = StringIO()
    values = [1.0] * (days - 1) + [8.0]
    Console(file=out, width=width, color_system=None).print(Trend("per day   ", values, "$1 on average"))
    return out.getvalue().splitlines()


def test_what_fits_is_one_line() -> None:
    assert drawn(10, 80) == ["per day   ▁▁▁▁▁▁▁▁▁█  $1 on average"]


def test_words_that_do_not_fit_stand_below() -> None:
    first, second = (line.rstrip() for line in drawn(60, 80))
    assert (len(first), second) == (70, "          $1 on average")


@pytest.mark.parametrize(("days", "width", "each"), [(61, 80, 2), (200, 80, 4), (200, 40, 7), (60, 40, 2)])
def test_more_days_than_room_share_marks(days: int, width: int, each: int) -> None:
    lines = [line.rstrip() for line in drawn(days, width)]
    marks = lines[0].removeprefix("per day   ").split("  ")[0]
    assert len(marks) == -(-days // each)
    assert all(len(line) <= width for line in lines)
    assert f"a mark is {each} days" in " ".join(" ".join(lines).split())
    assert marks[-1] == "█"
