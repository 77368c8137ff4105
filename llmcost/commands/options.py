"""Options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Db = Annotated[
    Path | None,
    typer.Option("--db", metavar="FILE", help="The store; else $LLMCOST_DB, else llmcost.duckdb in this folder."),
]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="From: 2026-08-01, or 7d (h, d, w, m) before the newest request."),
]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", help="Up to: a date covers its day; or 7d as for --since."),
]
Features = Annotated[
    list[str] | None,
    typer.Option("--feature", metavar="NAME", help="Only this feature; repeatable."),
]
Models = Annotated[
    list[str] | None,
    typer.Option("--model", metavar="NAME", help="Only this model, as the report names it; repeatable."),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write there instead of to standard output."),
]


class Format(StrEnum):
    """How a result is written."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"


class PageFormat(StrEnum):
    """How a result is written that can be a page, too."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"
    html = "html"


PageResultFormat = Annotated[
    PageFormat,
    typer.Option("--format", metavar="table|json|csv|markdown|html", help="How to write the result; html is a page."),
]
ResultFormat = Annotated[
    Format, typer.Option("--format", metavar="table|json|csv|markdown", help="How to write the result.")
]


def words(text: list[str] | None) -> tuple[str, ...]:
    """What a repeatable option holds, commas taken as separators too, each word once."""
    return tuple(dict.fromkeys(word.strip() for part in text or [] for word in part.split(",") if word.strip()))


def pairs(option: str, given: list[str] | None) -> dict[str, str]:
    """What a repeatable option of NAME=VALUE holds."""
    from llmcost.errors import UsageError

    found: dict[str, str] = {}
    for word in given or []:
        name, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"{option} {word} is no NAME=VALUE", hint=f"like {option} assume_model=claude-haiku-4-5")
        found[name] = value
    return found
