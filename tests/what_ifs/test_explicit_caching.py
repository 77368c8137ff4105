"""Gemini's explicit caches, which charge for storage, worked out by hand from ai.google.dev's pages.

Gemini 3.8 Flash: storage at $0.50 a million token-hours; Gemini 3.1 Pro: $4.50.
"""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmcost.engine import store
from llmcost.engine.store import Store
from llmcost.prices import book
from tests.what_ifs.traffic import START_US, Replayed, Row, fill, replayed

FLASH, PRO = "gemini-3.8-flash", "gemini-3.1-pro-preview"
SHARED, OWN = 100_000, 500
HOUR_USD = {FLASH: 0.5e-6, PRO: 4.5e-6}


@pytest.fixture(scope="module")
def opened() -> Iterator[Store]:
    with store.in_memory() as made:
        book.learn(made, [("google", FLASH), ("google", PRO), ("google", "gemini-2.5-pro")])
        yield made


def ran(
    opened: Store, seconds: Sequence[float], word: str = "explicit-caching", **fields: object
) -> tuple[list[Row], Replayed]:
    """Requests at these times that share SHARED tokens."""
    fill(
        opened,
        [
            {
                "ts": START_US + int(at * 1_000_000),
                "provider": "google",
                "model": FLASH,
                "input_tokens": SHARED + OWN,
                "output_tokens": 1,
                "prefix": [{"hash": "shared", "tokens": SHARED}, {"hash": f"{number}", "tokens": SHARED + OWN}],
                "system_blocks": 1,
            }
            | fields
            for number, at in enumerate(seconds)
        ],
    )
    stage = replayed(opened, word)
    return stage.rows, stage


def prices(opened: Store, model: str) -> tuple[float, float]:
    [row] = opened.rows(
        "select input_usd_mtok / 1e6 as input, cache_read_usd_mtok / 1e6 as read from prices where model = $model"
        " and service_tier = 'standard' and region = '' and prompt_min = 0 and valid_from <= make_timestamp($on)"
        " and coalesce(valid_to > make_timestamp($on), true)",
        {"model": model, "on": START_US},
    )
    return row["input"], row["read"]


def test_storage_input_and_reads_are_paid(opened: Store) -> None:
    """Five requests a minute apart, an hour's life: made once, read five times, kept for an hour and four minutes."""
    rows, stage = ran(opened, [0, 60, 120, 180, 240], "explicit-caching:life_s=3600")
    making, *rows = rows
    assert (making["added_to"], making["input_tokens"], making["output_tokens"]) == ("r000", SHARED, 0)
    assert [row["input_tokens"] for row in rows] == [OWN] * 5
    assert [row["cache_read_tokens"] for row in rows] == [SHARED] * 5
    assert [row["tools"]["cache_token_hours"] for row in rows] == [1667, 1667, 1667, 1667, SHARED]
    price, read = prices(opened, FLASH)
    stored = (4 * 1667 + SHARED) * HOUR_USD[FLASH]
    assert stage.saved_usd == pytest.approx(5 * SHARED * price - SHARED * price - 5 * SHARED * read - stored)


def test_the_cheapest_life_is_taken(opened: Store) -> None:
    rows, _ = ran(opened, [0, 60, 120, 180, 240])
    assert rows[-1]["tools"]["cache_token_hours"] == round(SHARED * 300 / 3600), "five minutes are enough"


def test_a_dear_storage_is_not_worth_it(opened: Store) -> None:
    """Gemini 3.1 Pro: 20 minutes of 100,000 tokens cost $0.15, and the shortest life $0.0375 after each request."""
    rows, stage = ran(opened, [0, 1200], model=PRO)
    assert stage.saved_usd == 0
    assert [row["cache_read_tokens"] for row in rows] == [0, 0]


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "gemini-2.5-pro"},  # no price of its storage is known
        {"service_tier": "batch"},
        {"status": "error"},
        {"prefix": [{"hash": "shared", "tokens": 4000}]},  # cached from 4,096 tokens
        {"prefix": None},
    ],
)
def test_what_stays_as_it_is(opened: Store, fields: Row) -> None:
    rows, stage = ran(opened, [0, 60, 120, 180, 240], **fields)
    assert {row["tools"] is None for row in rows} == {True}
    assert stage.saved_usd == 0


def test_what_the_implicit_cache_reads_already_is_no_saving(opened: Store) -> None:
    """Requests that read the beginning at the same price anyway are not kept: storage would come on top."""
    _, stage = ran(opened, [0, 60, 120, 180, 240], input_tokens=OWN, cache_read_tokens=SHARED)
    assert stage.saved_usd == 0


def naive(seconds: Sequence[float], price: float, read: float, hour_usd: float) -> float:
    """What is saved at best: one life after another tried out, one request after another."""
    best = 0.0
    for life in (300, 900, 3600, 21600, 86400):
        usd = 0.0
        until = None
        for number, at in enumerate(seconds):
            usd += 0 if until is not None and at <= until else SHARED * price
            usd += SHARED * read
            until = at + life
            idle = seconds[number + 1] - at if number + 1 < len(seconds) else life
            usd += round(SHARED * min(idle, life) / 3600) * hour_usd
        best = max(best, len(seconds) * SHARED * price - usd)
    return best


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gaps=st.lists(st.sampled_from([1, 60, 299, 301, 901, 1200, 3599, 3601, 7200, 30000, 90000]), max_size=12),
    model=st.sampled_from([FLASH, PRO]),
)
def test_it_agrees_with_a_naive_search(opened: Store, gaps: list[int], model: str) -> None:
    seconds = [float(sum(gaps[:number])) for number in range(len(gaps) + 1)]
    _, stage = ran(opened, seconds, model=model)
    assert stage.saved_usd == pytest.approx(naive(seconds, *prices(opened, model), HOUR_USD[model]), abs=1e-9)
