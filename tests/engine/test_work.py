"""No command gives the engine more work than it did when its figures were written down."""

import duckdb
import pytest

from tests.engine import work

TOLERANCE = 0.1
NOW = work.written()


@pytest.fixture(scope="module")
def found() -> work.Figures:
    return work.measured()


@pytest.mark.skipif(NOW["engine"]["version"] != duckdb.__version__, reason="the figures are of another DuckDB")
@pytest.mark.parametrize("command", work.COMMANDS)
def test_a_command_gives_the_engine_as_much_work_as_before(command: str, found: work.Figures) -> None:
    changed = {
        name: (before, found[command][name])
        for name, before in NOW[command].items()
        if abs(found[command][name] - before) > TOLERANCE * before
    }
    assert not changed, "before and now: if that is what it takes, run python -m tests.engine.work"
