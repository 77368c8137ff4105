"""The vendors' batches by the facts about them: limits, windows, what expires, and prices by day."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.engine import store
from llmcost.engine.store import Store
from llmcost.prices import book
from tests.what_ifs.traffic import START_US, Replayed, Row, fill, replayed

HOUR_US = START_US - START_US % 3_600_000_000
NOVEMBER_US = HOUR_US + 10 * 86_400 * 1_000_000
KIMI = {"provider": "moonshotai", "model": "kimi-k2.5"}
SONNET = {"provider": "openrouter", "model": "anthropic/claude-sonnet-4.5"}


@pytest.fixture(scope="module")
def opened() -> Iterator[Store]:
    with store.in_memory() as made:
        known = [("azure", "gpt-4o"), ("openai", "gpt-4o"), ("anthropic", "claude-haiku-4-5")]
        book.learn(made, [*known, ("moonshotai", "kimi-k2.5"), ("openrouter", SONNET["model"])])
        yield made


def ran(opened: Store, word: str, rows: list[Row]) -> tuple[list[Row], Replayed]:
    fill(opened, [{"input_tokens": 1000, "output_tokens": 100, "ts": HOUR_US} | row for row in rows])
    stage = replayed(opened, word)
    return stage.rows, stage


@given(share=st.floats(0.001, 0.999), window_hours=st.sampled_from([12, 24, 72, None]))
def test_delays_and_late_shares_are_each_other_s_inverse(opened: Store, share: float, window_hours: int | None) -> None:
    back = opened.value(
        "select batch_late_share(batch_delay_minutes($share, $window_hours) / 60, $window_hours)",
        {"share": share, "window_hours": window_hours},
    )
    assert back == pytest.approx(1 - share)


@pytest.mark.parametrize(("hours", "late"), [(7 / 60, 0.5), (1, 0.1), (24, 0), (0, 1), (None, 0)])
def test_what_was_measured(opened: Store, hours: float | None, late: float) -> None:
    """One provider-side measure of 230,000 batches: median 7 minutes, 90% within the hour; 24 hours are promised."""
    assert opened.value("select batch_late_share($hours, 24)", {"hours": hours}) == pytest.approx(late)


@pytest.mark.parametrize(
    ("provider", "model", "requests", "batches"),
    [
        # 100,000 requests a batch (platform.claude.com), 50,000 (developers.openai.com; learn.microsoft.com)
        ("anthropic", "claude-haiku-4-5", 120_000, 2),
        ("openai", "gpt-4o", 120_000, 3),
        ("azure", "gpt-4o", 120_000, 3),
        ("openrouter", SONNET["model"], 12_000, 3),  # 5,000 requests (openrouter.ai, Batch API)
    ],
)
def test_limits_come_from_the_facts(opened: Store, provider: str, model: str, requests: int, batches: int) -> None:
    row = {"provider": provider, "model": model, "calls": requests, "ts": NOVEMBER_US}
    assert ran(opened, "batch-api", [row])[1].summary["batches"] == batches


def test_what_expires_is_sent_again_at_the_standard_price(opened: Store) -> None:
    """OpenAI and Anthropic charge nothing for what a batch did not answer; Azure's jobs do not expire."""
    rows = [{"provider": "openai", "model": "gpt-4o"}] * 400
    _, whole = ran(opened, "batch-api", rows)
    sent, some = ran(opened, "batch-api:expired=0.25", rows)
    again = sum(row["service_tier"] == "standard" for row in sent)
    assert 60 <= again <= 140, "a quarter of 400"
    assert some.saved_usd == pytest.approx(whole.saved_usd * (400 - again) / 400)
    assert ran(opened, "batch-api:expired=1", rows)[1].saved_usd == 0
    azure = [row | {"provider": "azure"} for row in rows]
    assert ran(opened, "batch-api:expired=1", azure)[1].saved_usd == ran(opened, "batch-api", azure)[1].saved_usd > 0


@pytest.mark.parametrize(
    ("model", "standard_usd", "share"),
    [
        # Kimi's price list: 60% of 1,000 × 0.60 + 100 × 3.00 a million
        (KIMI, (1000 * 0.6 + 100 * 3) / 1e6, 0.6),
        # OpenRouter: typically half, of 1,000 × 3 + 100 × 15
        (SONNET, (1000 * 3 + 100 * 15) / 1e6, 0.5),
    ],
)
def test_a_batch_costs_its_share(opened: Store, model: Row, standard_usd: float, share: float) -> None:
    _, stage = ran(opened, "batch-api", [model | {"ts": NOVEMBER_US}])
    assert stage.cost_usd == pytest.approx(standard_usd * share)


def test_before_a_model_has_a_batch_price_it_stays(opened: Store) -> None:
    """The list was read in November: for October nothing is known."""
    sent, stage = ran(opened, "batch-api", [KIMI, KIMI | {"ts": NOVEMBER_US}])
    assert [row["service_tier"] for row in sent] == ["standard", "batch"]
    assert stage.cost_usd == pytest.approx(1.6 * (1000 * 0.6 + 100 * 3) / 1e6)
