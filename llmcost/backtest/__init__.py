"""Backtests: a replay predicts what the log recorded, from what would be known had the log not recorded it.

Each module holds one replay against the truth: `ABOUT` says in words what is predicted, `backtest(run, relation)` gives
predicted, low, high and actual US dollars and the error, in all and by model, or None where the log holds no truth.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]
Run = Callable[[str, Mapping[str, Any]], "pa.Table"]
"""Runs a query with its parameters, where `prices` and the relation of requests can be read."""


def names() -> list[str]:
    """Every replay that can be held against a log, by name."""
    return sorted(module.name.replace("_", "-") for module in iter_modules(__path__))


def about(name: str) -> str:
    """What the replay predicts, in words."""
    return str(_module(name).ABOUT)


def backtested(run: Run, relation: str, wanted: Sequence[str]) -> dict[str, Row] | None:
    """How the wanted replays would have predicted what the relation's log recorded; None where it records nothing."""
    known = set(names())
    found = {name: _module(name).backtest(run, relation) for name in dict.fromkeys(wanted) if name in known}
    return {name: result for name, result in found.items() if result} or None


def beside(rows: Sequence[Row]) -> Row | None:
    """Predictions without a range beside the truth: the rows' sums, and each by model. Other columns are added up."""
    if not rows:
        return None
    total = {name: sum(row[name] for row in rows) for name in rows[0] if name != "model"}
    return _judged(total) | {"by_model": [{"model": row["model"]} | _judged(row) for row in rows]}


def _judged(row: Row) -> Row:
    predicted, actual = row["predicted_usd"], row["actual_usd"]
    return {
        **{name: value for name, value in row.items() if name != "model"},
        "low_usd": predicted,
        "high_usd": predicted,
        "error_share": predicted / actual - 1 if actual else None,
    }


def _module(name: str) -> Any:
    return import_module(f"llmcost.backtest.{name.replace('-', '_')}")
