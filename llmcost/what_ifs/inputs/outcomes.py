"""Outcomes files: how models did on prompts, from an evaluation of the user's own.

One line a prompt and model: `prompt`, `model`, `correct` (true, false, or a score) and, where known, `cost`
in US dollars. Or one line a prompt with a column of true and false for each model, as RouteLLM publishes them. The
prompt is a request's id, its prompt's hash or name, or the text of its last turn where texts are kept.
"""

from collections.abc import Iterator
from functools import cache
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost.errors import LlmcostError
from llmcost.what_ifs.inputs.user_files import YES_OR_NO, Row, records, version, wrong

if TYPE_CHECKING:
    import pyarrow as pa

_OUTSIDE = "scores=clip takes the nearer end, scores=scale makes the lowest score 0 and the highest 1"
_HINT = (
    "it needs prompt, model, correct and, where known, cost; or prompt and a column of true and false for each model"
)


def read(path: str, scores: str = "as-given") -> "pa.Table":
    """`prompt`, `model`, `correct` (0 to 1) and `cost_usd` (null where unknown), one row a prompt and model.

    `scores` outside 0 to 1 are refused `as-given`; `clip` takes the nearer end, `scale` makes the lowest of the file 0
    and its highest 1. Raises LlmcostError, with the line, for what is not an outcome and for two different ones of one
    prompt and model.
    """
    return _read(*version(path, "outcomes", _HINT), scores)


@cache
def _read(file: Path, _size: int, _time: int, scores: str) -> "pa.Table":
    """The file as it is now: a search replays the same step many times."""
    import pyarrow as pa

    found: dict[tuple[str, str], Row] = {}
    for line, row in _outcomes(file):
        if scores == "as-given" and not 0 <= row["correct"] <= 1:
            raise wrong(file, line, f"correct is {row['correct']:g}, not between 0 and 1", _OUTSIDE)
        known = found.setdefault((row["prompt"], row["model"]), row)
        if known != row:
            raise _wrong(file, line, f"another outcome of {row['model']} for a prompt, different from the one before")
    if not found:
        raise LlmcostError(f"{file} holds no outcomes", hint=_HINT)
    kinds = [("prompt", pa.string()), ("model", pa.string()), ("correct", pa.float64()), ("cost_usd", pa.float64())]
    table = pa.Table.from_pylist(list(found.values()), schema=pa.schema(kinds))
    return table.set_column(2, "correct", _within(table["correct"], scores))


def _within(correct: "pa.ChunkedArray", scores: str) -> "pa.ChunkedArray":
    """The scores between 0 and 1."""
    import pyarrow.compute as pc

    if scores == "scale":
        low, high = (pc.min_max(correct)[end].as_py() for end in ("min", "max"))
        return pc.divide(pc.subtract(correct, low), high - low) if high > low else pc.multiply(correct, 0.0)
    return pc.max_element_wise(pc.min_element_wise(correct, 1.0), 0.0)


def _outcomes(file: Path) -> Iterator[tuple[int, Row]]:
    """Each outcome with its line, or its row where the file has no lines."""
    models: list[str] | None = None
    for line, row in records(file, "outcomes", _HINT):
        if "prompt" not in row:
            raise _wrong(file, line, "no prompt")
        if "model" in row:
            yield line, _outcome(file, line, row["prompt"], row["model"], row.get("correct"), row.get("cost"))
            continue
        if models is None:
            models = [name for name, value in row.items() if name != "prompt" and str(value).lower() in YES_OR_NO]
            if not models:
                raise _wrong(file, line, "neither a model nor columns of true and false")
        for model in models:
            yield line, _outcome(file, line, row["prompt"], model, row.get(model), row.get(f"{model}_cost"))


def _outcome(file: Path, line: int, prompt: Any, model: Any, correct: Any, cost: Any) -> Row:
    judged = YES_OR_NO.get(str(correct).strip().lower(), _number(correct))
    if judged is None:
        raise _wrong(file, line, f"correct is {str(correct)[:40]!r}, neither true nor false nor a number")
    dollars = _number(cost)
    if cost not in (None, "") and (dollars is None or dollars < 0):
        raise _wrong(file, line, f"cost is {str(cost)[:40]!r}, not an amount of US dollars")
    if not str(prompt or "").strip() or not str(model or "").strip():
        raise _wrong(file, line, "an empty prompt or model")
    return {"prompt": str(prompt), "model": str(model).strip(), "correct": judged, "cost_usd": dollars}


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if isfinite(number) else None


def _wrong(file: Path, line: int, why: str) -> LlmcostError:
    return wrong(file, line, why, _HINT)
