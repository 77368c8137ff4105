"""Prompts of exact lengths, for tokenizers made up here."""

import asyncio
import random
from collections.abc import Callable

import pytest

from llmcost.bench_gpu.prompts import WORDS, Prompts, calibrate
from llmcost.errors import LlmcostError, UsageError
from tests.bench_gpu.fake_server import Behaviour, FakeServer


def calibrated(count: Callable[[str], int | None]) -> Prompts:
    async def counted(text: str) -> int | None:
        return count(text)

    return asyncio.run(calibrate(counted))


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(overhead=0),
        Behaviour(overhead=17),
        Behaviour(multiple=("that", "great", "the", "form")),
        Behaviour(letters=True, overhead=2),
    ],
    ids=["plain", "template", "long words", "letters"],
)
def test_every_length_is_exact(behaviour: Behaviour) -> None:
    server = FakeServer(behaviour)
    prompts = calibrated(server.count)
    for tokens in (prompts.shortest, prompts.shortest + 1, 100, 2000):
        for seed in range(5):
            assert server.count(prompts.text(tokens, random.Random(seed))) == tokens


def test_words_of_two_tokens_are_left_out() -> None:
    prompts = calibrated(FakeServer(Behaviour(multiple=("that", "great"))).count)
    assert " that" not in prompts.units
    assert len(prompts.units) > 50


def test_a_context_too_small_for_words_in_bytes() -> None:
    server = FakeServer(Behaviour(letters=True))
    prompts = calibrated(lambda text: server.count(text) if len(text) < 200 else None)
    assert server.count(prompts.text(64, random.Random(1))) == 64


def test_prompts_differ() -> None:
    prompts = calibrated(FakeServer(Behaviour()).count)
    assert len({prompts.text(64, random.Random(seed)) for seed in range(200)}) == 200


def test_no_prompt_is_shorter_than_what_the_server_adds() -> None:
    prompts = calibrated(FakeServer(Behaviour(overhead=20)).count)
    prompts.require(prompts.shortest)
    with pytest.raises(UsageError, match="the server itself adds"):
        prompts.require(prompts.shortest - 1)


def test_a_server_that_does_not_count_is_refused() -> None:
    with pytest.raises(LlmcostError, match="neither words nor letters"):
        calibrated(lambda text: 5)


def test_the_words_are_words() -> None:
    assert len(set(WORDS)) == len(WORDS) > 100
    assert all(word.isascii() and word.islower() and word.isalpha() for word in WORDS)
