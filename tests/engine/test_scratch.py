"""A process leaves no folder of its own next to a store, wherever a signal comes."""

import os
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from llmcost.engine import opening, scratch

OF_OURS = {opening.__file__, scratch.__file__}


@pytest.fixture
def _umask() -> Iterator[None]:
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)  # a process that goes on after an interrupt keeps that of its store


def _interrupted_at(line: int, path: Path) -> bool:
    """Opens and closes a store. Whether that was interrupted: before its nth line of the two modules is executed."""
    lines = count()

    def traced(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename not in OF_OURS:
            return None
        if event == "line" and next(lines) == line:
            sys.settrace(None)
            raise KeyboardInterrupt
        return traced

    before = sys.gettrace()
    sys.settrace(traced)
    try:
        opening.of_file(path, read_only=False).close()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


@pytest.mark.usefixtures("_umask")
def test_an_interrupt_before_any_line_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    opening.of_file(path, read_only=False).close()
    for line in count():
        was_interrupted = _interrupted_at(line, path)
        scratch.remove_ours()  # what the end of the process does
        assert [found.name for found in tmp_path.iterdir()] == [path.name], line
        if not was_interrupted:
            assert line > 50
            return
