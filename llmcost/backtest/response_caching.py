"""How often an answer from a response cache is the one that the model gave: hits whose two answers the log holds."""

from typing import Any

from llmcost import registry
from llmcost.backtest import Row, Run, beside
from llmcost.relations import nested, priced

ABOUT = "cost of the hits of a response cache, beside that of the hits whose answer the model gave again word for word"
WHAT_IF = "response-caching"


def backtest(run: Run, relation: str = "requests") -> Row | None:
    """What the cache at its defaults saves, and of it what changes no answer, in US dollars, in total and by model.

    None where the log holds no two answers to one prompt.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from llmcost.what_ifs.kernels import response_caching as kernel

    columns = ", ".join(dict.fromkeys([*kernel.COLUMNS, "request_id", "ts"]))
    repeated = (
        f"select prompt_hash from {relation} where output_hash is not null group by prompt_hash having count(*) > 1"
    )
    traffic = run(
        f"select {columns} from {relation} where prompt_hash in ({repeated}) order by prompt_hash, ts, request_id", {}
    )
    given: dict[str, Any] = registry.find("what_ifs", "response-caching").bind({})
    measures = ", ".join(f"{measure} as {name}" for name, measure in kernel.MEASURED.items())
    [measured] = run(f"select {measures} from {relation}", {}).to_pylist()
    hits = kernel.replay(traffic, **given | measured)
    hits = hits.filter(pc.is_in(hits["cached_answer"], pa.array(["same", "differs"])))
    if not hits.num_rows:
        return None
    costs = run(nested(priced(("requests", f"select * from {relation}")), _COSTS), {})
    found = hits.join(costs, "request_id", join_type="inner").filter(pc.field("cost_usd").is_valid())
    made: dict[str, Row] = {}
    for row in found.select(["model", "cost_usd", "cached_answer"]).to_pylist():
        by_model = made.setdefault(
            row["model"], {"model": row["model"], "requests": 0, "predicted_usd": 0.0, "actual_usd": 0.0}
        )
        by_model["requests"] += 1
        by_model["predicted_usd"] += row["cost_usd"]
        by_model["actual_usd"] += row["cost_usd"] if row["cached_answer"] == "same" else 0.0
    return beside([made[model] for model in sorted(made)])


_COSTS = "select request_id, model, cost_usd from priced"
