"""The summary of docs/accuracy.md: what was predicted and what was true.

The figures are those of `benchmarks/results/accuracy.toml`; errors and whether the truth is inside the range are
computed from them.
"""

import tomllib
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[1] / "benchmarks" / "results" / "accuracy.toml"


def summary() -> str:
    """Two tables: data on which nothing was chosen, and data on which figures of the replay were."""
    results = tomllib.loads(RESULTS.read_text(encoding="utf-8"))["results"]
    parts = []
    for title, seen in (("Unseen data", False), ("Data on which figures of the replay were chosen", True)):
        rows = [_row(row) for row in results if row["seen"] is seen]
        parts += [
            f"### {title}\n",
            _line("replay", "data", "predicted", "truth", "error", "range", "inside", "naive", "peer", "measured by"),
            _line("---", "---", "---:", "---:", "---:", "---:", "---", "---", "---", "---"),
            *rows,
            "",
        ]
    return "\n".join(parts)


def _row(row: dict[str, Any]) -> str:
    predicted, truth = row.get("predicted"), row.get("truth")
    ranged = "low" in row and truth is not None
    return _line(
        f"`{row['replay']}`",
        row["data"],
        _amount(predicted, row),
        _amount(truth, row),
        "–" if predicted is None or not truth else f"{predicted / truth - 1:+.1%}".replace("-", "−"),
        f"{_amount(row['low'], row)} to {_amount(row['high'], row)}" if ranged else "–",
        ("yes" if row["low"] <= truth <= row["high"] else "no") if ranged else "–",
        row.get("naive", "–"),
        row.get("peer", "–"),
        f"`{row['by']}`",
    )


def _amount(value: float | None, row: dict[str, Any]) -> str:
    if value is None:
        return "–"
    if row["unit"] == "USD":
        return f"${value:,.2f}"
    return f"{value:,}{'' if row['unit'] == '%' else ' '}{row['unit']}"


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
