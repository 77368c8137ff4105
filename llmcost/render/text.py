"""Tables as JSON, CSV and Markdown, safe to read by programs and spreadsheets."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]

_BEYOND_ASCII = re.compile("[^\x00-\x7e]+")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_FORMULA = re.compile(r"\s*[=+@\t\r＝＋－＠-]")  # noqa: RUF001 - spreadsheets read the wide signs as the narrow ones
_LIVE = {"://": "\\://", "www.": "www\\.", "@": "@<!-- -->"}
"""What a forge turns into a link or a mention, and what it leaves alone."""


def as_json(document: Any) -> str:
    """The document as one indented JSON object; numbers unrounded, times in ISO 8601."""
    text = json.dumps(document, indent=2, default=_plain, ensure_ascii=False)
    return _BEYOND_ASCII.sub(lambda found: _seen(found[0]), text) + "\n"


def _seen(text: str) -> str:
    """Text of JSON in which marks that cannot be seen, or turn the direction of what is around them, are escapes."""
    return text if text.isprintable() else "".join(it if it.isprintable() else json_escape(it) for it in text)


def as_csv(rows: Iterable[Row], columns: Sequence[str]) -> str:
    """The rows under a header line. Text that a spreadsheet would run as a formula is quoted with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_harmless(column) for column in columns)
    for row in rows:
        writer.writerow([_harmless(row.get(column)) for column in columns])
    return out.getvalue()


def as_markdown(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """The rows as a Markdown table; numbers to the right."""
    numeric = {column for column in columns if any(isinstance(row.get(column), int | float) for row in rows)}
    lines = [
        "| " + " | ".join(it if it.isidentifier() else _cell(it) for it in columns) + " |",
        "|" + "|".join(" ---: " if column in numeric else " --- " for column in columns) + "|",
    ]
    lines += ["| " + " | ".join(_cell(row.get(column)) for column in columns) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def as_sentence(text: str) -> str:
    """Text in Markdown: read as it is, whatever marks are in it."""
    return _cell(text)


def visible(text: str) -> str:
    """The text with control characters and direction marks written out, so that it can do nothing but be read."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def on_a_terminal(content: str) -> str:
    """Text for a program as a terminal may show it: its lines and tabs stay, other marks are as in `visible`."""
    if content.isascii() and not _CONTROLS.search(content):
        return content
    return "".join(it if it in "\n\t" else visible(it) for it in content)


MINUS = "−"
"""As wide as a digit; a hyphen where an encoding lacks it."""

Escape = Callable[[str], str]
"""A character in the words of a format."""


def json_escape(character: str) -> str:
    """The character as JSON's escape, two of them beyond the first plane."""
    return json.dumps(character)[1:-1]


def html_escape(character: str) -> str:
    """The character by its number."""
    return f"&#{ord(character)};"


def encodable(content: str, encoding: str, escape: Escape | None) -> str:
    """The text without characters that the encoding lacks, these escaped, or else as hyphens and question marks."""
    try:
        content.encode(encoding)
    except UnicodeEncodeError:
        lacking = {it for it in set(content) if not it.encode(encoding, "ignore")}
        plain = escape or (lambda it: "-" if it == MINUS else "?")
        return content.translate({ord(it): plain(it) for it in lacking})
    return content


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _harmless(value: Any) -> Any:
    if isinstance(value, str):
        text = visible(value)
        return "'" + text if _FORMULA.match(text) else text
    if isinstance(value, list):
        return _harmless(" ".join(str(item) for item in value))
    return value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    text = visible(str(value))
    for mark in "\\`*_{}[]<>()#|~!":
        text = text.replace(mark, "\\" + mark) if not isinstance(value, int) else text
    for live, dead in _LIVE.items():
        text = text.replace(live, dead)
    return text
