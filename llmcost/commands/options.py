"""Options that several commands share."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmcost.commands import completion
from llmcost.render import formats

if TYPE_CHECKING:
    from llmcost.engine.store import Store
    from llmcost.render.output import Output as Written
    from llmcost.reports.filters import Filters

Db = Annotated[
    Path | None,
    typer.Option("--db", metavar="FILE", help="The store. Default: $LLMCOST_DB, else llmcost.duckdb in this folder."),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since", metavar="TIME", help="Start: 2026-08-01, 2026-08, or 7d (h, d, w, m) before the newest request."
    ),
]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", help="End: a day or month is included; or 7d, as for --since."),
]
Timezone = Annotated[
    str | None,
    typer.Option(
        "--timezone",
        metavar="ZONE",
        help="Zone of days, weeks, months and hours, as Europe/Berlin. Default: timezone in llmcost.toml, else UTC.",
    ),
]
Details = Annotated[
    bool, typer.Option("--details", help="Show all rows, assumptions and figures instead of one screen.")
]
Provenance = Annotated[
    bool, typer.Option("--provenance", help="Show what the numbers rest on: versions, overrides, files, the store.")
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write to this file instead of standard output."),
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
    typer.Option("--format", metavar="table|json|csv|markdown|html", help="Output format; html writes a page."),
]
ResultFormat = Annotated[Format, typer.Option("--format", metavar="table|json|csv|markdown", help="Output format.")]


_FILTERS = {
    "features": (
        "--feature",
        "NAME",
        "Only this feature; repeatable; * is any characters, here and below.",
        completion.values("coalesce(feature, 'unattributed')"),
    ),
    "models": (
        "--model",
        "NAME",
        "Only this model, by its name in the report; repeatable.",
        completion.values("model"),
    ),
    "providers": ("--provider", "NAME", "Only this provider; repeatable.", completion.values("provider")),
    "prompts": ("--prompt", "ID", "Only this prompt; repeatable.", completion.values("prompt_id")),
    "users": ("--user", "NAME", "Only this user; repeatable.", completion.values("user_id")),
    "sessions": ("--session", "ID", "Only this session; repeatable.", completion.values("session_id")),
    "projects": ("--project", "NAME", "Only this project; repeatable.", completion.values("project")),
    "tags": ("--tag", "NAME=VALUE", "Only requests with this tag; repeatable.", completion.tags),
}


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of Filters, which it gets as its parameter `filters`."""

    def made(given: dict[str, Any]) -> "Filters":
        from llmcost.reports.filters import Filters

        return Filters(**{name: tuple(words or ()) for name, words in given.items()})

    options = {
        name: Annotated[list[str] | None, typer.Option(option, metavar=metavar, help=meaning, autocompletion=complete)]
        for name, (option, metavar, meaning, complete) in _FILTERS.items()
    }
    return _with_options(command, "filters", options, made)


class Engine(StrEnum):
    """What reads a lake."""

    duckdb = "duckdb"
    spark = "spark"


@dataclass(frozen=True)
class Source:
    """Where the requests are that a command asks about: in a store, or in a lake."""

    db: Path | None = None
    lake: str | None = None
    engine: Engine | None = None
    master: str | None = None
    remote: str | None = None


STORE = Source()
Lake = Annotated[
    str | None,
    typer.Option(
        "--lake",
        metavar="URI",
        help="A lake instead of the store: what export --format lake wrote, a folder or s3://bucket/path.",
    ),
]
Master = Annotated[
    str | None,
    typer.Option("--master", metavar="URL", help="With --engine spark: its master. Default: local[*], this machine."),
]
Remote = Annotated[
    str | None, typer.Option("--remote", metavar="sc://HOST", help="With --engine spark: a Connect server.")
]
_SOURCE = {
    "db": Db,
    "lake": Lake,
    "engine": Annotated[
        Engine | None, typer.Option("--engine", metavar="duckdb|spark", help="With --lake: what reads it.")
    ],
    "master": Master,
    "remote": Remote,
}


def sourced(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of Source, which it gets as its parameter `source`."""
    return _with_options(command, "source", _SOURCE, lambda given: Source(**given))


def _with_options(
    command: Callable[..., None], parameter: str, options: dict[str, Any], made: Callable[[dict[str, Any]], Any]
) -> Callable[..., None]:
    """The command with these options in the place of a parameter, which it gets made of their values."""
    shape = inspect.signature(command)
    kind = inspect.Parameter.KEYWORD_ONLY
    added = [inspect.Parameter(name, kind, default=None, annotation=option) for name, option in options.items()]
    taken = [one.replace(kind=kind) for one in shape.parameters.values()]
    place = [one.name for one in taken].index(parameter)
    parameters = [*taken[:place], *added, *taken[place + 1 :]]

    @wraps(command)
    def parsed(**given: Any) -> None:
        values = {name: given.pop(name) for name in options}
        command(**given, **{parameter: made(values)})

    parsed.__signature__ = shape.replace(parameters=parameters)  # type: ignore[attr-defined]
    parsed.__annotations__ = {one.name: one.annotation for one in parameters}
    return parsed


def words(text: list[str] | None) -> tuple[str, ...]:
    """The words of a repeatable option, each once; commas separate words too."""
    return tuple(dict.fromkeys(word.strip() for part in text or [] for word in part.split(",") if word.strip()))


def pairs(option: str, given: list[str] | None) -> dict[str, str]:
    """The NAME=VALUE pairs of a repeatable option."""
    from llmcost.errors import UsageError

    found: dict[str, str] = {}
    for word in given or []:
        name, equals, value = word.partition("=")
        if not equals:
            raise UsageError(
                f"{option} {word} is not NAME=VALUE", hint=f"for example {option} assume_model=claude-haiku-4-5"
            )
        found[name] = value
    return found


def output(form: str, file: Path | None = None, *, details: bool = False) -> "Written":
    """Where a result goes, by --format, -o and --details."""
    from llmcost.render.output import Output

    return Output(formats.Format(form), file, details)


@contextmanager
def reading(
    source: Source | Path | None,
    out: "Written",
    also: Iterable[Path] = (),
    timezone: str | None = None,
    others: "Iterable[Written]" = (),
    asked: str = "",
) -> Iterator["Store"]:
    """The store, open for reading, its prices and features up to date, its days those of a time zone; else the lake.

    `asked` is the command, with the options that not every engine can do.
    Raises LlmcostError where an output, `out` or one of `others`, would replace the store, a log that it was read from,
    or a file of `also`.
    """
    from llmcost.engine import store
    from llmcost.ingest import known

    source = source if isinstance(source, Source) else Source(source)
    path = store.locate(source.db)
    inputs = [*([] if source.lake else store.files(path)), *also]
    written = [one for one in (out, *others) if one.file is not None]
    for one in written:
        one.spare(inputs)
    with _opened(source, path, timezone, asked) as opened:
        for one in written:
            one.spare(known.files(opened))
        yield opened


def check_cluster(source: Source) -> None:
    """Raises UsageError where options about a cluster do not go together."""
    from llmcost.errors import UsageError

    if source.engine is not Engine.spark and (source.master or source.remote):
        raise UsageError(f"--{'master' if source.master else 'remote'} is Spark's", hint="add --engine spark")
    if source.master and source.remote:
        raise UsageError("--master and --remote name two clusters", hint="leave one of them out")


def _opened(source: Source, path: Path, timezone: str | None, asked: str) -> AbstractContextManager["Store"]:
    from llmcost import session
    from llmcost.errors import UsageError

    on_spark = source.engine is Engine.spark
    check_cluster(source)
    if source.lake is None:
        if on_spark:
            raise UsageError(
                "Spark reads a lake, not a store", hint="write one with llmcost export --format lake, and add --lake"
            )
        return session.reading(path, timezone)
    if source.db is not None:
        raise UsageError("--lake and --db name two sources", hint="leave one of them out")
    if not on_spark:
        return session.reading_lake(source.lake, timezone)
    from llmcost.engine.spark import limits, start

    limits.check(asked)
    return session.reading_lake(source.lake, timezone, start.Given(source.master, source.remote))
