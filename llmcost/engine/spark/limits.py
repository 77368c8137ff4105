"""What does not run on Spark, and why: the one list. It is refused before anything is started, or replayed."""

from typing import NoReturn

from llmcost.errors import LlmcostError

REFUSED = {
    "backtest": "its statement is larger than Spark's planner takes",
    "report --scenario": "a scenario is a simulation",
    "report --format html": "its page asks hundreds of small questions",
    "verify": "a scenario is kept in a store",
}
"""What a command may be asked, and why not on Spark."""

LITTLE = 500_000
"""The requests, or sums of them, that come to the command's process whole, where DuckDB takes over."""

BEYOND = ("batch-api", "model-swap", "routing", "token-caps")
"""The what-ifs that Spark replays where there are more than LITTLE requests. Kernels keep their state in one process,
and the statement of `prompt-caching` is larger than Spark's planner takes."""


def check(asked: str) -> None:
    """Raises LlmcostError for what does not run on Spark."""
    if asked in REFUSED:
        refuse(asked, hint="leave out --engine spark: DuckDB reads the same lake")


def refuse(asked: str, *, hint: str) -> NoReturn:
    """Raises the LlmcostError of what is in REFUSED."""
    raise LlmcostError(f"llmcost {asked} does not run on Spark: {REFUSED[asked]}", hint=hint)


def check_step(name: str) -> None:
    """Raises LlmcostError for a what-if that Spark does not replay over more than LITTLE requests."""
    if name not in BEYOND:
        raise LlmcostError(
            f"{name} is replayed on Spark for up to {LITTLE:,} requests, and these are more",
            hint="narrow them down, as with --feature or --since, or leave out --engine spark",
        )
