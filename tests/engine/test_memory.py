"""A statement that the engine cannot do in parts gets the memory that it needs; others keep to the bound."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from llmcost.engine import access, opening, store
from llmcost.engine.store import Store
from tests.command import llmcost

BOUND = 24 << 20
WHOLE = "select len(list(number)) as found from range(4000000) as numbers(number)"
"""A list is one value, 32 MB of it: it cannot be put on disk in parts."""


@pytest.fixture
def bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    access.writing(tmp_path / "llmcost.duckdb").close()
    monkeypatch.setattr(opening, "MEMORY_BYTES", BOUND)
    monkeypatch.setattr(opening, "MOST_BYTES", BOUND)
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
    with pytest.raises(Exception, match="Out of Memory"):
        bounded.batches(WHOLE, 1)  # which is not asked again
    assert ask(bounded) == 4_000_000
    assert limit(bounded) <= BOUND, "only that statement had more"


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


def test_what_is_kept_of_a_large_log_leaves_memory_until_it_is_read_again(
    bounded: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = "select coalesce(sum(memory_usage_bytes), 0)::bigint from duckdb_memory()"
    monkeypatch.setattr(bounded, "_is_large", None)
    monkeypatch.setattr(store, "ROW_BYTES", BOUND)
    bounded.execute("create temp table requests as select 1 as one")
    bounded.keep("kept", "select hash(number) as found from range(1000000) as numbers(number)")
    bounded.value("select sum(found) from kept")
    assert bounded.value(held) > BOUND // 8
    bounded.make_room()
    assert bounded.value(held) <= BOUND // 8
    assert limit(bounded) <= BOUND
    assert bounded.value("select count(distinct found) from kept") == 1_000_000


def test_who_only_reads_may_hold_more_where_there_is_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "llmcost.duckdb"
    access.writing(path).close()
    monkeypatch.setattr(opening, "MEMORY_BYTES", BOUND)
    with access.writing(path) as opened:
        assert BOUND * 0.999 <= limit(opened) <= BOUND
    for most in (2 * BOUND, BOUND // 2):  # small enough for any machine
        monkeypatch.setattr(opening, "MOST_BYTES", most)
        with access.reading(path) as opened:
            assert max(most, BOUND) * 0.999 <= limit(opened) <= max(most, BOUND)


def test_of_a_small_machine_it_takes_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_SHARE", 1 << 40)  # of any memory next to nothing
    path = tmp_path / "llmcost.duckdb"
    access.writing(path).close()
    with access.reading(path) as opened:
        assert opening.MEMORY_BYTES * 0.999 <= limit(opened) <= opening.MEMORY_BYTES


@pytest.mark.parametrize(("text", "size"), [("2GiB", 2 << 30), (" 300 mb ", 300_000_000), ("256MiB", 256 << 20)])
def test_a_size_that_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, size: int) -> None:
    monkeypatch.setenv("LLMCOST_MEMORY", text)
    with access.writing(tmp_path / "llmcost.duckdb") as opened:
        assert size * 0.999 <= limit(opened) <= size


@pytest.mark.parametrize("text", ["2", "GiB", "255MiB", "-1GiB", "1e3GiB", "2GiB'; drop table x --", "9999999GiB"])
def test_what_is_no_size_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "log.jsonl").write_text("{}\n")
    done = llmcost("ingest", "log.jsonl", cwd=tmp_path, LLMCOST_MEMORY=text)
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        ["error: LLMCOST_MEMORY is not a size of 256 MiB or more", "hint: write it like 2GiB"],
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.jsonl"]


@pytest.mark.parametrize("is_large", [False, True], ids=["small", "large"])
def test_a_table_that_is_kept_whole_is_not_copied(
    bounded: Store, monkeypatch: pytest.MonkeyPatch, is_large: bool
) -> None:
    monkeypatch.setattr(store, "ROW_BYTES", BOUND if is_large else 0)
    bounded.execute("create temp table requests as select 1 as one")
    bounded.execute("create temp table two as select unnest([1, 2]) as number")
    copies = "select count(*) from duckdb_tables() where table_name = 'kept'"
    for select, rows in (("select 1 as number", 1), (None, 0), ("select unnest([1, 2, 3])", 3), (None, 0)):
        if select:
            bounded.keep("kept", select)
        else:
            bounded.keep_whole("kept", "sources")
            bounded.keep_whole("kept", "sources")
        assert bounded.value("select count(*) from kept") == rows, "whatever the name stood for before"
        assert bounded.value(copies) == (1 if select else 0)
    bounded.forget("kept")
    bounded.keep_whole("kept", "two")
    bounded.execute("delete from two")
    assert bounded.value("select count(*) from kept") == 2, "a temporary table may change"
