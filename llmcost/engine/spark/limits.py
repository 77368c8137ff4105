"""What does not run on Spark, and why: the one list. A command refuses it before it starts anything."""

from typing import NoReturn

from llmcost.errors import LlmcostError

REFUSED = {
    "simulate": "its replays with state run in one process",
    "backtest": "it runs the replays of simulate",
    "report --scenario": "a scenario is a simulation",
    "report --format html": "its page asks hundreds of small questions",
}
"""What a command may be asked, and why not on Spark."""


def check(asked: str) -> None:
    """Raises LlmcostError for what does not run on Spark."""
    if asked in REFUSED:
        refuse(asked, hint="leave out --engine spark: DuckDB reads the same lake")


def refuse(asked: str, *, hint: str) -> NoReturn:
    """Raises the LlmcostError of what is in REFUSED."""
    raise LlmcostError(f"llmcost {asked} does not run on Spark: {REFUSED[asked]}", hint=hint)
