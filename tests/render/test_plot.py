"""Curves in a terminal."""

from llmcost.render.plot import curves, short


def test_a_straight_line_on_both_logarithms_is_a_diagonal() -> None:
    points = [(10.0**n, 10.0**n) for n in range(5)]
    lines = curves({"a": points}, x_label="x", y_label="y", width=8, height=8).plain.splitlines()
    assert lines[0] == "y"
    assert [line.index("●") for line in lines[1:10] if "●" in line] == [13, 11, 9, 7, 5]
    assert [line.split()[0] for line in lines[1:10] if "●" in line] == ["10k", "1k", "100", "10", "1"]
    assert "● a" in lines[-1]


def test_ends_lie_in_the_corners_and_what_has_no_logarithm_is_left_out() -> None:
    picture = curves({"a": [(1, 5), (100, 50)], "b": [(0, 1), (100, 0)]}, x_label="x", y_label="y", width=20, height=4)
    lines = picture.plain.splitlines()
    assert lines[1].endswith("●")
    assert lines[5][lines[5].index("│") + 1] == "●"
    assert "◆" not in "".join(lines[:6])


def test_nothing_is_drawn_of_nothing() -> None:
    assert curves({"a": []}, x_label="x", y_label="y").plain == ""
    assert "●" in curves({"a": [(3, 3)]}, x_label="x", y_label="y").plain


def test_names_cannot_draw() -> None:
    assert "\x1b" not in curves({"\x1b[2J": [(1, 1)]}, x_label="\x1b", y_label="\x1b").plain


def test_powers_of_ten_are_short() -> None:
    assert [short(value) for value in (0.1, 1, 1e3, 1e5, 1e6, 1e9)] == ["0.1", "1", "1k", "100k", "1M", "1B"]
