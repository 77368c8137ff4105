"""Whole commands print what they should: `tests/cases/`, rewritten by `python -m tests.cases`."""

from pathlib import Path

import pytest

from tests.cases import cases, replayed


@pytest.mark.parametrize("case", cases(), ids=lambda path: path.stem)
def test_case(case: Path, samples: Path) -> None:
    assert replayed(case, samples) == case.read_text("utf-8")
