"""What the input side of each prompt costs under a way to cache: one replay of prompt caching, priced and added up."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from llmcost.engine import registry
from llmcost.engine.compose import compose
from llmcost.engine.relations import priced

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]
Run = Callable[[str, Mapping[str, Any]], "pa.Table"]
"""Runs a query with its parameters, where `prices` and the relation of requests can be read."""


def latest(run: Run, relation: str, most: int) -> str:
    """The relation, or of one with more requests than that the latest of them."""
    if run(f"select count(*) as requests from {relation}", {})["requests"][0].as_py() <= most:
        return relation
    newest = f"(select ts from {relation} order by ts desc nulls last limit {most})"
    return f"(select * from {relation} where ts >= (select min(ts) from {newest}))"


def costs(run: Run, relation: str, given: Mapping[str, Any] | None) -> dict[tuple[str | None, ...], Row]:
    """Requests and input cost in US dollars of each (provider, model, prompt), under these parameters or no cache."""
    what_if = registry.find("what_ifs", "prompt-caching")
    values = {**what_if.bind({}), **(given or {})}
    made = what_if if given else registry.find("requests", "uncached")
    steps = [("requests", f"select * from {relation}"), ("requests", made.body)]
    rows = run(compose(priced(*steps), registry.find("spend", "prompt-costs").body), values).to_pylist()
    return {(row["provider"], row["model"], row["prompt"]): row for row in rows}
