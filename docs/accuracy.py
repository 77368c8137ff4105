"""docs/accuracy.md: the summary of what was predicted and what was true, and the part that a benchmark writes.

    python -m docs.accuracy

The figures are those of `benchmarks/results/accuracy.toml`; errors and whether the truth is inside the range are
computed from them.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "accuracy.md"
RESULTS = ROOT / "benchmarks" / "results" / "accuracy.toml"

_PART = re.compile(r"(<!-- generated: accuracy -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Rewrites the summary."""
    DOCUMENT.write_text(filled(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


def filled(text: str) -> str:
    """The document with the summary of the results of today."""
    return _PART.sub(lambda match: f"{match[1]}\n{summary()}\n{match[2]}", text)


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
        "–" if predicted is None or not truth else f"{predicted / truth - 1:+.1%}".replace("-", "−").replace("%", " %"),
        f"{_amount(row['low'], row)} to {_amount(row['high'], row)}" if ranged else "–",
        ("yes" if row["low"] <= truth <= row["high"] else "no") if ranged else "–",
        row.get("naive", "–"),
        row.get("peer", "–"),
        f"`{row['by']}`",
    )


def _amount(value: float | None, row: dict[str, Any]) -> str:
    if value is None:
        return "–"
    return f"${value:,.2f}" if row["unit"] == "USD" else f"{value:,} {row['unit']}"


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
