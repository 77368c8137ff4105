"""What would have been cheaper."""

from collections.abc import Callable, Sequence
from pathlib import Path

from llmcost.backtest import run as backtests
from llmcost.engine.store import Store
from llmcost.reports import spend
from llmcost.reports.provenance import provenance
from llmcost.reports.scope import Scope
from llmcost.views.optimize import OptimizeView
from llmcost.views.run_all import RunAllView
from llmcost.views.simulate import ProjectionView
from llmcost.what_ifs import projection as projections
from llmcost.what_ifs.engine import names
from llmcost.what_ifs.engine.step import WhatIf
from llmcost.what_ifs.projection import Projection
from llmcost.what_ifs.search import optimize as searches
from llmcost.what_ifs.search import run_all

Simulated = ProjectionView | RunAllView | OptimizeView


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
    prepared(opened, stack, by)
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
    prepared(opened, asked.steps, by)
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
    prepared(opened, [step for settings in space.techniques for step in settings], by)
    found = searches.simulate(opened, space, covered, bounds, by, most or searches.MOST_STACKS, advance, advises=whole)
    _complete(opened, covered, found.projection, whole=whole, shown=shown)
    return OptimizeView(found)


def checked(opened: Store, steps: Sequence[WhatIf], by: Sequence[str]) -> None:
    """Raises UsageError for names that the log does not have."""
    names.check(opened, steps)
    spend.check(opened, by)


def prepared(opened: Store, steps: Sequence[WhatIf], by: Sequence[str]) -> None:
    """Checks them, and gives encoders what the store has of their vectors."""
    checked(opened, steps, by)
    if named := encoders(steps):
        from llmcost.embeddings import stored

        stored.lend(opened, named)


def keep_vectors(path: Path, steps: Sequence[WhatIf]) -> None:
    """Writes to a closed store what slow encoders have computed of its texts, for the next replay."""
    if named := encoders(steps):
        from llmcost.embeddings import stored

        stored.keep(path, named)


def encoders(steps: Sequence[WhatIf]) -> list[str]:
    """The encoders that the steps name, each once, but for the one that needs no help."""
    named = (step.values.get("encoder") for step in steps)
    return list(dict.fromkeys(str(one) for one in named if one not in (None, "wordllama")))


def _complete(opened: Store, covered: Scope, found: Projection, *, whole: bool, shown: bool) -> None:
    found.provenance = provenance(opened, covered, found.assumed, shown=shown)
    if whole:
        backtests.check(opened, found)
