"""Tables that are data: how a file's rows become a relation, and what the files must hold."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from llmcost.engine import facts, store

FILES = [
    path
    for path in sorted((Path(__file__).resolve().parents[2] / "queries" / "facts").glob("*.toml"))
    if "ranges" in tomllib.loads(path.read_text(encoding="utf-8"))  # not patterns of secrets, nor judged hits
]


def document(**row: Any) -> dict[str, Any]:
    return {
        "columns": {"name": "varchar", "day": "date"},
        "ranges": {"life": "bigint"},
        "rows": [{"name": "a", **row}],
    }


def rows_of(select: str) -> list[dict[str, Any]]:
    with store.in_memory() as opened:
        return opened.rows(select)


def read(written: dict[str, Any]) -> list[dict[str, Any]]:
    return rows_of(facts.over(written))


def test_a_range_has_three_columns_and_what_is_absent_is_null() -> None:
    row = {"place": 1, "name": "a", "day": None}
    assert read(document(life=[1, 2, 3])) == [row | {"life_low": 1, "life": 2, "life_high": 3}]
    assert read(document(life=5)) == [row | {"life_low": 5, "life": 5, "life_high": 5}]
    assert read(document()) == [row | {"life_low": None, "life": None, "life_high": None}]


def test_a_row_stands_for_its_variants_and_those_elsewhere_come_first() -> None:
    rows = read(document(of=[{"life": 1}, {"life": 2}], at=[{"name": "b"}]))
    assert [(row["place"], row["name"], row["life"]) for row in rows] == [
        (1, "b", 1), (2, "b", 2), (3, "a", 1), (4, "a", 2)
    ]  # fmt: skip


def test_a_text_is_data() -> None:
    [row] = read(document(name="it's; drop table x --"))
    assert row["name"] == "it's; drop table x --"


def test_a_column_that_is_not_declared_is_an_error() -> None:
    with pytest.raises(ValueError, match="no such column: lief"):
        facts.over(document(lief=3))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_of_facts_is_a_relation(path: Path) -> None:
    rows = rows_of(facts.select(path))
    assert [row["place"] for row in rows] == list(range(1, len(rows) + 1))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_fact_has_a_source_and_a_date(path: Path) -> None:
    for row in facts.expanded(tomllib.loads(path.read_text(encoding="utf-8"))):
        assert row["source"], row
        assert row["read_on"], row
        assert row["said_by"] in ("vendor", "third party"), row
        for pattern in (row[name] for name in ("hosts", "models", "apart") if row.get(name)):
            re.compile(pattern)
