"""The row that is kept, and the table that keeps it."""

import dataclasses
import re

import duckdb
import pytest

from llmcost.bench_gpu.dollars import OwnLoad, Pricing
from llmcost.bench_gpu.measurement import Measurement, Row, cpu_name, now, versions
from llmcost.bench_gpu.metrics import Targets
from llmcost.bench_gpu.run import Closed, Endpoint, measure_endpoint
from llmcost.bench_gpu.serving import Effort, Lengths
from tests.bench_gpu.conftest import Make
from tests.bench_gpu.fake_server import running
from tests.conftest import ROOT

DDL = (ROOT / "queries" / "measurements.sql").read_text("utf-8")


@pytest.fixture
def table() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(DDL)
    return connection


def test_fields_are_the_tables_columns(table: duckdb.DuckDBPyConnection) -> None:
    columns = [name for name, *_ in table.execute("describe measurements").fetchall()]
    assert [field.name for field in dataclasses.fields(Measurement)] == columns


def test_what_must_be_known_is_what_the_table_demands(table: duckdb.DuckDBPyConnection) -> None:
    """A field that may be left out is null or has a value of its own."""
    demanded = {name for name, _, null, *_ in table.execute("describe measurements").fetchall() if null == "NO"}
    unset = {field.name for field in dataclasses.fields(Measurement) if field.default is None}
    assert not unset & demanded


def test_every_column_says_what_it_means() -> None:
    columns = [line for line in DDL[DDL.index("(") :].splitlines() if re.match(r" {4}\w", line)]
    assert len(columns) == len(dataclasses.fields(Measurement))
    silent = [line.split()[0] for line in columns if "--" not in line]
    assert silent in ([], ["trace"]), "its comment is on the next line"


def test_a_measured_row_goes_into_the_table_and_comes_back(
    table: duckdb.DuckDBPyConnection, session: Make, saved: list[Row]
) -> None:
    pytest.importorskip("httpx2", reason="the client needs the bench extra")
    pricing = Pricing(0.526, "g4dn.xlarge", OwnLoad(3e6, 1e6))
    made = session(targets=Targets(ttft_ms=1e6), pricing=pricing, facts={"versions": versions("httpx2")})
    with running() as fake:
        measure_endpoint(Endpoint(fake.address), Closed([Lengths(9, 3)], [2]), Effort(requests=4), made)
    (row,) = saved
    table.execute(f"insert into measurements values ({', '.join(f'${name}' for name in row)})", row)
    cursor = table.execute("from measurements")
    kept = dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))
    assert kept == row


def test_where_it_ran_is_noted() -> None:
    assert now().tzinfo is None
    assert cpu_name()
    assert set(versions("no-such-package")) <= {"python", "llmcost-cli"}
