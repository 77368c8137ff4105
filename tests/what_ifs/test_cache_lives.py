"""cache-lives: conversations worked out by hand at the prices of claude-haiku-4-5."""

from collections.abc import Iterator

import pytest

from llmcost.engine import store
from llmcost.engine.store import Store
from llmcost.prices import book
from tests.what_ifs.traffic import START_US, Row, fill, replayed

MODEL = "claude-haiku-4-5"
READ, WRITE_5M, WRITE_1H = 0.10 / 1e6, 1.25 / 1e6, 2 / 1e6  # US dollars a token


@pytest.fixture(scope="module")
def opened() -> Iterator[Store]:
    with store.in_memory() as made:
        book.learn(made, [(None, MODEL), (None, "gpt-4o")])
        yield made


def turn(second: float, read: int, written: int, life: str = "5m", **fields: object) -> Row:
    """A call of a conversation whose whole prompt is read from the cache or written to it."""
    return {
        "ts": START_US + round(second * 1e6), "model": MODEL, "session_id": "s", "input_tokens": 0, "output_tokens": 0,
        "cache_read_tokens": read, f"cache_write_{life}_tokens": written,
    } | fields  # fmt: skip


def saved(opened: Store, rows: list[Row], word: str = "cache-lives:kept=1") -> float:
    fill(opened, rows)
    return replayed(opened, word).saved_usd


def test_an_hour_keeps_the_history_over_a_pause(opened: Store) -> None:
    rows = [turn(0, 0, 10_000), turn(600, 0, 11_000)]
    fill(opened, rows)
    done = replayed(opened, "cache-lives:kept=0.9")
    assert [row["cache_read_tokens"] for row in done.rows] == [0, 9_000]
    assert [row["cache_write_1h_tokens"] for row in done.rows] == [10_000, 2_000]
    assert [row["cache_write_5m_tokens"] for row in done.rows] == [0, 0]
    assert done.saved_usd == pytest.approx(21_000 * WRITE_5M - 12_000 * WRITE_1H - 9_000 * READ)


@pytest.mark.parametrize(
    ("second", "prompt"),
    [(320, 11_000), (3640, 11_000), (600, 9_000)],
    ids=["a pause within the slack", "more than an hour", "a rewritten history"],
)
def test_an_hour_brings_nothing_back(opened: Store, second: float, prompt: int) -> None:
    rows = [turn(0, 0, 10_000), turn(second, 0, prompt)]
    assert saved(opened, rows) == 0, "the recorded life is the cheapest"
    dearer = (10_000 + prompt) * (WRITE_1H - WRITE_5M)
    assert saved(opened, rows, "cache-lives:kept=1,ttl=1h") == pytest.approx(-dearer)


def test_five_minutes_are_cheaper_without_pauses_and_lose_what_is_read_after_one(opened: Store) -> None:
    quick = [turn(0, 0, 10_000, "1h"), turn(60, 10_000, 1_000, "1h"), turn(120, 11_000, 1_000, "1h")]
    assert saved(opened, quick) == pytest.approx(12_000 * (WRITE_1H - WRITE_5M))
    slow = [turn(0, 0, 10_000, "1h"), turn(600, 10_000, 1_000, "1h")]
    assert saved(opened, slow) == 0
    assert saved(opened, slow, "cache-lives:ttl=5m") == pytest.approx(
        11_000 * WRITE_1H + 10_000 * READ - 21_000 * WRITE_5M
    )


def test_subagents_are_set_apart_from_their_conversation(opened: Store) -> None:
    main = [turn(0, 0, 10_000, "1h"), turn(600, 10_000, 1_000, "1h")]
    sub = [turn(10, 0, 5_000, "1h", thread_id="t"), turn(20, 5_000, 500, "1h", thread_id="t")]
    fill(opened, main + sub)
    done = replayed(opened, "cache-lives")
    assert done.saved_usd == pytest.approx(5_500 * (WRITE_1H - WRITE_5M))
    assert [row["cache_write_1h_tokens"] for row in done.rows] == [10_000, 1_000, 0, 0]


def test_another_session_is_another_history(opened: Store) -> None:
    assert saved(opened, [turn(0, 0, 10_000), turn(600, 0, 11_000, session_id="t")]) == 0


def test_a_cache_without_lives_to_choose_is_left_alone(opened: Store) -> None:
    rows = [turn(second, 0, 0, model="gpt-4o") | {"cache_read_tokens": 9_000} for second in (0, 600)]
    assert saved(opened, rows, "cache-lives:ttl=1h") == 0
