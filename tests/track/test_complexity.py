"""The rule for a prompt's complexity, in Python and in SQL."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost.engine import store
from llmcost.ingest import chains
from llmcost.track.complexity import COMPLEX_WORDS, SIMPLE_WORDS, complexity


def in_sql(prompts: list[str]) -> list[float]:
    with store.in_memory() as opened:
        chains.prepare(opened)
        rows = opened.rows("select complexity_of(unnest($prompts::varchar[])) as complexity", {"prompts": prompts})
    return [row["complexity"] for row in rows]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("", 0.5),
        ("Hello there", 0.5),
        ("Analyze this", 1),
        ("SUMMARIZE that.", 0),
        ("analyze and list", 0.5),
        ("design, compare;debug(list)", 0.75),
        ("reasoning about listings, redesign, re-design", 1),
        ("list_format list2 2list", 0.5),
        ("format", 0),
        ("debugdebug debug", 1),
    ],
)
def test_known_complexities(prompt: str, expected: float) -> None:
    assert complexity(prompt) == expected


pieces = st.sampled_from([*COMPLEX_WORDS, *SIMPLE_WORDS, "s", "_", "-", " ", "\n", "É", "2", "List", "DEBUG", "中"])


@settings(max_examples=20)
@given(st.lists(st.lists(pieces, max_size=30).map("".join), max_size=20))
def test_sql_says_the_same(prompts: list[str]) -> None:
    assert [complexity(prompt) for prompt in prompts] == pytest.approx(in_sql(prompts))


def test_every_word_counts_in_sql_as_here() -> None:
    prompts = [f"{hard} {hard} {easy}" for hard, easy in product(COMPLEX_WORDS, SIMPLE_WORDS)]
    assert [complexity(prompt) for prompt in prompts] == pytest.approx(in_sql(prompts))
    assert in_sql(prompts) == pytest.approx([2 / 3] * len(prompts))
