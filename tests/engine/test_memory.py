"""A statement that the engine cannot do in parts gets the memory that it needs; others keep to the bound."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from llmcost.engine import access, opening
from llmcost.engine.store import Store

BOUND = 24 << 20
WHOLE = "select len(list(number)) as found from range(4000000) as numbers(number)"
"""A list is one value, 32 MB of it: it cannot be put on disk in parts."""


@pytest.fixture
def bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    access.writing(tmp_path / "llmcost.duckdb").close()
    monkeypatch.setattr(opening, "MEMORY_BYTES", BOUND)
    with access.reading(tmp_path / "llmcost.duckdb") as opened:
        yield opened


def limit(opened: Store) -> int:
    return int(opened.value("select parse_formatted_bytes(current_setting('memory_limit'))"))


def value(opened: Store) -> Any:
    return opened.value(WHOLE)


def rows(opened: Store) -> Any:
    return opened.rows(WHOLE)[0]["found"]


def arrow(opened: Store) -> Any:
    return opened.arrow(WHOLE)["found"][0].as_py()


def executed(opened: Store) -> Any:
    opened.execute(f"create temp table kept as {WHOLE}")
    return opened.value("select found from kept")


def kept(opened: Store) -> Any:
    opened.keep("kept", WHOLE)
    return opened.value("select found from kept")


@pytest.mark.parametrize("ask", [value, rows, arrow, executed, kept])
def test_a_statement_that_cannot_be_done_in_parts_runs_again_with_more_memory(
    bounded: Store, ask: Callable[[Store], Any]
) -> None:
    assert limit(bounded) <= BOUND
    assert ask(bounded) == 4_000_000
    assert limit(bounded) > BOUND


def test_other_statements_keep_to_the_bound(bounded: Store) -> None:
    """A sort of what takes four times the bound."""
    sql = "select count(*) from (select number::varchar || repeat('x', 40) as name from range(2000000) as t(number)"
    assert bounded.value(f"{sql} order by name desc offset 1)") == 1_999_999
    assert limit(bounded) <= BOUND


def test_other_errors_are_raised_at_once(bounded: Store) -> None:
    with pytest.raises(Exception, match="nowhere"):
        bounded.value("select found from nowhere")
    assert limit(bounded) <= BOUND


def test_a_stream_is_read_once(bounded: Store) -> None:
    """Its rows are gone when the statement fails: a second run would give an answer without them."""
    read = []

    def batches() -> Iterator[pa.RecordBatch]:
        for first in range(0, 4_000_000, 100_000):
            read.append(first)
            yield pa.record_batch({"number": pa.array(range(first, first + 100_000), pa.int64())})

    schema = pa.schema([("number", pa.int64())])
    with pytest.raises(Exception, match="Out of Memory"), bounded.stream("numbers", schema, batches()):
        bounded.value("select len(list(number)) from numbers")
    assert len(read) == len(set(read)), "each batch once"
    assert limit(bounded) <= BOUND


def test_a_transaction_is_whole_or_not_there(bounded: Store) -> None:
    """The engine ends a transaction with the error; the second run alone would keep half of what belongs together."""

    def both() -> None:
        with bounded.transaction():
            bounded.execute("create temp table before as select 1 as one")
            bounded.execute(f"create temp table kept as {WHOLE}")

    with pytest.raises(Exception, match="Out of Memory"):
        both()
    assert bounded.value("select count(*) from duckdb_tables() where temporary") == 0
