"""`llmcost budget`: how much of each budget is spent, and whether it will last."""

from datetime import date
from enum import StrEnum
from typing import Annotated

import typer

from llmcost.commands import options


class Format(StrEnum):
    """How the budgets are written."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"
    slack = "slack"


def budget(
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="DATE", help="As of the end of that day. Default: the newest request."),
    ] = None,
    timezone: options.Timezone = None,
    details: options.Details = False,
    result_format: Annotated[
        Format,
        typer.Option(
            "--format", metavar="table|json|csv|markdown|slack", help="Output format; slack is for a webhook."
        ),
    ] = Format.table,
    output: options.Output = None,
    db: options.Db = None,
) -> None:
    """Compare spend and its forecast with the budgets in llmcost.toml; exit status 1 when one is or will be over."""
    from llmcost.errors import LlmcostError, UsageError
    from llmcost.reports import budgets
    from llmcost.views.budget import BudgetView, SlackView

    try:
        day = date.fromisoformat(on) if on else None
    except ValueError:
        raise UsageError(f"--on {on} is not a date", hint="for example 2026-08-01") from None
    given = budgets.configured()
    if not given:
        raise LlmcostError(
            "there is no budget in llmcost.toml", hint="add one: [[budgets]], and on the next line month = 1000"
        )
    in_slack = result_format is Format.slack
    out = options.output("json" if in_slack else result_format, output, details=details)
    with options.reading(db, out, timezone=timezone) as opened:
        standing = budgets.standing(opened, given, day)
    out.show(SlackView(standing) if in_slack else BudgetView(standing))
    if standing.is_over:
        raise typer.Exit(1)
