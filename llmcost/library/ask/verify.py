"""Whether a saved scenario kept its promise."""

from llmcost.backtest import verify as verifying
from llmcost.engine.store import Store
from llmcost.reports.scope import scope
from llmcost.views.verify import VerifyView


def verify(opened: Store, scenario: str, since: str, until: str | None = None) -> VerifyView:
    """What a saved scenario promised, against the log since it was applied."""
    return VerifyView(verifying.verify(opened, scenario, scope(opened, since, until)))
