"""Names from a log do nothing in what reads JSON, CSV and Markdown but be read."""

import csv
import io
import json

import pytest

from llmcost.render import text

UNSEEN = "\u061c\u00ad\u180e\U000e0041\u202e\u200b\ufeff\x9b\x7f"


def test_json_shows_what_cannot_be_seen_as_escapes() -> None:
    document = {"name": f"a{UNSEEN}é漢b"}
    written = text.as_json(document)
    assert all(mark not in written for mark in UNSEEN)
    assert "é漢" in written
    assert json.loads(written) == document


@pytest.mark.parametrize("start", ["=", "+", "-", "@", " =", "\u3000=", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_cell_of_csv_is_a_formula(start: str) -> None:
    for value in (f"{start}1+1", [f"{start}1+1", "b"]):
        [_, [cell]] = csv.reader(io.StringIO(text.as_csv([{"name": value}], ["name"])))
        assert cell[0] in "'\\"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("@admin", "@<!-- -->admin"),
        ("https://evil.example", "https\\://evil.example"),
        ("www.evil.example", "www\\.evil.example"),
        ("a@evil.example", "a@<!-- -->evil.example"),
        ("[x](y)", "\\[x\\]\\(y\\)"),
    ],
)
def test_markdown_has_neither_links_nor_mentions(name: str, shown: str) -> None:
    assert text.as_markdown([{"name": name}], ["name"]).splitlines()[-1] == f"| {shown} |"
    assert text.as_sentence(name) == shown


@pytest.mark.parametrize("name", ["tag:\x1b[31mred", "tag:a\nb", "=1+1", "tag:|x|"])
def test_a_tag_at_the_head_of_a_column_does_nothing(name: str) -> None:
    for written in (text.as_csv([{name: 1}], [name]), text.as_markdown([{name: 1}], [name])):
        assert "\x1b" not in written
        assert not written.startswith("=")
        assert "a\nb" not in written
        assert "|x|" not in written or written.startswith("tag")
    assert text.as_markdown([{"input_tokens": 1}], ["input_tokens"]).startswith("| input_tokens |")


@pytest.mark.parametrize(
    ("content", "shown"),
    [("a\tb\nc é漢−", "a\tb\nc é漢−"), (f"a{UNSEEN[0]}\x1b[2J\r\n", "a\\u061c\\x1b[2J\\r\n"), ("\x07", "\\x07")],
)
def test_what_a_program_reads_does_nothing_on_a_terminal(content: str, shown: str) -> None:
    assert text.on_a_terminal(content) == shown
