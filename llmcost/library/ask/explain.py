"""Why the bill changed."""

from collections.abc import Sequence

from llmcost.engine.store import Store
from llmcost.errors import UsageError
from llmcost.explain import explanation
from llmcost.reports import spend
from llmcost.reports.filters import NO_FILTERS, Filters
from llmcost.reports.provenance import provenance
from llmcost.reports.scope import scope
from llmcost.views.explain import ExplainView


def explain(
    opened: Store,
    from_period: str | None = None,
    to_period: str | None = None,
    by: Sequence[str] = (),
    top: int = 10,
    filters: Filters = NO_FILTERS,
    *,
    per_day: bool = False,
    shown: bool = False,
) -> ExplainView:
    """Why the bill changed between two periods."""
    for key in by:
        if key in spend.TIMES:
            raise UsageError(
                f"--by {key}: a time contributes nothing by itself", hint="name two times: --from and --to"
            )
    spend.check(opened, by)
    covered = scope(opened, filters=filters)
    found = explanation.explain(opened, covered, from_period, to_period, by, top, per_day=per_day)
    return ExplainView(found, provenance(opened, found.both(opened, covered), shown=shown))
