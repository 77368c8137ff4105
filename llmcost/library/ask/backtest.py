"""How the replays predict what the log recorded."""

from llmcost.backtest import run as backtests
from llmcost.engine.store import Store
from llmcost.views.backtest import BacktestView


def backtest(opened: Store) -> BacktestView:
    """How the replays predict what the log recorded."""
    return BacktestView(backtests.backtested(opened.arrow, "requests") or {})
