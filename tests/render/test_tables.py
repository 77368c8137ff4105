"""Tables that fit: figures are left out first, names are never lost, and no two rows print alike."""

import random
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.text import Text

from llmcost.render import cells, tables


def printed(picture: RenderableType, width: int) -> list[str]:
    """The lines that are not blank."""
    out = StringIO()
    Console(file=out, width=width, color_system=None, markup=False, emoji=False, highlight=False).print(picture)
    return [line.rstrip() for line in out.getvalue().splitlines() if line.strip()]


def rows(table: tables.Table, width: int) -> list[str]:
    """The lines below the rule."""
    lines = printed(table, width)
    return lines[next(at for at, line in enumerate(lines) if "──" in line) + 1 :]


COLUMNS = (
    tables.name("feature"), tables.name("model"), tables.number("requests", 2), tables.number("input", 3),
    tables.number("cost"), tables.number("share", 1), tables.bar(),
)  # fmt: skip
MODELS = ("anthropic/claude-haiku-4-5-20251001", "anthropic/claude-haiku-5-5-20261001", "gpt-5.4-mini")


def table(features: list[str], models: tuple[str, ...] = MODELS) -> tables.Table:
    return tables.Table(
        COLUMNS,
        [
            [cells.name(feature), cells.name(model), Text("1,234"), Text("12.3M"), Text("$1,234.56"), Text("12.3%"),
             Text("█████████")]
            for feature in features
            for model in models
        ],
    )  # fmt: skip


def test_where_there_is_room_nothing_is_left_out() -> None:
    lines = printed(table(["search"]), 200)
    for heading in ("feature", "model", "requests", "input", "cost", "share"):
        assert heading in lines[0]
    assert "█" in lines[2]
    assert all(model in lines[at + 2] for at, model in enumerate(MODELS))


def test_bars_and_the_figures_to_spare_are_left_out_first() -> None:
    seen = {}
    for width in range(40, 140):
        heading = printed(table(["search"]), width)[0]
        seen[width] = [word for word in ("requests", "input", "cost", "share") if word in heading]
        assert "cost" in heading
    assert seen[139] == ["requests", "input", "cost", "share"]
    assert seen[40] == ["cost"]
    order = list(dict.fromkeys(tuple(words) for words in seen.values()))
    assert order == [("cost",), ("cost", "share"), ("requests", "cost", "share"), tuple(seen[139])]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120])
def test_names_stay_and_no_line_is_too_wide(width: int) -> None:
    made = table(["support-chat-for-enterprise-customers", "support-chat-for-enterprise-partners", "x"])
    for line in printed(made, width):
        assert cell_len(line) <= width
    assert {"feature", "model"} <= set(printed(made, width)[0].split())


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_two_rows_print_alike(width: int) -> None:
    draw = random.Random(7)
    for _ in range(20):
        stem = "".join(draw.choices("abcdefgh/-", k=40))
        middle = draw.randrange(1, 40)
        names = [f"{stem[:middle]}{number}{stem[middle:]}" for number in range(5)]
        made = tables.Table(
            [tables.name("prompt"), tables.number("cost")], [[cells.name(n), Text("$1")] for n in names]
        )
        lines = "\n".join(rows(made, width))
        shown = lines.split("$1")
        assert len(set(shown)) == len(shown), lines


def test_names_that_cannot_be_told_apart_when_shortened_are_wrapped_whole() -> None:
    names = [f"{'a' * 30}{number}{'b' * 30}" for number in (1, 2)]
    made = tables.Table([tables.name("prompt"), tables.number("cost")], [[Text(name), Text("$1")] for name in names])
    text = "".join(line.replace("$1", "").strip() for line in rows(made, 40))
    assert text == "".join(names)


def test_a_total_is_set_off() -> None:
    made = tables.Table([tables.name("model"), tables.number("cost")],
                        [[Text("a"), Text("$1")], [Text("total"), Text("$1")]], total=True)  # fmt: skip
    out = StringIO()
    Console(file=out, width=80).print(made)
    lines = [line.strip() for line in out.getvalue().splitlines()]
    first = next(at for at, line in enumerate(lines) if line.startswith("a "))
    assert lines[first + 1] == ""
    assert lines[first + 2].startswith("total")


def test_names_of_logs_are_text_and_shortened_in_the_middle() -> None:
    assert cells.name("a\x1b[31m[bold]b").plain == "a\\x1b[31m[bold]b"
    assert cells.shortened("claude-haiku-4-5-20251001", 15) == "claude-…0251001"
    assert cells.shortened("日本語日本語日本語", 9) == "日本…本語"
    assert cells.shortened("short", 5) == "short"
    assert [cell_len(cells.shortened("日本語a日本語b日本語", width)) <= width for width in range(2, 20)] == [True] * 18


@pytest.mark.parametrize(
    ("value", "shown"),
    [(10, "$10.00"), (-10, "−$10.00"), (-0.25, "−$0.2500"), (0, "$0.00"), (0.00001, "<$0.0001"),
     (-1234.5, "−$1,234.50"), (None, "no price")],
)  # fmt: skip
def test_dollars(value: float | None, shown: str) -> None:
    assert cells.usd(value).plain == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(-0.1471, "−$0.15"), (0.0049, "<$0.01"), (-0.001, "−<$0.01"), (0, "$0.00")]
)
def test_dollars_beside_a_dollar_are_to_the_cent(value: float, shown: str) -> None:
    assert cells.usd(value, 45.12).plain == shown


def test_two_tables_stand_next_to_each_other_where_there_is_room() -> None:
    left, right = (
        tables.Table([tables.name(f"{side}-{'x' * 20}"), tables.number("cost")], [[Text("a"), Text("$1")]])
        for side in ("left", "right")
    )
    pair = tables.SideBySide(left, right)
    assert "right-" in printed(pair, 100)[0]
    assert "right-" not in printed(pair, 50)[0]
    assert any("right-" in line for line in printed(pair, 50))


def test_bullets_take_no_more_lines_than_they_may() -> None:
    lines = [f"{number} " + "word " * 30 for number in range(9)]
    assert len(printed(tables.Bullets("Caveats", lines), 80)) == 1 + 9 * 2
    few = printed(tables.Bullets("Caveats", lines, at_most=7), 80)
    assert len(few) == 1 + 7
    assert few[-1] == "• and 6 more: --details"
    assert printed(tables.Bullets("Caveats", lines[:3], at_most=6), 80)[-1].startswith("  word")
    assert printed(tables.Bullets("Caveats", []), 80) == []
