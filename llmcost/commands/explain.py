"""`llmcost explain`: why the bill changed between two periods."""

import re
from typing import Annotated

import typer

from llmcost.commands import completion, options
from llmcost.reports.filters import NO_FILTERS, Filters

_RISE = re.compile(r"\+?(\d+(?:\.\d+)?)%")


@options.filtered
@options.sourced
def explain(
    from_period: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="PERIOD",
            help="The earlier period: a month (2026-10), a week (2026-W40), a day, a range (2026-10-01..2026-10-15)"
            " or 7d. Default: the one before --to.",
        ),
    ] = None,
    to_period: Annotated[
        str | None,
        typer.Option("--to", metavar="PERIOD", help="The later period. Default: the last whole month of the log."),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="KEY",
            help="Who: contributors by these keys of report --by. Default: feature, prompt, model, user, session,"
            " project and tags of few values.",
            autocompletion=completion.keys,
        ),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="Contributors of each key, at most 1,000.")] = 10,
    per_day: Annotated[
        bool, typer.Option("--per-day", help="Compare a day of each period: for periods of different length.")
    ] = False,
    fail_on: Annotated[
        str | None,
        typer.Option(
            "--fail-on",
            metavar="+N%",
            help="Exit with status 1 if the bill rose by more than this and by more than the earlier period's noise"
            " explains.",
        ),
    ] = None,
    filters: Filters = NO_FILTERS,
    timezone: options.Timezone = None,
    provenance_shown: options.Provenance = False,
    details: options.Details = False,
    result_format: options.ResultFormat = options.Format.table,
    output: options.Output = None,
    source: options.Source = options.STORE,
) -> None:
    """Show why the bill changed between two periods: how much each cause made, who, and when it began."""
    from llmcost.library.ask import explain as ask

    keys = options.words(by)
    threshold = _rise(fail_on)
    out = options.output(result_format, output, details=details)
    with options.reading(source, out, asked="explain", timezone=timezone) as opened:
        view = ask.explain(opened, from_period, to_period, keys, top, filters, per_day=per_day, shown=provenance_shown)
    out.show(view)
    if threshold is not None and view.found.exceeds(threshold):
        raise typer.Exit(1)


def _rise(words: str | None) -> float | None:
    from llmcost.errors import UsageError

    if words is None:
        return None
    match = _RISE.fullmatch(words)
    if match is None:
        raise UsageError(f"--fail-on {words} is not a rise", hint="for example --fail-on +20%")
    return float(match[1]) / 100
