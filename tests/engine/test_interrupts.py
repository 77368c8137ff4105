"""A Ctrl-C is an interrupt wherever it comes, whatever the engine makes of it."""

import signal
from collections.abc import Iterator
from itertools import count
from types import FrameType

import duckdb
import pyarrow as pa
import pytest

from llmcost.engine import store

TRIES = 60
"""About every fourth interrupt comes while the engine counts the rows of a table of ours, which it reports as an error
of that table."""


@pytest.fixture
def _alarm_interrupts() -> Iterator[None]:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    yield
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("_alarm_interrupts")
def test_an_interrupt_at_any_moment_is_an_interrupt() -> None:
    table = pa.table({"n": [1, 2, 3]})

    def until_interrupted(after_s: float) -> None:
        with store.in_memory() as opened, opened.relation("sample", table):
            signal.setitimer(signal.ITIMER_REAL, after_s)
            for _ in count():
                opened.value("select count(*) from sample")

    for number in range(TRIES):
        with pytest.raises(KeyboardInterrupt):
            until_interrupted(1e-3 + number * 1e-5)


@pytest.mark.parametrize(
    ("said", "is_interrupt"),
    [
        ("counting the rows of the object registered as 'sample' failed: KeyboardInterrupt: ", True),
        ("reading the stream registered as 's' failed: …\nKeyboardInterrupt\n", True),
        ("reading the stream registered as 's' failed: OSError", False),
        ("Could not convert string 'KeyboardInterrupt' to INT32", False),
    ],
    ids=["rows", "stream", "another error", "a text of a log"],
)
def test_what_the_engine_says_of_an_interrupt(said: str, is_interrupt: bool) -> None:
    expected: type[BaseException] = KeyboardInterrupt if is_interrupt else duckdb.Error
    with pytest.raises(expected), store.in_memory():
        raise duckdb.InvalidInputException(said)
