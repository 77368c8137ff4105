"""What is wrong or suspicious."""

from llmcost.engine.store import Store
from llmcost.reports import audit as audits
from llmcost.reports.filters import NO_FILTERS, Filters
from llmcost.reports.provenance import provenance
from llmcost.reports.scope import scope
from llmcost.views.audit import AuditView


def audit(
    opened: Store,
    since: str | None = None,
    until: str | None = None,
    filters: Filters = NO_FILTERS,
    *,
    shown: bool = False,
) -> AuditView:
    """What is wrong or suspicious."""
    covered = scope(opened, since, until, filters=filters)
    found = audits.audit(opened, covered)
    return AuditView(found, provenance(opened, covered, found.assumed, shown=shown))
