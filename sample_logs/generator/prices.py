"""List prices for the logs that record a cost, in USD per million tokens, from genai-prices 0.2.3."""

from typing import NamedTuple

from sample_logs.generator.book import Tokens


class Price(NamedTuple):
    input: float
    output: float
    cache_read: float = 0.0
    cache_write_5m: float = 0.0


PRICES = {
    "claude-haiku-4-5-20251001": Price(1, 5, 0.10, 1.25),
    "claude-opus-5-5": Price(4, 20, 0.20, 5),
    "claude-sonnet-5-5": Price(2, 10, 0.10, 2.5),
    "gemini-2.5-flash": Price(0.3, 2.5, 0.03),
    "gpt-5.4-mini": Price(0.75, 4.5, 0.075),
    "text-embedding-3-small": Price(0.02, 0),
}


def cost_usd(model: str, tokens: Tokens) -> float:
    price = PRICES[model]
    return (
        tokens.input * price.input
        + tokens.output * price.output
        + tokens.cache_read * price.cache_read
        + tokens.cache_write_5m * price.cache_write_5m
    ) / 1_000_000
