"""`llmcost budget`: what is left of the budgets, and whether it will last."""

from datetime import date
from enum import StrEnum
from typing import Annotated

import typer

from llmcost.commands import options


class Format(StrEnum):
    """How the standing is written."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"
    slack = "slack"


def budget(
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="DATE", help="As it stood at the end of that day; else at the newest request."),
    ] = None,
    result_format: Annotated[
        Format,
        typer.Option(
            "--format", metavar="table|json|csv|markdown|slack", help="How to write the result; slack: for a webhook."
        ),
    ] = Format.table,
    output: options.Output = None,
    db: options.Db = None,
) -> None:
    """Hold spend and its forecast against the budgets in llmcost.toml; exit status 1 when over, or forecast to be."""
    from llmcost.errors import LlmcostError, UsageError
    from llmcost.reports import budgets
    from llmcost.views.budget import BudgetView, SlackView

    try:
        day = date.fromisoformat(on) if on else None
    except ValueError:
        raise UsageError(f"--on {on} is no date", hint="write it like 2026-08-01") from None
    given = budgets.configured()
    if not given:
        raise LlmcostError("there is no budget in llmcost.toml", hint="add one: [[budgets]] and below it month = 1000")
    in_slack = result_format is Format.slack
    out = options.output("json" if in_slack else result_format, output)
    with options.reading(db, out) as opened:
        standing = budgets.standing(opened, given, day)
    out.show(SlackView(standing) if in_slack else BudgetView(standing))
    if standing.is_over:
        raise typer.Exit(1)
