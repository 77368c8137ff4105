"""What the tests of bench-gpu share: running a load on a fake server, and the rows that come of it."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest

from llmcost.bench_gpu.dollars import Pricing
from llmcost.bench_gpu.measurement import Row
from llmcost.bench_gpu.metrics import Targets
from llmcost.bench_gpu.progress import Progress
from llmcost.bench_gpu.session import Session

Make = Callable[..., Session]


@pytest.fixture
def saved() -> list[Row]:
    """The steps that were saved, in order."""
    return []


@pytest.fixture
def said() -> StringIO:
    """What was said meanwhile."""
    return StringIO()


@pytest.fixture
def session(saved: list[Row], said: StringIO) -> Make:
    """Makes a session that saves into `saved`."""

    def make(**changed: Any) -> Session:
        given: dict[str, Any] = {
            "command": "llmcost bench-gpu",
            "seed": 0,
            "targets": Targets(),
            "pricing": Pricing(),
            "save": saved.append,
            "progress": Progress(said),
            "facts": {"versions": {}},
        }
        return Session(**(given | changed))

    return make
