"""Priced requests as files."""

from llmcost.engine.store import Store
from llmcost.reports import export as exports
from llmcost.reports.filters import NO_FILTERS, Filters
from llmcost.reports.scope import scope
from llmcost.views.export import ExportView


def export(
    opened: Store,
    to: str,
    form: str = "parquet",
    since: str | None = None,
    until: str | None = None,
    filters: Filters = NO_FILTERS,
) -> ExportView:
    """Priced requests as files, complete or absent."""
    return ExportView(exports.export(opened, scope(opened, since, until, filters=filters), to, form))
