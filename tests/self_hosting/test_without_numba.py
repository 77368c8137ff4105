"""The replay without numba: the same numbers, from the same functions run as they are."""

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest

from llmcost.self_hosting.replay import Engine, Traffic, replay
from llmcost.self_hosting.timing import IterationTime

_MODULES = ("compiled", "scheduler", "replay")


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The replay, imported again where numba is not installed."""
    one = np.ones(1, np.int64)
    replay(Traffic(np.zeros(1), one, one), Engine(kv_blocks=10), IterationTime(0.1, 0, 0, 0, 0))  # numba loads the rest
    names = [f"llmcost.self_hosting.{name}" for name in _MODULES]
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "numba", None)
    yield importlib.import_module(names[-1])
    for name in names:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("max_waiting", [None, 3])
def test_it_gives_the_same_times(plain: ModuleType, max_waiting: int | None) -> None:
    random = np.random.default_rng(5)
    arriving = Traffic(
        np.cumsum(random.exponential(0.2, 60)), random.integers(20, 900, 60), random.integers(1, 120, 60),
        random.integers(0, 300, 60),
    )  # fmt: skip
    engine = Engine(kv_blocks=150, max_waiting=max_waiting)
    time = IterationTime(0.003, 0.012, 1.4e-4, 2.2e-7, 5e-9)
    slow, fast = plain.replay(arriving, engine, time), replay(arriving, engine, time)
    assert plain.serve.__module__ == "llmcost.self_hosting.scheduler"
    assert not hasattr(plain.serve, "py_func"), "numba was not to be there"
    assert fast.preemptions.sum() > 0
    assert slow.iterations == fast.iterations
    for name in ("taken_s", "scheduled_s", "first_token_s", "last_token_s", "gpu_s", "preemptions"):
        assert getattr(slow, name).tolist() == getattr(fast, name).tolist(), name
