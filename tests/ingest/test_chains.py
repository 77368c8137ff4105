"""Cumulative hashes of a prompt's blocks: the same whether SQL or one pass makes them."""

import hashlib
import random

import pytest

from llmcost.engine import store
from llmcost.ingest import chains


@pytest.mark.parametrize("count", [0, 1, 2, 47, 48, 49, 300])
def test_every_block_is_hashed_with_all_before_it(count: int) -> None:
    chance = random.Random(count)
    blocks = ["é" * chance.randrange(200) + str(number) for number in range(count)]
    tokens = chance.randrange(1, 10_000_000)
    with store.in_memory() as opened:
        chains.prepare(opened)
        chains.prepare(opened)  # as an ingest after another does
        found = opened.value("select prefix_of($blocks::varchar[], $tokens)", {"blocks": blocks, "tokens": tokens})
        sql = opened.value(
            "select short_chain({'hashes': list_transform($blocks::varchar[], lambda it: short_hash(it)),"
            " 'chars': list_transform($blocks::varchar[], lambda it: length(it))}, $tokens)",
            {"blocks": blocks, "tokens": tokens},
        )
        assert opened.value("select prefix_of(null::varchar[], 5)") is None
    hashes = [hashlib.md5(block.encode()).hexdigest()[:16] for block in blocks]
    expected = [hashlib.md5("".join(hashes[: upto + 1]).encode()).hexdigest()[:16] for upto in range(count)]
    assert [block["hash"] for block in found or []] == expected
    assert (found or []) == sql
    assert not found or found[-1]["tokens"] == tokens
