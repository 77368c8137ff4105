"""What requests that llmcost sends itself cost at most, before they are sent."""

from llmcost.engine.store import Store
from llmcost.errors import LlmcostError


def most_usd(
    opened: Store, provider: str | None, model: str, prompt_tokens: int, output_tokens: int, *, in_batch: bool = False
) -> float:
    """US dollars of so many tokens, at today's list price, if every prompt is written to a cache.

    Raises LlmcostError for a model without a price, or without one for batches.
    """
    rows = opened.rows(
        "select greatest(input_usd_mtok, cache_write_5m_usd_mtok) as input, output_usd_mtok as output from prices"
        " where provider is not distinct from $provider and model = $model and service_tier = $tier"
        " and region = '' and input_usd_mtok is not null and coalesce(valid_to > current_date, true)"
        " order by input desc limit 1",
        {"provider": provider, "model": model, "tier": "batch" if in_batch else "standard"},
    )
    if not rows:
        kind = "batch price" if in_batch else "price"
        raise LlmcostError(f"{model} has no {kind}, so nobody can say what asking it costs", hint="see: llmcost prices")
    return float(prompt_tokens * rows[0]["input"] + output_tokens * rows[0]["output"]) / 1e6
