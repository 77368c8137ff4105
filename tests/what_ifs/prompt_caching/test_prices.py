"""What prices say of a prompt cache: whether there is one, and whether to use it."""

from collections.abc import Iterator

import pytest

from llmcost.engine import registry, store
from llmcost.engine.compose import compose
from llmcost.engine.relations import priced
from tests.what_ifs.calls import Buckets, Call, fill
from tests.what_ifs.prompt_caching.replay import replayed


@pytest.fixture(autouse=True)
def _no_prices_afterwards(opened: store.Store) -> Iterator[None]:
    yield
    opened.execute("delete from prices")


def price(
    opened: store.Store, provider: str, model: str, read_usd_mtok: float, marked_usd_mtok: float | None = None
) -> None:
    """Input costs 3 dollars a million tokens, and what is written a quarter more."""
    opened.execute(
        "insert into prices by name select $provider as provider, $model as model, 'standard' as service_tier,"
        " '' as region, date '2025-01-01' as valid_from, 1 as weekday_from, 8 as weekday_to, 0 as minute_from,"
        " 1440 as minute_to, 0 as prompt_min, 3 as input_usd_mtok, $read as cache_read_usd_mtok,"
        " $marked as cache_read_marked_usd_mtok, 3.75 as cache_write_5m_usd_mtok, 3.75 as cache_write_1h_usd_mtok,"
        " $read as cache_read_audio_usd_mtok, $read as cache_read_image_usd_mtok, 'test' as source",
        {"provider": provider, "model": model, "read": read_usd_mtok, "marked": marked_usd_mtok or read_usd_mtok},
    )


def shared(provider: str, model: str, every_s: float, tokens: int, own: int = 0) -> list[Call]:
    """20 requests with a system prompt in common, and tokens of their own after it."""
    return [
        Call(
            f"{n:02}", n * every_s, None, 0, provider, model, system=1,
            blocks=(("system", tokens), (f"asked {n}", tokens + own)), buckets=(tokens + own, 0, 0, 0),
        )
        for n in range(20)
    ]  # fmt: skip


@pytest.mark.parametrize(("read_usd_mtok", "read"), [(3, 0), (0.3, 2000)])
def test_a_model_whose_reads_cost_as_much_as_input_is_left_alone(
    opened: store.Store, read_usd_mtok: float, read: int
) -> None:
    price(opened, "anthropic", "claude-sonnet-4-5", read_usd_mtok)
    first, *others = replayed(opened, shared("anthropic", "claude-sonnet-4-5", 10, 2000)).values()
    assert first == ((0, 0, 2000, 0) if read else (2000, 0, 0, 0))
    assert others == [(2000 - read, read, 0, 0)] * 19


def test_a_cache_without_a_rule_is_anything_up_to_full_reuse(opened: store.Store) -> None:
    """A price for cached tokens says that there is a cache, and nothing else is published."""
    price(opened, "elsewhere", "novel-1", 0.3)
    calls = shared("elsewhere", "novel-1", 90000, 100, own=100)
    assert set(replayed(opened, calls, pessimistic="all").values()) == {(200, 0, 0, 0)}
    first, *others = replayed(opened, calls, optimistic="all").values()
    assert (first, set(others)) == ((200, 0, 0, 0), {(100, 100, 0, 0)})
    first, *others = replayed(opened, shared("elsewhere", "novel-1", 5, 8000, own=500)).values()
    assert (first, set(others)) == ((8500, 0, 0, 0), {(564, 7936, 0, 0)})


@pytest.mark.parametrize(
    ("calls", "first", "others"),
    [
        # 19 reads of 8,000 at a tenth and a write at a quarter more: 19 × 0.9 − 0.25 is more than 19 × 0.8
        (20, (500, 0, 8000, 0), (500, 8000, 0, 0)),
        # two reads: 2 × 0.9 − 0.25 is less than 2 × 0.8
        (3, (8500, 0, 0, 0), (500, 8000, 0, 0)),
    ],
)
def test_the_cache_that_charges_for_writes_is_taken_where_its_reads_are_worth_it(
    opened: store.Store, calls: int, first: Buckets, others: Buckets
) -> None:
    """Qwen's explicit cache reads at a tenth of the input price, the implicit one at a fifth."""
    price(opened, "dashscope", "qwen3-max", 0.6, 0.3)
    replay = replayed(opened, shared("dashscope", "qwen3-max", 5, 8000, own=500)[:calls], breakpoints="best")
    assert list(replay.values()) == [first, *[others] * (calls - 1)]


def test_what_is_read_where_it_is_marked_is_billed_as_such(opened: store.Store) -> None:
    price(opened, "dashscope", "qwen3-max", 0.6, 0.3)
    calls = shared("dashscope", "qwen3-max", 5, 8000, own=500)[:2]
    found = {}
    for breakpoints in ("implicit", "system"):
        fill(opened, calls)
        what_if = registry.find("what_ifs", "prompt-caching")
        relations = priced(("requests", what_if.body))
        body = "select sum(cache_read_cost_usd) as read_usd, sum(cache_write_cost_usd) as write_usd from priced"
        found[breakpoints] = opened.rows(compose(relations, body), what_if.bind({"breakpoints": breakpoints}))[0]
    assert found["implicit"] == {"read_usd": pytest.approx(8000 * 0.6e-6), "write_usd": 0}
    assert found["system"] == {"read_usd": pytest.approx(8000 * 0.3e-6), "write_usd": pytest.approx(8000 * 3.75e-6)}
