"""`llmcost audit`: what is wrong or suspicious in the logs."""

from enum import StrEnum
from typing import Annotated

import typer

from llmcost.commands import completion, options
from llmcost.reports.filters import NO_FILTERS, Filters


class Severity(StrEnum):
    """How severe a finding is. Critical: totals are wrong; warning: money or data is lost; info: worth a look."""

    info = "info"
    warning = "warning"
    critical = "critical"


@options.filtered
@options.sourced
def audit(
    since: options.Since = None,
    until: options.Until = None,
    filters: Filters = NO_FILTERS,
    fail_on: Annotated[
        Severity | None,
        typer.Option(
            "--fail-on", metavar="info|warning|critical", help="Exit with status 1 on a finding at least this severe."
        ),
    ] = None,
    show: Annotated[
        str | None,
        typer.Option(
            "--show",
            metavar="NAME",
            help="List the requests behind this finding instead.",
            autocompletion=completion.findings,
        ),
    ] = None,
    timezone: options.Timezone = None,
    provenance_shown: options.Provenance = False,
    details: options.Details = False,
    result_format: options.ResultFormat = options.Format.table,
    output: options.Output = None,
    source: options.Source = options.STORE,
) -> None:
    """Find what is wrong or suspicious, with the dollars and the requests behind each finding."""
    from llmcost.engine import registry
    from llmcost.errors import UsageError
    from llmcost.library.ask import audit as ask
    from llmcost.reports import audit
    from llmcost.reports.scope import scope
    from llmcost.views.audit import ROWS_SHOWN, AuditView, BehindView

    if show is not None and fail_on is not None:
        raise UsageError("--show and --fail-on cannot be combined", hint="run llmcost audit twice")
    query = registry.find("audit", show.replace("_", "-")) if show is not None else None
    out = options.output(result_format, output, details=details)
    with options.reading(source, out, asked="audit", timezone=timezone) as opened:
        if query is None:
            view: AuditView | BehindView = ask.audit(opened, since, until, filters, shown=provenance_shown)
        else:
            top = ROWS_SHOWN if result_format is options.Format.table and not details else None
            covered = scope(opened, since, until, filters=filters)
            view = BehindView(query, *audit.rows_behind(opened, covered, query.name, top))
    out.show(view)
    if fail_on is not None and isinstance(view, AuditView) and view.audit.fails(fail_on):
        raise typer.Exit(1)
