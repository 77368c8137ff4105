"""The prefix cache of one server: by hand, and against one that names every block."""

from collections import OrderedDict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost.self_hosting.prefixes import Integers, Prefixes, found, logged
from llmcost.self_hosting.replay import Engine, Traffic, replay, replay_on
from llmcost.self_hosting.timing import IterationTime

LISTS = pa.list_(pa.struct([("hash", pa.int64()), ("tokens", pa.int64())]))
Prompt = list[tuple[str, int]]  # the prefixes: text and tokens up to its end


def made(prompts: list[Prompt]) -> Prefixes:
    told = [[{"hash": hash(text), "tokens": tokens} for text, tokens in prompt] for prompt in prompts]
    lists = pa.array(told, LISTS)
    prefixes = logged([lists[:1], lists[1:]], 1.0)
    assert prefixes is not None
    return prefixes


def hits(prompts: list[Prompt], rest: int, kv_blocks: int, block_size: int = 16) -> list[int]:
    """Tokens found, where each prompt and its answer have so many tokens more than its last prefix."""
    lengths = np.array([prompt[-1][1] for prompt in prompts], np.int64)
    tokens = found(made(prompts), lengths, np.full(len(prompts), rest), kv_blocks, block_size)
    return [int(one) for one in tokens]


def test_whole_blocks_up_to_the_last_prefix_that_was_seen_are_found() -> None:
    long, other = [("a", 40), ("ab", 100)], [("a", 40), ("ac", 100)]
    assert hits([long, other, long, [("b", 100)]], rest=10, kv_blocks=1000) == [0, 32, 96, 0]


def test_the_block_freed_longest_ago_goes_first() -> None:
    """Six blocks; each request takes two for its prefix and one more, which is freed before them."""
    a, z, y = [("a", 32)], [("z", 32)], [("y", 32)]
    # a z fill the cache; a again displaces its own old rest; y displaces z and z's rest; z then a's rest and a.
    assert hits([a, z, a, y, z, a], rest=16, kv_blocks=6) == [0, 0, 32, 0, 0, 0]


def test_of_one_text_the_last_blocks_go_first() -> None:
    assert hits([[("a", 64)], [("b", 16)], [("a", 64)]], rest=16, kv_blocks=5) == [0, 0, 48]


@given(
    prompts=st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=4), min_size=1, max_size=12),
    rest=st.integers(1, 9),
    kv_blocks=st.integers(12, 30),
)
def test_it_equals_one_that_names_every_block(prompts: list[list[int]], rest: int, kv_blocks: int) -> None:
    """Prompts of messages of 3, 5 and 8 tokens, in blocks of two."""
    sizes = (3, 5, 8)
    told = [
        [(str(prompt[: last + 1]), sum(sizes[one] for one in prompt[: last + 1])) for last in range(len(prompt))]
        for prompt in prompts
    ]
    held: OrderedDict[tuple[str, int], None] = OrderedDict()  # the block freed longest ago first
    by_block = []
    for number, prompt in enumerate(told):
        blocks, reached = [], 0
        for text, tokens in prompt:
            blocks += [(text, block) for block in range(reached, tokens // 2)]
            reached = tokens // 2
        count = next((nth for nth, block in enumerate(blocks) if block not in held), len(blocks))
        by_block.append(count * 2)
        whole = -(-(prompt[-1][1] + rest) // 2)
        for block in reversed([*blocks, *((f"rest of {number}", nth) for nth in range(len(blocks), whole))]):
            held.pop(block, None)
            held[block] = None
        while len(held) > kv_blocks:
            held.popitem(last=False)
    assert hits(told, rest, kv_blocks, block_size=2) == by_block


def test_the_replay_reads_only_what_its_machine_does_not_hold() -> None:
    """The second request finds the first machine busy and goes to the other; the third finds both idle."""
    time, engine = IterationTime(0.0, 0.0, 1.0, 0.0, 0.0), Engine(kv_blocks=100)
    prompts = [[("a", 64)], [("a", 64)], [("a", 64)]]
    at = np.array([0.0, 50.0, 2000.0])
    traffic = Traffic(at, np.full(3, 100), np.full(3, 1), prefixes=made(prompts))
    one, two = replay(traffic, engine, time), replay_on(2, traffic, engine, time)
    assert (one.first_token_s - at).tolist() == [100, 86, 36]
    assert (two.first_token_s - at).tolist() == [100, 100, 36]
    assert two.cached_tokens.tolist() == [0, 0, 64]
    without = replay(traffic, Engine(kv_blocks=100, prefix_caching=False), time)
    assert (without.first_token_s - at).tolist() == [100, 150, 100]


@pytest.mark.parametrize("chosen", [np.array([2, 0]), slice(1, 3), np.array([True, False, True])])
def test_requests_are_taken_with_their_prefixes(chosen: slice | Integers) -> None:
    prefixes = made([[("a", 10)], [("a", 10), ("b", 20), ("c", 30)], [("d", 5), ("e", 6)]])
    rows = np.arange(3)[chosen]
    tokens = [[10], [10, 20, 30], [5, 6]]
    assert prefixes.take(chosen).tokens.tolist() == [one for row in rows for one in tokens[row]]


def test_a_log_without_prompts_has_no_prefixes() -> None:
    assert logged([pa.array([None, []], LISTS), pa.array([], LISTS)], 1.0) is None
    assert logged([], 1.0) is None


def test_more_tokens_than_a_number_holds_are_as_many_as_it_holds() -> None:
    [tokens] = made([[("a", 2**40)]]).tokens.tolist()
    assert tokens == 2**31 - 1
