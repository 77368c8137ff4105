"""How near the costs computed from tokens and prices are to those that the log itself gives."""

from llmcost.backtest.truth import Row, Run, compared
from llmcost.engine import registry
from llmcost.engine.compose import compose
from llmcost.engine.relations import priced

ABOUT = "cost by the price table, against the cost in the log, for calls that have one"
WHAT_IF = None
LACKS = "no costs"


def backtest(run: Run, relation: str = "requests") -> Row | None:
    """Computed and logged cost in US dollars, in total and by model; None where the log gives no costs."""
    body = registry.find("backtests", "logged-costs").body
    logged = priced(("requests", f"select * from {relation}"))
    return compared(run(compose([*logged, ("logged", "select * from priced")], body), {}).to_pylist())
