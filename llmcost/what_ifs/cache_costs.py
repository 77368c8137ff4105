"""What the input side of each prompt costs under a way to cache: one replay of prompt caching, priced and added up."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from llmcost.engine import registry
from llmcost.engine.compose import compose
from llmcost.engine.relations import priced

Row = dict[str, Any]
Costs = dict[tuple[str | None, ...], Row]
"""Requests and input cost in US dollars by (provider, model, prompt), those of the highest cost first."""
Run = Callable[[str, Mapping[str, Any]], list[Row]]
"""The rows of a query with its parameters, where `prices` and the relation of requests can be read. They are few:
as a table they would take a third longer, since the engine plans a statement twice to give one."""


def latest(run: Run, relation: str, most: int) -> str:
    """The relation, or of one with more requests than that the latest of them."""
    if run(f"select count(*) as requests from {relation}", {})[0]["requests"] <= most:
        return relation
    newest = f"(select ts from {relation} order by ts desc nulls last limit {most})"
    return f"(select * from {relation} where ts >= (select min(ts) from {newest}))"


def costs(
    run: Run,
    relation: str,
    given: Mapping[str, Any] | None,
    *,
    most: int | None = None,
    prompts: Sequence[str] | None = None,
    by_prompt: bool = True,
) -> Costs:
    """What requests cost under these parameters of the replay, or without a cache.

    Of `prompts` alone, of the `most` expensive ones, or of each model as a whole, whose prompt is None.
    """
    what_if = registry.find("what_ifs", "prompt-caching")
    asked = {"most": most, "prompts": prompts, "by_prompt": by_prompt}
    values = {**what_if.bind({}), **(given or {}), **asked}
    made = what_if if given else registry.find("requests", "uncached")
    steps = [("requests", f"select * from {relation}"), ("requests", made.body)]
    rows = run(compose(priced(*steps), registry.find("spend", "prompt-costs").body), values)
    return {(row["provider"], row["model"], row["prompt"]): row for row in rows}
