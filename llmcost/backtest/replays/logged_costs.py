"""How near the costs computed from tokens and prices are to those that the log itself gives."""

from llmcost.backtest.truth import Row, Run, compared
from llmcost.engine import registry
from llmcost.engine.compose import compose, priced

ABOUT = "cost by the price table, against the cost in the log, for calls that have one"
WHAT_IF = None
LACKS = "no costs"


def backtest(run: Run, relation: str = "requests") -> Row | None:
    """Computed and logged cost in US dollars, in total and by model; None where the log gives no costs."""
    body = registry.find("reports", "logged-costs-backtest").body
    return compared(run(compose(priced(("requests", f"select * from {relation}")), body), {}).to_pylist())
