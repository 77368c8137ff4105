"""Requests priced once for many questions, in memory and, of a large log, in a file."""

from pathlib import Path

import pytest

from llmcost.engine import access, store
from llmcost.prices import book
from llmcost.reports import once
from llmcost.reports.scope import Scope
from tests.what_ifs.traffic import fill


@pytest.mark.parametrize("row_bytes", [store.ROW_BYTES, 1 << 40])
def test_priced_is_a_table_while_the_block_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row_bytes: int
) -> None:
    monkeypatch.setattr(store, "ROW_BYTES", row_bytes)
    views = "select count(*) as count from duckdb_views() where view_name = 'priced' and not temporary"
    with access.writing(tmp_path / "llmcost.duckdb") as opened:
        opened.execute("create or replace view priced as select 1 as it")  # as every store has, for other clients
        book.learn(opened, [(None, "claude-haiku-4-5")])
        fill(opened, [{"model": "claude-haiku-4-5", "input_tokens": 1000, "output_tokens": 0, "user_id": "u"}] * 3)
        for _ in range(2):
            with once.laid_down(opened, Scope(), ["select cost_usd, input_tokens"], ["user"]) as columns:
                [row] = opened.rows(f"select sum(input_tokens) as tokens, min({columns['user']}) as who from priced")
                assert (row["tokens"], row["who"]) == (3000, "u")
            assert not opened.rows("select 1 as it from duckdb_tables() where table_name = 'priced'")
            assert opened.value(views) == 1
