"""`llmcost ingest`: log files into the store."""

from typing import TYPE_CHECKING, Annotated

import typer

from llmcost.commands import completion, options
from llmcost.commands.reading import read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llmcost.attribution.texts import Texts
    from llmcost.ingest.run import Reading

SKIPPED = 3
"""The exit status when some files were skipped."""


def ingest(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH…", help="Files, folders, globs, or - for standard input.")
    ],
    format_asked: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="NAME",
            help="The format of the logs; auto recognises it by content.",
            autocompletion=completion.formats,
        ),
    ] = "auto",
    assume: Annotated[
        list[str] | None,
        typer.Option(
            "--assume",
            metavar="NAME=VALUE",
            help="A value that a traffic trace lacks, for example assume_model=claude-haiku-4-5; repeatable.",
        ),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Keep reading as the files grow, until interrupted.")
    ] = False,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain", help="Only show how a file's lines are understood; for an unknown log, propose a mapping."
        ),
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Read files again from the start, even unchanged ones.")
    ] = False,
    keep_text: Annotated[
        bool, typer.Option("--keep-text", help="Store the texts of the logs too, with secrets redacted.")
    ] = False,
    redact_emails: Annotated[
        bool, typer.Option("--redact-emails", help="Redact e-mail addresses in stored texts too.")
    ] = False,
    trust_size: Annotated[
        bool,
        typer.Option(
            "--trust-size", help="Keep reading a file that unpacks to more than 1 GiB and 1,000 times its size."
        ),
    ] = False,
    db: options.Db = None,
    lake: Annotated[
        str | None,
        typer.Option("--lake", metavar="URI", help="With --engine spark: the new lake, a folder or s3://bucket/path."),
    ] = None,
    engine: Annotated[
        options.Engine | None,
        typer.Option("--engine", metavar="duckdb|spark", help="spark: tasks of a cluster read the logs into --lake."),
    ] = None,
    master: options.Master = None,
    remote: options.Remote = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Read logs into the store: plain, .gz or .zst. Reading a log again adds nothing.

    Exit status 3: done, but some files were skipped; they are named, and `llmcost rejects` lists them.
    """
    from llmcost.attribution.texts import Texts
    from llmcost.engine import store
    from llmcost.errors import UsageError
    from llmcost.ingest import follow as following
    from llmcost.ingest.run import Reading
    from llmcost.reports import provenance
    from llmcost.reports.scope import Scope
    from llmcost.views.account import AccountView

    cluster = options.Source(db, lake, engine, master, remote)
    options.check_cluster(cluster)
    if engine is options.Engine.spark:
        for option, given in (("--follow", follow), ("--explain", explain), ("--again", again)):
            if given:
                raise UsageError(f"{option} is not for Spark, which writes a new lake", hint=f"leave out {option}")
        texts = Texts(keep_text, redact_emails)
        _on_cluster(cluster, paths, format_asked, options.pairs("--assume", assume), texts, trust_size, as_json=as_json)
        return
    if lake is not None:
        raise UsageError("ingest writes a lake with Spark", hint="add --engine spark, or use export --format lake")
    if explain:
        if len(paths) != 1:
            raise UsageError("--explain accepts one file", hint="name one of them")
        _explain(paths[0], format_asked, as_json=as_json)
        return
    if follow:
        following.check(paths)
    path = store.locate(db)
    assumed = options.pairs("--assume", assume)
    texts = Texts(keep_text, redact_emails)
    reading = Reading(pipes=not follow, trust_size=trust_size, again=again)
    moved: list[str] = []
    account = read(
        path,
        paths,
        format_asked,
        assumed,
        texts,
        reading,
        lambda opened: moved.extend(provenance.moved(opened, Scope())),
    )
    options.output("json" if as_json else "table", None).show(AccountView(account, path, moved))
    if follow:
        _follow(path, paths, format_asked, assumed, texts, reading, account.skipped)
    elif account.skipped:
        raise typer.Exit(SKIPPED)


def _on_cluster(
    cluster: options.Source,
    paths: list[str],
    format_asked: str,
    assumed: dict[str, str],
    texts: "Texts",
    trust_size: bool,
    *,
    as_json: bool,
) -> None:
    from llmcost import session
    from llmcost.engine.spark import start
    from llmcost.errors import UsageError
    from llmcost.library import cluster as ask
    from llmcost.views.account import AccountView

    if cluster.db is not None:
        raise UsageError("Spark writes a lake, not a store", hint="name it with --lake, and leave out --db")
    if cluster.lake is None:
        raise UsageError("Spark writes a lake, not a store", hint="name a new folder or address with --lake")
    planned = ask.plan(paths, cluster.lake, format_asked, assumed, texts, trust_size=trust_size)
    with session.on_cluster(start.Given(cluster.master, cluster.remote)) as (spark, tell):
        account = ask.ingest(spark, planned, tell)
    options.output("json" if as_json else "table", None).show(AccountView(account, cluster.lake))
    if account.skipped:
        raise typer.Exit(SKIPPED)


def _follow(
    path: "Path",
    paths: list[str],
    format_asked: str,
    assumed: dict[str, str],
    texts: "Texts",
    reading: "Reading",
    said: "Mapping[str, str]",
) -> None:
    """Reads new lines as they come. The store is closed in between, so that others can read it."""
    from dataclasses import replace

    from llmcost.ingest import follow as following
    from llmcost.ingest.watch import Watch
    from llmcost.render import cells, terminal

    watch = Watch(paths, path)
    reading = replace(reading, strict=False, again=False)  # a log may be gone while it is rotated
    skipped = following.Skipped(terminal.status, said)

    def read_on() -> None:
        account = read(path, paths, format_asked, assumed, texts, reading)
        skipped.tell(account)
        if account.total("lines"):
            terminal.status(f"{cells.counted(account.total('requests'), 'new request')}")

    following.poll(lambda: watch.read(read_on), terminal.status)


def _explain(path: str, format_asked: str, *, as_json: bool) -> None:
    from llmcost.engine import store
    from llmcost.ingest.explain import explain as explained
    from llmcost.ingest.propose import Proposal
    from llmcost.views.ingest_explain import ExplainView
    from llmcost.views.proposal import ProposalView

    with store.in_memory() as opened:
        found = explained(opened, path, format_asked)
    view = ProposalView(found) if isinstance(found, Proposal) else ExplainView(found)
    options.output("json" if as_json else "table", None).show(view)
