"""Where the money went."""

from collections.abc import Sequence

from llmcost.engine.store import Store
from llmcost.reports import spend
from llmcost.reports.filters import NO_FILTERS, Filters
from llmcost.reports.provenance import provenance
from llmcost.reports.scope import Scope, scope
from llmcost.views.report import ReportView
from llmcost.what_ifs import scenarios


def report(
    opened: Store,
    by: Sequence[str] = (),
    since: str | None = None,
    until: str | None = None,
    filters: Filters = NO_FILTERS,
    *,
    logged: bool = False,
    tags: bool = False,
    top: int | None = None,
    sort: str | None = None,
    scenario: str | None = None,
    shown: bool = False,
) -> ReportView:
    """Where the money went. `shown`: the screen shows all that the numbers rest on, here and below."""
    covered, notes = reported(opened, since, until, filters, scenario)
    spend.check(opened, by)
    if tags:
        found = spend.tags(opened, covered, notes)
    else:
        found = spend.report(opened, covered, by, logged=logged, top=top, sort=sort, notes=notes)
    found.provenance = provenance(opened, covered, found.assumed, shown=shown)
    return ReportView(found)


def reported(
    opened: Store, since: str | None, until: str | None, filters: Filters, scenario: str | None
) -> tuple[Scope, list[str]]:
    """The requests of a report, of the log or of a scenario, and what is said of the scenario."""
    projected = scenarios.find(opened, scenario or scenarios.LOGGED)
    relation = scenarios.relation(opened, projected)
    return scope(opened, since, until, relation, filters), scenarios.notes([projected])
