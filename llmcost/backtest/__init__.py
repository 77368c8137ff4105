"""Backtests: a replay predicts what the log recorded, from what would be known had the log not recorded it.

Each module holds one replay against the truth: `ABOUT` says in words what is predicted, `WHAT_IF` whose replay it is
(None: the pricing under all of them), `LACKS` what is missing in a log that holds no truth. `backtest(run, relation)`
gives predicted, low, high and actual US dollars and the error, in all and by model, or None where there is none. What
is not in dollars has None for them: `*_blocks` say in cache blocks what is predicted, `*_share` in shares of hits.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
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


def lacking(found: Mapping[str, Row]) -> dict[str, str]:
    """What the log lacks for each of the replays of which nothing was `found`."""
    return {name: str(_module(name).LACKS) for name in names() if name not in found}


def backtested(run: Run, relation: str, what_ifs: Collection[str] | None = None) -> dict[str, Row] | None:
    """How the replays of these what-ifs, or all, and the prices would have predicted what the relation's log recorded.

    None where it records nothing.
    """
    modules = {name: _module(name) for name in names()}
    found = {
        name: module.backtest(run, relation)
        for name, module in modules.items()
        if what_ifs is None or module.WHAT_IF is None or module.WHAT_IF in what_ifs
    }
    return {name: result for name, result in found.items() if result} or None


def measured(run: Run, kernel: Any, relation: str) -> Row:
    """What a kernel takes of the traffic as a whole, in place of an assumption."""
    measures = ", ".join(f"{measure} as {name}" for name, measure in kernel.MEASURED.items())
    [found] = run(f"select {measures} from {relation}", {}).to_pylist()
    return dict(found)


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
