"""Every query that has a fixture makes of the rows in it what the fixture says, worked out by hand."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from llmcost.engine import store
from tests.queries.fixtures import Case, cases, ctes, found

CASES = list(cases())


@pytest.fixture(scope="module")
def opened() -> Iterator[store.Store]:
    with store.in_memory() as made:
        yield made


@pytest.fixture(autouse=True)
def clean(opened: store.Store) -> Iterator[None]:
    """No case sees a relation of the one before it."""
    yield
    for row in opened.rows("select table_name from duckdb_tables() where temporary"):
        opened.execute(f"drop table temp.{row['table_name']}")


def named(case: Case) -> str:
    return f"{case.kind}/{case.file.stem}: {case.name}"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_rows_come_out_as_worked_out_by_hand(case: Case, opened: store.Store) -> None:
    expected = case.tables["rows"]
    rows = [[_plain(row[column]) for column in expected.columns] for row in found(opened, case)]
    wanted = [list(row) for row in expected.rows]
    if case.cte or "\norder by" not in case.query.read_text(encoding="utf-8"):
        rows, wanted = sorted(rows, key=_place), sorted(wanted, key=_place)
    assert [[_about(cell) for cell in row] for row in wanted] == rows


def _plain(value: Any) -> Any:
    """The value as a fixture writes it."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime | date):
        return str(value)
    return value


def _about(cell: Any) -> Any:
    return pytest.approx(cell, abs=1e-12) if isinstance(cell, float) else cell


def _place(row: list[Any]) -> list[str]:
    return [f"{cell:.9g}" if isinstance(cell, int | float) else str(cell) for cell in row]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_fixture_is_named_after_its_query(case: Case) -> None:
    assert case.query.is_file()
    text = case.file.read_text(encoding="utf-8")
    assert "# by hand: " in text, "a comment says how the rows were worked out"
    if case.cte:
        assert case.cte in dict(ctes(case.query.read_text(encoding="utf-8")))
