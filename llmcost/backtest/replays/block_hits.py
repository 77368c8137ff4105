"""How well the replay of prompt caching finds the blocks that a trace shows were sent before.

A trace such as Mooncake's numbers the 512-token blocks of every prompt and says nothing of any cache, nor of dollars.
Its truth is which blocks were seen before: what a cache that forgets nothing would have read. The replay is given the
prompts as any log would give them, and decides with its own rules of prefixes, order and overlapping requests.
"""

from typing import Any

from llmcost.backtest.truth import Row, Run
from llmcost.engine import registry
from llmcost.engine.compose import compose

ABOUT = "prompt blocks read from a cache without end, against blocks whose number occurred earlier in the trace"
WHAT_IF = "prompt-caching"
LACKS = "no cache blocks"

_ENDLESS = {"ttl": "endless", "breakpoints": "explicit", "recorded": "replay"}
_VARIANTS: dict[str, dict[str, str]] = {"found": {"ttft_ms": "0"}, "waited": {}}


def backtest(run: Run, relation: str = "requests") -> Row | None:
    """Predicted and actual hits in blocks, in total and by model; None where the log is not a trace of blocks.

    A trace has no bill, so there are no dollars: `*_usd` is None. The prediction reads a block as soon as it was sent,
    as the actual count does; `low_blocks` has it wait for the what-if's default time to a first token.
    """
    sent = registry.find("requests", "blocks-as-sent").body
    covered = ("requests", f"select * from {relation}")
    if not run(compose([covered, ("requests", sent)], "select 1 from requests limit 1"), {}).num_rows:
        return None
    what_if = registry.find("what_ifs", "prompt-caching")
    report = registry.find("backtests", "block-hits")
    relations = {"logged": compose([covered], "select * from requests where source_format = 'mooncake'")}
    values: dict[str, Any] = {}
    for name, given in _VARIANTS.items():
        bound = what_if.bind(_ENDLESS | given)
        values |= {f"{name}_{parameter}": value for parameter, value in bound.items()}
        relations[name] = compose([covered, ("requests", sent)], registry.rename(what_if.body, name))
    rows: list[Row] = run(compose(list(relations.items()), report.body), values).to_pylist()
    total = {name: sum(row[name] for row in rows) for name in rows[0] if name != "model"}
    return _judged(total) | {"by_model": [{"model": row["model"]} | _judged(row) for row in rows]}


def _judged(row: Row) -> Row:
    predicted, low, actual = row["predicted_blocks"], row["low_blocks"], row["actual_blocks"]
    return {
        "requests": row["requests"],
        "blocks": row["blocks"],
        "predicted_blocks": predicted,
        "low_blocks": low,
        "high_blocks": predicted,
        "actual_blocks": actual,
        "predicted_share": predicted / row["blocks"],
        "actual_share": actual / row["blocks"],
        **dict.fromkeys(("predicted_usd", "low_usd", "high_usd", "actual_usd")),
        "error_share": predicted / actual - 1 if actual else None,
    }
