"""`llmcost compare`: two scenarios side by side."""

from typing import Annotated

import typer

from llmcost.commands import completion, options


def compare(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[A [B]]",
            help="Scenarios saved with simulate --save; logged is the traffic as logged.",
            autocompletion=completion.scenarios,
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="KEY",
            help="A key as for report --by. Default: feature.",
            autocompletion=completion.keys,
        ),
    ] = None,
    details: options.Details = False,
    result_format: options.ResultFormat = options.Format.table,
    output: options.Output = None,
    db: options.Db = None,
) -> None:
    """Compare two scenarios, or one with the log; without a name, list the saved ones."""
    from llmcost.errors import UsageError
    from llmcost.reports import spend
    from llmcost.views.compare import CompareView, ScenariosView
    from llmcost.what_ifs import scenarios as kept

    names = scenarios or []
    if len(names) > 2:
        raise UsageError("compare accepts at most two scenarios", hint="for example: llmcost compare logged cheap")
    out = options.output(result_format, output, details=details)
    with options.reading(db, out) as opened:
        if not names:
            view: CompareView | ScenariosView = ScenariosView(kept.listed(opened))
        else:
            first, second = names if len(names) == 2 else (kept.LOGGED, names[0])
            dimensions = options.words(by) or ("feature",)
            spend.check(opened, dimensions)
            view = CompareView(kept.compare(opened, first, second, dimensions))
    out.show(view)
