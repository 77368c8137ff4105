"""Who shares a cache where the log tells: keys, organisations, and how long entries were asked to be kept."""

from collections.abc import Iterator

import pytest

from llmcost.engine import store
from llmcost.engine.store import Store
from llmcost.prices import book
from tests.what_ifs.traffic import START_US, Row, fill, replayed

MISTRAL = {"provider": "mistral", "model": "mistral-medium-2508"}


@pytest.fixture(scope="module")
def opened() -> Iterator[Store]:
    with store.in_memory() as made:
        book.learn(made, [("openai", "gpt-4o"), ("openai", "gpt-4.1"), ("mistral", MISTRAL["model"])])
        yield made


def reads(opened: Store, calls: list[Row], word: str = "prompt-caching", every_s: int = 5) -> int:
    """Tokens that calls with 8,000 tokens of a system prompt in common read."""
    fill(
        opened,
        [
            {
                "ts": START_US + number * every_s * 1_000_000,
                "model": "gpt-4o",
                "input_tokens": 8500,
                "output_tokens": 1,
                "prefix": [{"hash": "system", "tokens": 8000}, {"hash": f"{number}", "tokens": 8500}],
                "system_blocks": 1,
            }
            | call
            for number, call in enumerate(calls)
        ],
    )
    return sum(row["cache_read_tokens"] for row in replayed(opened, word).rows)


@pytest.mark.parametrize("word", ["prompt-caching", "prompt-caching:pessimistic=isolation"])
@pytest.mark.parametrize(
    ("keys", "read"),
    [
        (["a"] * 4, 3),
        (["a", "b", "a", "b"], 2),
        (["a", "b", "c", "d"], 0),
        (["", "", "", ""], 3),  # without a key requests go by their prefix
        (["", "a", "", "a"], 2),
    ],
)
def test_openai_s_keys_share_nothing(opened: Store, keys: list[str], read: int, word: str) -> None:
    """developers.openai.com, prompt caching: the key is a part of what a request is routed by; projects share."""
    calls = [{"cache_key": key, "project": f"project {number}"} for number, key in enumerate(keys)]
    assert reads(opened, calls, word) == read * 7936


def test_unknown_keys_are_a_range(opened: Store) -> None:
    calls = [{"project": f"project {number}"} for number in range(4)]
    assert reads(opened, calls) == 3 * 7936
    assert reads(opened, calls, "prompt-caching:pessimistic=isolation") == 0


def test_organisations_share_nothing(opened: Store) -> None:
    assert reads(opened, [{"organisation": name} for name in "aabb"]) == 2 * 7936


def test_mistral_caches_nothing_without_a_key(opened: Store) -> None:
    """docs.mistral.ai, prompt caching: prompt_cache_key is what turns it on."""
    assert reads(opened, [MISTRAL | {"cache_key": "a"}] * 4) == 3 * 8000
    assert reads(opened, [MISTRAL | {"cache_key": ""}] * 4) == 0
    assert reads(opened, [MISTRAL] * 4) == 3 * 8000, "not said: the low end has its own way"


@pytest.mark.parametrize(
    ("retention", "every_s", "read", "most"),
    [
        # in_memory: 5 to 10 idle minutes, an hour at most
        ("in_memory", 600, 3, 3),
        ("in_memory", 601, 0, 3),
        ("in_memory", 3601, 0, 0),
        # 24h, which is the default too: typically about 30 minutes, 24 hours at most
        ("24h", 1200, 3, 3),
        ("24h", 3601, 0, 3),
        (None, 1200, 3, 3),
    ],
)
def test_how_long_entries_were_asked_to_be_kept(
    opened: Store, retention: str | None, every_s: int, read: int, most: int
) -> None:
    calls = [{"model": "gpt-4.1", "cache_retention": retention}] * 4
    assert reads(opened, calls, every_s=every_s) == read * 7936
    assert reads(opened, calls, "prompt-caching:optimistic=life", every_s) == most * 7936
