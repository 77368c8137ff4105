"""The finding of beginnings that are just too short to be cached, worked out from the formula of its header."""

from collections.abc import Iterator
from typing import Any

import pytest

from llmcost.engine import store
from llmcost.engine.store import Store
from llmcost.prices import book as price_book
from tests.logs import Row, call
from tests.reports.test_audit import at, found, only, quiet

NAME = "beginning-below-cache-minimum"
INPUT = 1e-6  # US dollars a token of claude-haiku-4-5, which caches from 4,096 tokens, reads at 0.1, writes at 1.25
MINIMUM = 4096


@pytest.fixture(scope="module")
def book() -> Iterator[Store]:
    with store.in_memory() as opened:
        price_book.learn(opened, [("anthropic", "claude-haiku-4-5"), ("openai", "gpt-4o")])
        yield opened


def prompts(tokens: int, requests: int = 10, gap_s: float = 60, **fields: Any) -> list[Row]:
    """Calls that begin with so many tokens in common, and go on each with 500 of its own."""
    return [
        call(n, **{
            "ts": at(2, gap_s * n), "feature": "chat", "input_tokens": tokens + 500, "prompt_hash": f"own {n}",
            "prefix": [{"hash": "shared", "tokens": tokens}, {"hash": f"own {n}", "tokens": tokens + 500}],
            "system_blocks": 1,
        } | fields)
        for n in range(requests)
    ]  # fmt: skip


def breaks_even(requests: int) -> float:
    return MINIMUM * (0.1 + 1.15 / requests)


def test_lengthening_pays_above_the_formula(book: Store) -> None:
    least = int(breaks_even(10)) + 1
    assert least == 881  # 4,096 × 0.215 = 880.6
    row = only(found(book, [*quiet(), *prompts(least)])[NAME])
    assert (row["subject"], row["requests"]) == ("chat", 10)
    assert row["cost_usd"] == pytest.approx(10 * INPUT * (least - breaks_even(10)))
    assert row["detail"] == "881 tokens in common, cached from 4,096, on claude-haiku-4-5"
    assert NAME not in found(book, [*quiet(), *prompts(least - 1)])


def test_1024_tokens_with_free_writes(book: Store) -> None:
    """GPT-4o reads at half the price and writes for nothing: 1,024 × (0.5 + 0.5 / 10) = 563.2."""
    fields: dict[str, Any] = {"model": "gpt-4o", "provider": "openai"}
    assert NAME in found(book, [*quiet(), *prompts(564, **fields)])
    assert NAME not in found(book, [*quiet(), *prompts(563, **fields)])


@pytest.mark.parametrize(
    "rows",
    [
        prompts(MINIMUM),
        prompts(4000, requests=9),
        prompts(4000, gap_s=301),
        prompts(4000, cache_read_tokens=1),
        prompts(4000, service_tier="batch"),
        prompts(4000, status="error"),
        [row | {"prefix": row["prefix"][1:]} for row in prompts(4000)],
    ],
    ids=["long enough", "few", "far apart", "cached", "batch", "errors", "nothing in common"],
)
def test_where_it_does_not_pay(book: Store, rows: list[Row]) -> None:
    assert NAME not in found(book, [*quiet(), *rows])


def test_what_is_shared_beyond_the_minimum_counts(book: Store) -> None:
    """A short system prompt before a long text that the requests share too is cached already with that."""
    rows = [
        row | {"prefix": [row["prefix"][0], {"hash": "text", "tokens": 4200}], "input_tokens": 4500}
        for row in prompts(4000)
    ]
    assert NAME not in found(book, [*quiet(), *rows])
