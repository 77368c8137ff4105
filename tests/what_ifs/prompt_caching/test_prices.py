"""What prices say of a prompt cache: whether there is one, and whether to use it."""

from collections.abc import Iterator

import pytest

from llmcost.engine import store
from tests.what_ifs.calls import Call
from tests.what_ifs.prompt_caching.replay import replayed


@pytest.fixture(autouse=True)
def _no_prices_afterwards(opened: store.Store) -> Iterator[None]:
    yield
    opened.execute("delete from prices")


def price(opened: store.Store, provider: str, model: str, read_usd_mtok: float) -> None:
    """Input costs 3 dollars a million tokens."""
    opened.execute(
        "insert into prices by name select $provider as provider, $model as model, 'standard' as service_tier,"
        " '' as region, date '2025-01-01' as valid_from, 1 as weekday_from, 8 as weekday_to, 0 as minute_from,"
        " 1440 as minute_to, 0 as prompt_min, 3 as input_usd_mtok, $read as cache_read_usd_mtok, 'test' as source",
        {"provider": provider, "model": model, "read": read_usd_mtok},
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
