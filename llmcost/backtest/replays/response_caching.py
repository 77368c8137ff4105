"""How often an answer from a response cache is the one that the model gave: hits whose two answers the log holds.

Without those answers the replay counts on all of them at the high end of its range, on none at the low end, and traffic
of other days may hold more repetitions or fewer: that is the range here too.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from llmcost.backtest.truth import Row, Run, compared, measured
from llmcost.engine import registry
from llmcost.engine.compose import compose
from llmcost.engine.relations import priced
from llmcost.what_ifs.engine import bootstrap
from llmcost.what_ifs.kernels.kernel import ordered, selected

if TYPE_CHECKING:
    import pyarrow as pa

Costs = Mapping[tuple[str, str], float]
"""US dollars by model and day or session."""

ABOUT = "cost of cache hits, against that of hits to which the model gave the same answer again, word for word"
WHAT_IF = "response-caching"
LACKS = "no prompt answered twice"


def backtest(run: Run, relation: str = "requests") -> Row | None:
    """What the cache at its defaults saves, and of it what changes no answer, in US dollars, in total and by model.

    None where the log holds no two answers to one prompt. `high_usd` is where LEVEL of the draws of days or sessions
    end, where there are enough to draw from; `low_usd` is nothing, as no answer has to be the model's own.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from llmcost.what_ifs.kernels.response_caching import KERNEL

    repeated = (
        f"select prompt_hash from {relation} where output_hash is not null group by prompt_hash having count(*) > 1"
    )
    traffic = run(
        f"select {selected(KERNEL)} from {relation} where prompt_hash in ({repeated}) order by {ordered(KERNEL)}", {}
    )
    given: dict[str, Any] = registry.find("what_ifs", "response-caching").bind({})
    hits = KERNEL.replay(traffic, **given | measured(run, KERNEL, relation)).decisions
    hits = hits.filter(pc.is_in(hits["cached_answer"], pa.array(["same", "differs"])))
    if not hits.num_rows:
        return None
    costs = run(compose(priced(("requests", f"select * from {relation}")), _costs(run, relation)), {})
    costs = costs.filter(pc.field("cost_usd").is_valid())
    found = hits.join(costs, "request_id", join_type="inner").sort_by("request_id")  # the same sums every time
    made: dict[str, Row] = {}
    for row in found.select(["model", "cost_usd", "cached_answer"]).to_pylist():
        by_model = made.setdefault(
            row["model"], {"model": row["model"], "requests": 0, "predicted_usd": 0.0, "actual_usd": 0.0}
        )
        by_model["requests"] += 1
        by_model["predicted_usd"] += row["cost_usd"]
        by_model["actual_usd"] += row["cost_usd"] if row["cached_answer"] == "same" else 0.0
    judged = compared([made[model] for model in sorted(made)])
    if judged is None:
        return None
    spent, saved = _by_block(costs), _by_block(found)
    of_models = [row | _range(spent, saved, row, row["model"]) for row in judged["by_model"]]
    return judged | _range(spent, saved, judged) | {"by_model": of_models}


def _costs(run: Run, relation: str) -> str:
    """SQL: each request's cost and the day or session that it belongs to, null where there are too few of them.

    In the order of their ids, which no order of files changes, nor then the last digit of a sum.
    """
    [counted] = run(f"select {bootstrap.COUNTED} from {relation}", {}).to_pylist()
    block = bootstrap.block(bootstrap.blocks(counted))
    return f"select request_id, model, cost_usd, {block} as block from priced order by request_id"


def _by_block(costs: "pa.Table") -> Costs:
    """Their sum by model and day or session."""
    known = costs.filter(costs["block"].is_valid())
    summed = known.group_by(["model", "block"], use_threads=False).aggregate([("cost_usd", "sum")])
    ordered = summed.sort_by([("block", "ascending"), ("model", "ascending")])  # the same draws every time
    return {(row["model"], row["block"]): row["cost_usd_sum"] for row in ordered.to_pylist()}


def _range(spent: Costs, saved: Costs, judged: Row, model: str | None = None) -> Row:
    """The range of a prediction of a model, or of all."""

    def of(costs: Costs) -> dict[str | None, float]:
        found: dict[str | None, float] = {}
        for (its_model, block), cost_usd in costs.items():
            if model in (None, its_model):
                found[block] = found.get(block, 0.0) + cost_usd
        return found

    start = of(spent)
    _, high = bootstrap.interval(start, of(saved), {})
    return {"low_usd": 0.0, "high_usd": max(judged["predicted_usd"], high or 0.0)}
