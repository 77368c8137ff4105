"""`llmcost report`: where the money went."""

from typing import Annotated

import typer

from llmcost.commands import options


def report(
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="KEY",
            help="One or more of feature, task_type, prompt, model, provider, user, session, project, status, hour,"
            " day, week, month, tag:NAME. Without it: an overview.",
        ),
    ] = None,
    since: options.Since = None,
    until: options.Until = None,
    features: options.Features = None,
    models: options.Models = None,
    logged: Annotated[
        bool, typer.Option("--logged", help="Compare the log's own costs with the price table's, by model.")
    ] = False,
    top: Annotated[int | None, typer.Option("--top", min=1, help="Show this many rows and the rest as one.")] = None,
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="COLUMN", help="Column to sort by. Default: cost_usd.")
    ] = None,
    scenario: Annotated[
        str | None, typer.Option("--scenario", metavar="NAME", help="Report on a scenario saved with simulate --save.")
    ] = None,
    details: options.Details = False,
    result_format: options.PageResultFormat = options.PageFormat.table,
    output: options.Output = None,
    db: options.Db = None,
) -> None:
    """Show where the money went: by feature, prompt, model, time or tag."""
    from llmcost.errors import UsageError
    from llmcost.render import terminal
    from llmcost.render.view import View
    from llmcost.reports import spend
    from llmcost.reports.scope import scope
    from llmcost.views.report import ReportView
    from llmcost.what_ifs import scenarios

    dimensions = options.words(by)
    if logged and dimensions:
        raise UsageError("--logged is always by model", hint="leave out --by or --logged")
    if not dimensions and (top is not None or sort is not None):
        raise UsageError("--top and --sort need --by", hint="for example: llmcost report --by model --top 5")
    if result_format is options.PageFormat.html and (logged or dimensions):
        raise UsageError("a page always shows every key", hint="leave out --by and --logged, or use another --format")
    out = options.output(result_format, output, details=details)
    with options.reading(db, out) as opened:
        projected = scenarios.find(opened, scenario or scenarios.LOGGED)
        relation = scenarios.relation(opened, projected)
        covered = scope(opened, since, until, relation, features or (), models or ())
        notes = scenarios.notes([projected])
        if result_format is options.PageFormat.html:
            from llmcost.views import pages

            with terminal.step_progress("preparing the page"):
                view: View = pages.PageView(pages.report(opened, covered, notes))
        else:
            view = ReportView(spend.report(opened, covered, dimensions, logged=logged, top=top, sort=sort, notes=notes))
    out.show(view)
