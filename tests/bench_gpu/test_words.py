"""Words of the command line."""

import pytest

from llmcost.bench_gpu import words
from llmcost.bench_gpu.dollars import OwnLoad
from llmcost.bench_gpu.run import Closed, Open, Sweep
from llmcost.bench_gpu.serving import Lengths
from llmcost.errors import UsageError


def test_numbers() -> None:
    assert words.numbers("--concurrency", "1,4,16", int) == (1, 4, 16)
    assert words.numbers("--rate", "0.5, 2", float) == (0.5, 2.0)


@pytest.mark.parametrize("text", ["", "0", "-1", "1,,2", "x", "1.5", "1,0", "1_0", "٣"])
def test_what_is_no_list_of_whole_numbers(text: str) -> None:
    with pytest.raises(UsageError, match="whole numbers above 0"):
        words.numbers("--concurrency", text, int)


@pytest.mark.parametrize("text", ["nan", "inf", "-0.1", "1_0", "٣"])
def test_a_rate_is_finite_and_above_zero(text: str) -> None:
    with pytest.raises(UsageError):
        words.numbers("--rate", text, float)


def test_own_load() -> None:
    assert words.own_load("30M/10M") == OwnLoad(30e6, 10e6)
    assert words.own_load("1.5b/200k") == OwnLoad(1.5e9, 200e3)
    assert words.own_load("7/0") == OwnLoad(7, 0)


@pytest.mark.parametrize("text", ["30M", "30M/10M/1", "a/b", "-1/2", "1e6/2", "/", "1_0/2", "٣/2"])
def test_what_is_no_load(text: str) -> None:
    with pytest.raises(UsageError, match="--own-load"):
        words.own_load(text)


def test_loads() -> None:
    lengths = [Lengths(8, 4)]
    assert words.fixed_load(lengths, None, None, None) == Closed(lengths, (1, 4, 16))
    assert words.fixed_load(lengths, "2", None, None) == Closed(lengths, (2,))
    assert words.fixed_load(lengths, None, "0.5", None) == Open(lengths, (0.5,))
    assert words.fixed_load(lengths, None, None, 64) == Sweep(lengths, 64)


def test_secrets_are_left_out_of_the_kept_command() -> None:
    kept = words.without_secrets("llmcost bench-gpu --endpoint https://me:pass@host/v1 --server-arg --api-key=abc")
    assert "pass" not in kept
    assert "abc" not in kept
    assert "host/v1" in kept
