"""The views of a store, read by a bare client of DuckDB, against the report of llmcost."""

import json
import re
from pathlib import Path

import duckdb
import pytest

from llmcost import session
from llmcost.engine import registry
from llmcost.prices import stored_views
from llmcost.reports import spend
from llmcost.reports.scope import Scope
from tests.conftest import ROOT
from tests.engine import stores
from tests.logs import Row, call, ingested, write

LOG: list[Row | str] = [
    call(1, feature="search", tags={"team": "web"}, cache_read_tokens=500, web_searches=2),
    call(2, feature="search", ts="2026-11-03T23:59:59Z", output_tokens=7),
    call(3, model="a-model-without-a-price"),
    call(4, model="claude-opus-4-7", service_tier="batch"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "a.duckdb"
    with ingested(made, write(tmp_path / "a.jsonl", LOG)):
        pass
    return made


def test_a_bare_client_sees_what_a_report_says(path: Path) -> None:
    with session.reading(path) as opened:
        total = spend.report(opened, Scope()).total
        by_day = spend.report(opened, Scope(), ("day",)).rows
    with duckdb.connect(str(path), read_only=True) as bare:
        requests, dollars, parts, unpriced = bare.sql(
            "select sum(requests), sum(cost_usd), sum(input_cost_usd + cache_read_cost_usd + cache_write_cost_usd"
            " + output_cost_usd + fees_cost_usd), sum(requests) filter (where cost_usd is null) from priced"
        ).fetchall()[0]
        assert (requests, unpriced) == (total["requests"], total["unpriced_requests"]) == (4, 1)
        assert dollars == pytest.approx(total["cost_usd"])
        assert parts == pytest.approx(total["cost_usd"])
        days = bare.sql("select day, sum(requests), sum(cost_usd) from daily_spend group by day").fetchall()
        assert {str(day): (many, pytest.approx(usd)) for day, many, usd in days} == {
            row["day"]: (row["requests"], row["cost_usd"]) for row in by_day
        }
        assert bare.sql("select price_source is not null from priced where cost_usd is not null").fetchall()
        assert bare.sql("select tags['team'] from priced where request_id = 'req_1'").fetchall() == [("web",)]


def test_every_column_is_documented() -> None:
    """docs/sql.md has a table for each view: its columns, in order, with their types."""
    text = (ROOT / "docs" / "sql.md").read_text("utf-8")
    with duckdb.connect() as bare:
        for file in ("schema.sql", "prices.sql"):
            for statement in bare.extract_statements((registry.queries_dir() / file).read_text("utf-8")):
                bare.execute(statement)
        for name, sql in zip(stored_views.NAMES, stored_views.statements(), strict=True):
            bare.execute(sql)
            section = text.partition(f"## `{name}`")[2].partition("\n## ")[0]
            said = re.findall(r"^\| `(\w+)` \| ([^|]+) \| \S", section, re.MULTILINE)
            made = bare.sql(f"select column_name, data_type from duckdb_columns() where table_name = '{name}'"
                            " order by column_index").fetchall()  # fmt: skip
            assert said == [(column, kind.lower()) for column, kind in made], name


def test_views_of_another_program_are_made_again(path: Path) -> None:
    with duckdb.connect(str(path)) as bare:
        bare.execute("create or replace view priced as select 1 as one")
        bare.execute("update llmcost_meta set value = value || ' before' where key = 'prices'")
    with session.reading(path):
        pass
    with duckdb.connect(str(path), read_only=True) as bare:
        assert bare.sql("select count(*) from priced where cost_usd > 0").fetchall() == [(3,)]


def test_a_store_of_an_earlier_schema_gets_them(tmp_path: Path) -> None:
    path = stores.unpacked("14", tmp_path / "old.duckdb")
    with session.reading(path):
        pass
    with duckdb.connect(str(path), read_only=True) as bare:
        assert bare.sql("select sum(requests) from daily_spend").fetchall() == [(3,)]


def test_a_macro_is_written_out() -> None:
    sql = "select prompt_tokens(requests) // calls as each, prompt_tokens as said from requests"
    written = registry.expanded(sql)
    assert "prompt_tokens(" not in written
    assert "cached_tokens(" not in written
    with duckdb.connect() as bare:
        rows = bare.sql(
            f"with requests as (select 1 as input_tokens, 2 as cache_read_tokens, 3 as cache_write_5m_tokens,"
            f" 4 as cache_write_1h_tokens, 2 as calls, 'x' as prompt_tokens) {written}"
        ).fetchall()
    assert json.dumps(rows) == '[[5, "x"]]'
