"""`llmcost audit`: what is wrong or suspicious in the logs."""

from enum import StrEnum
from typing import Annotated

import typer

from llmcost.commands import options


class Severity(StrEnum):
    """How grave a finding is. Critical: sums are wrong; warning: money or data lost; info: worth a look."""

    info = "info"
    warning = "warning"
    critical = "critical"


def audit(
    since: options.Since = None,
    until: options.Until = None,
    features: options.Features = None,
    models: options.Models = None,
    fail_on: Annotated[
        Severity | None,
        typer.Option(
            "--fail-on", metavar="info|warning|critical", help="Exit with status 1 on a finding as grave, or graver."
        ),
    ] = None,
    show: Annotated[
        str | None, typer.Option("--show", metavar="NAME", help="The requests behind one finding instead.")
    ] = None,
    result_format: options.ResultFormat = options.Format.table,
    output: options.Output = None,
    db: options.Db = None,
) -> None:
    """Find what is wrong or suspicious: each finding with its dollars and the requests behind it."""
    from llmcost.engine import registry
    from llmcost.errors import UsageError
    from llmcost.reports import audit
    from llmcost.reports.scope import scope
    from llmcost.views.audit import ROWS_SHOWN, AuditView, BehindView

    if show is not None and fail_on is not None:
        raise UsageError("--show and --fail-on do not go together", hint="run llmcost audit twice")
    query = registry.find("audit", show.replace("_", "-")) if show is not None else None
    out = options.output(result_format, output)
    with options.reading(db, out) as opened:
        covered = scope(opened, since, until, features=features or (), models=models or ())
        if query is not None:
            top = ROWS_SHOWN if result_format is options.Format.table else None
            behind, requests = audit.rows_behind(opened, covered, query.name, top)
        else:
            result = audit.audit(opened, covered)
    out.show(AuditView(result) if query is None else BehindView(query, behind, requests))
    if fail_on is not None and result.fails(fail_on):
        raise typer.Exit(1)
