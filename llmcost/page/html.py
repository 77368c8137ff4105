"""A page: tables and the charts that draw them, in one file that needs no network.

The charts are functions from a table to a figure, one file each under `charts/KIND/`, drawn in
the order of their names. They run in the browser, where the page's filters change the tables;
Plotly's script is the one that the package plotly brings.
"""

import base64
import html
import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from string import Template
from typing import Any, Literal

from llmcost.page import figures

Row = Mapping[str, Any]
Kind = Literal["report", "simulate", "break-even"]

_FOLDER = Path(__file__).parent
_ASSETS = _FOLDER / "assets"
_PARTS = ("data.js", "format.js", "filters.js", "table.js", "waterfall.js", "shell.js", "headline.js")


def document(kind: Kind, tables: Mapping[str, Sequence[Row]], **said: Any) -> dict[str, Any]:
    """What the page is made of, for JSON: the tables in columns, and whatever else it says."""
    from llmcost import __version__

    packed = {name: _packed(rows) for name, rows in tables.items()}
    return {"kind": kind, "version": __version__, "tables": packed} | said


def page(document: Mapping[str, Any], *, live: bool = False) -> str:
    """The document as HTML. With `live`, the page asks the server that it came from whether there is news."""
    scripts = _plotly(), _script(document["kind"], live=live)
    sources = " ".join(f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'" for text in scripts)
    policy = (
        f"default-src 'none'; script-src {sources}; style-src 'unsafe-inline'; img-src data: blob:;"
        f" connect-src {chr(39)}{'self' if live else 'none'}{chr(39)}; base-uri 'none'; form-action 'none'"
    )
    return Template((_ASSETS / "page.html").read_text("utf-8")).substitute(
        policy=policy,
        version=document["version"],
        title=html.escape(document["title"]),
        style=(_ASSETS / "page.css").read_text("utf-8"),
        data=as_json(document).translate(_HARMLESS),
        plotly=scripts[0],
        script=scripts[1],
    )


def as_json(document: Mapping[str, Any]) -> str:
    """The document as JSON without spaces; times in ISO 8601."""
    return json.dumps(document, default=_plain, ensure_ascii=False, separators=(",", ":"))


_HARMLESS = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})
"""In JSON these stand for the same characters, and no text of a log can end the script that holds it."""


def _packed(rows: Sequence[Row]) -> dict[str, Any]:
    """The rows as columns; a column of texts as places in a list of its different ones."""
    columns = list(rows[0]) if rows else []
    values: dict[str, list[Any]] = {}
    words: dict[str, list[str]] = {}
    for column in columns:
        cells = [row[column] for row in rows]
        if any(isinstance(cell, str | date) for cell in cells):
            places: dict[str, int] = {}
            cells = [None if cell is None else places.setdefault(str(cell), len(places)) for cell in cells]
            words[column] = list(places)
        values[column] = cells
    return {"length": len(rows), "columns": columns, "values": values, "words": words}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} cannot be in a table of a page")


@cache
def _plotly() -> str:
    """Plotly's script, which holds nothing that could end its element."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs()).replace("</script", "<\\/script")


@cache
def _script(kind: Kind, *, live: bool) -> str:
    paths = [
        *(_ASSETS / part for part in _PARTS),
        *([_ASSETS / "live.js"] if live else []),
        *sorted((_FOLDER / "charts" / kind).glob("*.js")),
    ]
    texts = [path.read_text("utf-8") for path in paths]
    texts.insert(1, f"llmcost.figures = {json.dumps(figures.looks())};")  # after the first, which makes `llmcost`
    return "\n".join([*texts, "llmcost.start();"])
