"""What every backtest shares: how it asks the store, and how its prediction is compared with what the log recorded."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from llmcost.what_ifs.kernels.kernel import Kernel

Row = dict[str, Any]
Run = Callable[[str, Mapping[str, Any]], "pa.Table"]
"""Runs a query with its parameters, where `prices` and the relation of requests can be read."""


def measured(run: Run, kernel: "Kernel[Any]", relation: str) -> Row:
    """What a kernel measures on the traffic as a whole, in place of an assumption."""
    measures = ", ".join(f"{measure} as {name}" for name, measure in kernel.measured.items())
    [found] = run(f"select {measures} from {relation}", {}).to_pylist()
    return dict(found)


def compared(rows: Sequence[Row]) -> Row | None:
    """Predictions without a range and the truth: the rows' sums, and each by model. Other columns are added up."""
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
