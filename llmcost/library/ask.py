"""What the commands and the Python API ask: one function each, from an open store to a view of the answer."""

from collections.abc import Callable, Sequence

from llmcost.backtest import run as backtests
from llmcost.engine.store import Store
from llmcost.errors import UsageError
from llmcost.explain import explanation
from llmcost.reports import audit as audits
from llmcost.reports import spend
from llmcost.reports.filters import NO_FILTERS, Filters
from llmcost.reports.provenance import provenance
from llmcost.reports.scope import Scope, scope
from llmcost.views.audit import AuditView
from llmcost.views.backtest import BacktestView
from llmcost.views.explain import ExplainView
from llmcost.views.optimize import OptimizeView
from llmcost.views.report import ReportView
from llmcost.views.run_all import RunAllView
from llmcost.views.simulate import ProjectionView
from llmcost.what_ifs import projection as projections
from llmcost.what_ifs import scenarios
from llmcost.what_ifs.engine import names
from llmcost.what_ifs.engine.step import WhatIf
from llmcost.what_ifs.projection import Projection
from llmcost.what_ifs.search import optimize as searches
from llmcost.what_ifs.search import run_all

Simulated = ProjectionView | RunAllView | OptimizeView


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


def backtest(opened: Store) -> BacktestView:
    """How the replays predict what the log recorded."""
    return BacktestView(backtests.backtested(opened.arrow, "requests") or {})


def simulate(
    opened: Store,
    stack: Sequence[WhatIf],
    covered: Scope,
    by: Sequence[str] = (),
    *,
    whole: bool = False,
    shown: bool = False,
) -> ProjectionView:
    """The covered traffic under a stack. `whole`: with each prompt's cheapest cache and the backtest, here and below,
    which take longer than the replay."""
    checked(opened, stack, by)
    found = projections.simulate(opened, stack, covered, by, advises=whole)
    _complete(opened, covered, found, whole=whole, shown=shown)
    return ProjectionView(found)


def every(
    opened: Store,
    asked: run_all.Asked,
    covered: Scope,
    by: Sequence[str] = (),
    *,
    whole: bool = False,
    shown: bool = False,
) -> RunAllView:
    """The covered traffic under every technique alone, and the best stack of them."""
    checked(opened, asked.steps, by)
    found = run_all.simulate(opened, asked, covered, by, advises=whole)
    _complete(opened, covered, found.projection, whole=whole, shown=shown)
    return RunAllView(found)


def optimize(
    opened: Store,
    space: searches.Space,
    covered: Scope,
    bounds: searches.Limits,
    by: Sequence[str] = (),
    most: int | None = None,
    advance: Callable[[int, int], None] = lambda done, of: None,
    *,
    whole: bool = False,
    shown: bool = False,
) -> OptimizeView:
    """The cheapest stack under limits."""
    checked(opened, [step for settings in space.techniques for step in settings], by)
    found = searches.simulate(opened, space, covered, bounds, by, most or searches.MOST_STACKS, advance, advises=whole)
    _complete(opened, covered, found.projection, whole=whole, shown=shown)
    return OptimizeView(found)


def checked(opened: Store, steps: Sequence[WhatIf], by: Sequence[str]) -> None:
    """Raises UsageError for names that the log does not have."""
    names.check(opened, steps)
    spend.check(opened, by)


def _complete(opened: Store, covered: Scope, found: Projection, *, whole: bool, shown: bool) -> None:
    found.provenance = provenance(opened, covered, found.assumed, shown=shown)
    if whole:
        backtests.check(opened, found)
