"""Which prompts are worth caching, how far and for how long."""

from collections.abc import Mapping
from typing import Any

from llmcost.prices import cache_rules
from llmcost.what_ifs import cache_costs
from llmcost.what_ifs.cache_costs import Run

Row = dict[str, Any]

BREAKPOINTS = ("tools", "system", "implicit", "explicit")
TTLS = ("5m", "1h")

LATEST = 1_000_000
"""How many requests, the latest, a recommendation is made from: it replays them once for each way to cache."""


MOST = 10_000
"""How many prompts, those that cost most without a cache, have a recommendation."""


def decides(values: Mapping[str, Any]) -> bool:
    """Whether a replay with these parameters takes each prompt's cheapest cache."""
    return values.get("breakpoints") == "best"


def prompt_lives(run: Run, relation: str = "requests", given: Mapping[str, Any] | None = None) -> list[Row]:
    """One row for each prompt that a cache can serve, those that save most first.

    A prompt is a prompt_id, else a feature, else a project, sent to one model. Costs are those of the input side, in US
    dollars: `uncached_usd`, and one for each way to cache, `<breakpoints>_<ttl>_usd`. `best` is the cheapest of them,
    or `none` where every way costs more than no cache, or `automatic` where the provider leaves no choice;
    `saved_usd` is what it saves. `setting` is the JSON to send for it and `put_at` where, None where there is nothing
    to set. `costs_money` names the ways that would cost more than no cache. `given` holds the replay's other
    parameters. Of more than LATEST requests the latest are taken, and of more than MOST prompts the most expensive.
    """
    relation = cache_costs.latest(run, relation, LATEST)
    ways = {f"{reach}_{ttl}": {"breakpoints": reach, "ttl": ttl} for reach in BREAKPOINTS for ttl in TTLS}
    uncached = cache_costs.costs(run, relation, None, most=MOST)
    prompts = sorted({str(prompt) for _, _, prompt in uncached})
    common = {**(given or {}), "recorded": "replay"}
    costs = {way: cache_costs.costs(run, relation, common | chosen, prompts=prompts) for way, chosen in ways.items()}
    rows = [_row(key, plain, {way: of[key]["usd"] for way, of in costs.items()}) for key, plain in uncached.items()]
    return sorted(
        (row for row in rows if row), key=lambda row: (-round(row["saved_usd"], 9), row["prompt"], row["model"])
    )


def left_out(run: Run, relation: str) -> int:
    """How many prompts of the relation have no recommendation since others cost more."""
    told = f"select distinct provider, model, prompt_of(traffic) from {relation} as traffic"
    return max(0, int(run(f"select count(*) as prompts from ({told})", {})[0]["prompts"]) - MOST)


def _row(key: tuple[str | None, ...], uncached: Row, costs: dict[str, float]) -> Row | None:
    """The prompt's row; None where no way of caching changes anything."""
    plain = uncached["usd"]
    slack = 1e-9 * plain  # sums of the same numbers in another order
    if all(abs(cost - plain) <= slack for cost in costs.values()):
        return None
    least = min(costs.values())
    cheapest = next(way for way in costs if costs[way] <= least + slack)  # of equal ways the shortest
    best = cheapest if costs[cheapest] < plain - slack else "none"
    if best != "none" and max(costs.values()) - min(costs.values()) <= slack:
        best = "automatic"
    reach, _, ttl = best.partition("_")
    if ttl and all(abs(costs[f"{other}_{ttl}"] - costs[best]) <= slack for other in BREAKPOINTS):
        reach, best = "implicit", f"implicit_{ttl}"  # where no placement changes anything, none is to be set
    setting = cache_rules.setting(key[0], key[1] or "", reach)
    return {
        "provider": key[0],
        "model": key[1],
        "prompt": key[2],
        "requests": uncached["requests"],
        "uncached_usd": plain,
        **{f"{way}_usd": cost for way, cost in costs.items()},
        "best": best,
        "setting": setting[f"paste_{ttl}"] if setting else None,
        "put_at": setting["put_at"] if setting else None,
        "saved_usd": plain - costs[cheapest] if best != "none" else 0.0,
        "costs_money": [way for way, cost in costs.items() if cost > plain + slack],
    }
