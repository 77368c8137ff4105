"""Queries put together out of relations: what each of them reads, and that the result is an ordinary query."""

import duckdb
import pytest
import sqlglot

from llmcost.engine.compose import Inlined, compose

NUMBERS = ("numbers", "select unnest([3, 1, 2]) as n")


def rows(sql: str) -> list[int]:
    with duckdb.connect() as connection:
        connection.execute("create table stored as select 7 as n")
        return [row[0] for row in connection.execute(sql).fetchall()]


def test_without_relations_the_body_is_as_it_was() -> None:
    assert compose([], "select 1") == "select 1"


@pytest.mark.parametrize(
    "body",
    [
        "select n from numbers order by n",
        "with kept as (select n from numbers)\n\nselect n from kept order by n",
        "-- with a comment before it\nWITH kept as (select n from numbers) select n from kept order by n",
        "from numbers select n order by n",
    ],
)
def test_the_order_of_the_body_is_that_of_the_result(body: str) -> None:
    assert rows(compose([NUMBERS], body)) == [1, 2, 3]


def test_a_relation_reads_those_before_it_and_the_tables_of_the_store() -> None:
    joined = ("joined", "select n from numbers union all select n from stored")
    assert rows(compose([NUMBERS, joined], "select n from joined order by n")) == [1, 2, 3, 7]


def test_a_name_made_again_is_made_of_what_it_was() -> None:
    relations = [
        ("stored", "select * from stored"),
        ("stored", "with more as (select n + 1 as n from stored) select * from more"),
        ("between", "select n from stored"),
        ("stored", "select 10 * n as n from stored"),
    ]
    assert rows(compose(relations, "select n from between union all select n from stored")) == [8, 80]


def test_a_query_that_holds_a_composed_one_can_make_the_same_names() -> None:
    inner = compose([("stored", "select n + 1 as n from stored"), ("stored", "select n * 2 as n from stored")],
                    "select n from stored")  # fmt: skip
    assert rows(compose([("doubled", inner)], "select d.n from doubled as d union all select n from stored")) == [16, 7]


def test_no_relation_hides_one_of_its_own_name() -> None:
    sql = compose([("stored", "select * from stored"), ("stored", "select * from stored")], "select n from stored")

    def names(query: sqlglot.exp.Expr, outer: frozenset[str]) -> None:
        own = [cte.alias for cte in query.args["with_"].expressions] if query.args.get("with_") else []
        assert not outer & set(own)
        for cte in query.args["with_"].expressions if own else []:
            names(cte.this, outer | {cte.alias})

    names(sqlglot.parse_one(sql, dialect="duckdb"), frozenset())


def test_sqlglot_carries_it_to_spark() -> None:
    sql = compose([("requests", "select * from stored"), ("requests", "select * from requests")], "from requests")
    assert sqlglot.parse_one(sql, dialect="duckdb").sql("spark").count("stored") == 1


@pytest.mark.parametrize(
    "select",
    [
        "select n from numbers",
        "with three as (select n from numbers where ')' <> '(' -- not the end)\n)\n\nselect n from three",
        "-- first\nwith a as (select n from numbers), b as (with c as (select n from a) select n from c) from b",
    ],
)
def test_an_inlined_relation_is_read_more_than_once(select: str) -> None:
    sql = compose(
        [NUMBERS, Inlined(("wide", select))], "select a.n from wide as a inner join wide as b using (n) order by 1"
    )
    assert "wide as not materialized" in sql
    assert rows(sql) == [1, 2, 3]
    [outer] = [query for query in sqlglot.parse(sql, dialect="duckdb") if query]
    wide = next(cte for cte in outer.args["with_"].expressions if cte.alias == "wide")
    assert not wide.this.args.get("with_"), "its own relations stand before it"


def test_another_name_for_a_table_is_read_where_it_lies() -> None:
    """A wide table that a query reads twice is not copied for that, however often its name is made again."""
    from_one = ("requests", "select n from requests where n in (select n from requests where n > 1)")
    sql = compose([("requests", "select * from stored"), from_one], "select n from requests order by n")
    with duckdb.connect() as connection:
        connection.execute("create table stored as select * from (values (1), (2), (3)) as numbers (n)")
        assert connection.execute(sql).fetchall() == [(2,), (3,)]
        plan = str(connection.execute(f"explain {sql}").fetchall())
    assert "CTE" not in plan
