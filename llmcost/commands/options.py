"""Options that several commands share."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmcost.render import formats

if TYPE_CHECKING:
    from llmcost.engine.store import Store
    from llmcost.render.output import Output as Written

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


PageFormat = formats.Format


class Format(StrEnum):
    """How a result is written that has no page."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"


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


def output(form: str, file: Path | None) -> "Written":
    """Where a result goes, by --format and -o."""
    from llmcost.render.output import Output

    return Output(formats.Format(form), file)


@contextmanager
def reading(db: Path | None, out: "Written", also: Iterable[Path] = ()) -> Iterator["Store"]:
    """The store, open for reading, its prices and features up to date.

    Raises LlmcostError where the output would replace the store, a log that it was read from, or a file of `also`.
    """
    from llmcost import session
    from llmcost.engine import store
    from llmcost.ingest import known

    path = store.locate(db)
    out.spare([*store.files(path), *also])
    with session.reading(path) as opened:
        if out.file is not None:
            out.spare(known.files(opened))
        yield opened
