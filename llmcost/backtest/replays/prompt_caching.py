"""How well the replay of prompt caching predicts the cache use that the log recorded.

The replay gets requests whose cache use has been erased: when they were sent, how long their prompts were, by
which session and model, and what life the client asked for. How often a cache misses for a reason that no usage
log shows is a rate, and a rate is measured: for each session on the other sessions, starting from what was measured
for the vendor. Where the log holds the prompts themselves, no rate is used.
"""

from math import hypot, sqrt
from statistics import NormalDist
from typing import Any

from llmcost.backtest.truth import Row, Run
from llmcost.engine import registry
from llmcost.engine.compose import compose
from llmcost.engine.relations import priced

ABOUT = "input cost (plain input, cache reads, cache writes), against what the log recorded"
WHAT_IF = "prompt-caching"
LACKS = "no cache reads or writes"

LEVEL = 0.9
"""The nominal level of the range: how often the truth is to be inside."""

_SD = NormalDist().inv_cdf((1 + LEVEL) / 2)
"""Standard deviations from the middle of a range to an end."""

LOW = {"base_share": "0.75", "others_every_s": "900", "slack_s": "60", "optimistic": "all"}
HIGH = {"base_share": "0.4", "others_every_s": "none", "slack_s": "0", "pessimistic": "all"}
"""The low and the high end of the other assumptions and of what the vendors leave open; the middle is each parameter's
default."""

_VARIANTS: dict[str, dict[str, str]] = {
    "found": {"miss_rate": "0"},
    "missed": {"miss_rate": "1"},
    "low": LOW | {"miss_rate": "0"},
    "high": HIGH | {"miss_rate": "0"},
}


def backtest(run: Run, relation: str = "requests") -> dict[str, Any] | None:
    """Predicted and actual input-side cost (input, cache reads, cache writes), in US dollars, in total and by model.

    None when the relation holds no requests whose cache use was recorded and whose provider's rules are known.
    `low_usd` and `high_usd` are a range of the nominal level `level`: the ends of the assumptions, the error of the
    miss rate and chance in which calls miss are independent, so their squares are added. `assumed_usd` is the
    prediction with the miss rate measured for the vendor instead of the one measured on this log.
    """
    if not run(f"select 1 from {relation} as requests where cached_tokens(requests) > 0 limit 1", {}).num_rows:
        return None  # at once: planning the replays takes seconds, and without recorded use they have no rows
    rows: list[Row] = run(*_composed(relation)).to_pylist()
    if not rows:
        return None
    return _summary(rows) | {"by_model": [{"model": row["model"]} | _summary([row]) for row in rows]}


def _composed(relation: str) -> tuple[str, dict[str, Any]]:
    """One query over all variants of the replay, and its parameters."""
    what_if = registry.find("what_ifs", "prompt-caching")
    report = registry.find("backtests", "prompt-caching")
    covered = ("requests", f"select * from {relation}")
    erased = ("requests", registry.find("requests", "cache-use-erased").body)
    told = ("requests", registry.find("requests", "writes-as-told").body)
    relations = {"logged": compose(priced(covered), "select * from priced")}
    values: dict[str, Any] = report.bind({"ends_sd": str(2 * _SD)})
    for name, given in _VARIANTS.items():
        bound = what_if.bind({"ttl": "recorded", "recorded": "replay"} | given)
        values |= {f"{name}_{parameter}": value for parameter, value in bound.items()}
        replay = ("requests", registry.rename(what_if.body, name))
        relations[name] = compose(priced(covered, erased, replay, told), "select * from priced")
    return compose(list(relations.items()), report.body), values


def _summary(rows: list[Row]) -> dict[str, Any]:
    """The rows' prediction, its range and the truth."""
    total = {name: sum(row[name] for row in rows) for name in rows[0] if name != "model"}
    predicted = total["found_usd"] + total["missed_usd"]
    chance = _SD * sqrt(total["missed_variance"])
    moved = [total[end] - total["found_usd"] for end in ("low_usd", "high_usd")]
    below = hypot(min(0, *moved), total["fewer_missed_usd"], chance)
    above = hypot(max(0, *moved), total["more_missed_usd"], chance)
    return {
        "requests": total["requests"],
        "predicted_usd": predicted,
        "low_usd": predicted - below,
        "high_usd": predicted + above,
        "level": LEVEL,
        "actual_usd": total["actual_usd"],
        "error_share": predicted / total["actual_usd"] - 1 if total["actual_usd"] else None,
        "assumed_usd": total["found_usd"] + total["assumed_missed_usd"],
        "miss_rate": total["missed_usd"] / total["at_stake_usd"] if total["at_stake_usd"] else None,
    }
