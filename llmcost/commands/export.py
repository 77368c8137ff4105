"""`llmcost export`: priced requests as files."""

from enum import StrEnum
from typing import Annotated

import typer

from llmcost.commands import options
from llmcost.reports.filters import NO_FILTERS, Filters


class Form(StrEnum):
    """How the requests are written."""

    parquet = "parquet"
    csv = "csv"
    focus = "focus"
    lake = "lake"


@options.filtered
def export(
    to: Annotated[
        str, typer.Option("--to", metavar="DIR", help="A new or empty folder, or an address such as s3://bucket/path.")
    ],
    form: Annotated[
        Form,
        typer.Option(
            "--format", metavar="parquet|csv|focus|lake", help="Format; focus is FOCUS 1.2 as CSV, lake is for --lake."
        ),
    ] = Form.parquet,
    since: options.Since = None,
    until: options.Until = None,
    filters: Filters = NO_FILTERS,
    details: options.Details = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write the manifest as JSON.")] = False,
    db: options.Db = None,
) -> None:
    """Write priced requests as files, a folder for each day, with a manifest. The export is complete or absent."""
    from llmcost.library.ask import export as ask

    out = options.output("json" if as_json else "table", None, details=details)
    with options.reading(db, out) as opened:
        view = ask.export(opened, to, form.value, since, until, filters)
    out.show(view)
