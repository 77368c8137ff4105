"""Whether a cap cuts the answers that the replay says it cuts: those whose log holds their cap and why they ended."""

from llmcost.backtest.truth import Row, Run, compared
from llmcost.engine import registry
from llmcost.engine.compose import compose
from llmcost.engine.relations import priced

ABOUT = "output cost of answers that reach their cap, against that of answers that the log marks as cut off"
WHAT_IF = "token-caps"
LACKS = "no caps with a reason to stop"


def backtest(run: Run, relation: str = "requests") -> Row | None:
    """Output cost of the answers cut, predicted and logged, in US dollars, in total and by model, with their counts.

    None where the log holds no caps with a reason to stop.
    """
    body = registry.find("backtests", "token-caps").body
    logged = priced(("requests", f"select * from {relation}"))
    return compared(run(compose([*logged, ("logged", "select * from priced")], body), {}).to_pylist())
