"""`llmcost verify`: whether a saved scenario kept its promise."""

from typing import Annotated

import typer

from llmcost.commands import completion, options


def verify(
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A scenario saved with simulate --save.", autocompletion=completion.scenarios
        ),
    ],
    since: Annotated[
        str, typer.Option("--since", metavar="TIME", help="When it was applied: 2026-11-01, or 7d as for report.")
    ],
    until: options.Until = None,
    details: options.Details = False,
    timezone: options.Timezone = None,
    result_format: options.ResultFormat = options.Format.table,
    output: options.Output = None,
    db: options.Db = None,
) -> None:
    """Compare what a saved scenario promised with the log since it was applied, corrected for volume, mix and price."""
    from llmcost.library.ask import verify as ask

    out = options.output(result_format, output, details=details)
    with options.reading(db, out, timezone=timezone) as opened:
        view = ask.verify(opened, scenario, since, until)
    out.show(view)
