"""`llmcost report`: where the money went."""

from typing import Annotated

import typer

from llmcost.commands import completion, options, reading
from llmcost.reports.filters import NO_FILTERS, Filters


@options.filtered
@options.sourced
def report(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH]…", help="Logs to read first, as llmcost ingest does; only what is new."),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="KEY",
            help="One or more of feature, task_type, prompt, model, provider, user, session, project, ticket, machine,"
            " status, hour, day, week, month, tag:NAME. Without it: an overview.",
            autocompletion=completion.keys,
        ),
    ] = None,
    since: options.Since = None,
    until: options.Until = None,
    filters: Filters = NO_FILTERS,
    logged: Annotated[
        bool, typer.Option("--logged", help="Compare the log's own costs with the price table's, by model.")
    ] = False,
    tags_listed: Annotated[
        bool, typer.Option("--tags", help="List the tags, each with the spend of the requests that have it.")
    ] = False,
    top: Annotated[int | None, typer.Option("--top", min=1, help="Show this many rows and the rest as one.")] = None,
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="COLUMN", help="Column to sort by. Default: cost_usd.")
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(
            "--scenario",
            metavar="NAME",
            help="Report on a scenario saved with simulate --save.",
            autocompletion=completion.scenarios,
        ),
    ] = None,
    provenance_shown: options.Provenance = False,
    timezone: options.Timezone = None,
    details: options.Details = False,
    result_format: options.PageResultFormat = options.PageFormat.table,
    output: options.Output = None,
    source: options.Source = options.STORE,
) -> None:
    """Show where the money went: by feature, prompt, model, time or tag."""
    from llmcost.errors import UsageError
    from llmcost.library.ask import spend as ask
    from llmcost.render import terminal
    from llmcost.render.view import View

    dimensions = options.words(by)
    if logged and dimensions:
        raise UsageError("--logged is always by model", hint="leave out --by or --logged")
    if tags_listed and (logged or dimensions):
        raise UsageError(
            "--tags lists all tags", hint="leave out --by and --logged; --by tag:NAME shows the values of one"
        )
    if not dimensions and (top is not None or sort is not None):
        raise UsageError("--top and --sort need --by", hint="for example: llmcost report --by model --top 5")
    if result_format is options.PageFormat.html and (logged or dimensions or tags_listed):
        raise UsageError(
            "a page always shows every key", hint="leave out --by, --logged and --tags, or use another --format"
        )
    for word in paths or ():
        _check_is_no_key(word)
    out = options.output(result_format, output, details=details)
    if paths and source.lake is not None:
        raise UsageError("logs are read into a store, not into a lake", hint="leave out the paths or --lake")
    reading.first(source.db, paths)
    asked = (
        "report --scenario"
        if scenario
        else "report --format html"
        if result_format is options.PageFormat.html
        else "report"
    )
    with options.reading(source, out, timezone=timezone, asked=asked) as opened:
        if result_format is options.PageFormat.html:
            from llmcost.views import pages

            covered, notes = ask.reported(opened, since, until, filters, scenario)
            with terminal.step_progress("preparing the page"):
                view: View = pages.PageView(pages.report(opened, covered, notes))
        else:
            view = ask.report(
                opened, dimensions, since, until, filters, logged=logged, tags=tags_listed, top=top, sort=sort,
                scenario=scenario, shown=provenance_shown,
            )  # fmt: skip
    out.show(view)


def _check_is_no_key(word: str) -> None:
    """Raises UsageError for a path that is not there and is a key, or what other programs call one."""
    from pathlib import Path

    from llmcost.errors import UsageError
    from llmcost.reports.spend import DIMENSIONS

    key = {"daily": "day", "weekly": "week", "monthly": "month"}.get(word, word)
    if key in DIMENSIONS and not Path(word).exists():
        raise UsageError(f"there is no log {word}", hint=f"to group by a key: llmcost report --by {key}")
