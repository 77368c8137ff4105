"""Expressions that many queries need are macros of queries/macros.sql: no query writes one out, or in another style."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from llmcost.engine import registry

QUERIES = Path(__file__).resolve().parents[2] / "queries"
TABLES = {"schema.sql", "tables.sql"}  # what a store keeps cannot name a macro of the session
FILES = [
    path
    for path in sorted(QUERIES.rglob("*.sql"))
    if path.name not in TABLES and path.parent.name != "migrations" and path != QUERIES / "macros.sql"
]
WRITES = {"cache_write_5m_tokens", "cache_write_1h_tokens"}
UNPRICED = re.compile(r"SUM\((\w+\.)?calls\) FILTER\(WHERE (\w+\.)?cost_usd IS NULL\)")
STYLE = {"cast(": "write it as value::type", "!=": "write it as <>"}


def written_out(sql: str) -> Iterator[str]:
    """The macros that the SQL should have used, by what it holds instead."""
    for statement in sqlglot.parse(sql, dialect="duckdb"):
        assert statement
        for node in statement.walk():
            if isinstance(node, exp.Add) and not isinstance(node.parent, exp.Add) and _summed(node) >= WRITES:
                yield "prompt_tokens, cached_tokens or written_tokens"
            if isinstance(node, exp.Cast) and node.to.sql("duckdb") == "DECIMAL(38, 15)":
                yield "exact or exact_sum"
            if isinstance(node, exp.In) and {"max_tokens", "length"} <= {str(word.name) for word in node.expressions}:
                yield "is_cut_off"
            if isinstance(node, exp.Filter) and UNPRICED.fullmatch(node.sql("duckdb")):
                yield "unpriced_calls"


def _summed(node: exp.Expr) -> set[str]:
    """The columns that a chain of additions adds up."""
    if isinstance(node, exp.Add):
        return _summed(node.left) | _summed(node.right)
    return {node.name} if isinstance(node, exp.Column) else set()


def off_style(sql: str) -> Iterator[str]:
    """Casts and comparisons that are written in another way than everywhere else."""
    tokens = DuckDB().tokenize(sql)
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        text = token.text.lower() + ("(" if following and following.text == "(" else "")
        if text in STYLE or text.rstrip("(") == "!=":
            yield STYLE.get(text, STYLE["!="])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(QUERIES).as_posix())
def test_a_query_writes_no_shared_expression_out(path: Path) -> None:
    sql = path.read_text(encoding="utf-8")
    assert not set(written_out(sql)), "queries/macros.sql has it"
    assert not set(off_style(sql))


@pytest.mark.parametrize(
    ("sql", "instead"),
    [
        ("select a.input_tokens + a.cache_write_5m_tokens + a.cache_write_1h_tokens from a", "prompt_tokens"),
        ("select 1 - (cache_write_1h_tokens + x + cache_write_5m_tokens)", "prompt_tokens"),
        ("select sum(cost_usd::decimal(38, 15))::double from t", "exact"),
        ("select cast(cost_usd as decimal(38,15))", "exact"),
        ("select lower(r) in ('length', 'max_tokens')", "is_cut_off"),
        ("select sum(calls) filter (where cost_usd is null) from t", "unpriced_calls"),
    ],
)  # fmt: skip
def test_an_expression_written_out_is_seen(sql: str, instead: str) -> None:
    assert [macro.split(" ")[0].strip(",") for macro in written_out(sql)] == [instead]


@pytest.mark.parametrize(
    "sql", ["select cast(a as int)", "select CAST ( a as int)", "select a != b", "select a != (b)"]
)
def test_another_style_is_seen(sql: str) -> None:
    assert list(off_style(sql))


def test_words_and_comments_are_no_style() -> None:
    assert not list(off_style("select 'cast(!=', try_cast(a as int), a <> b -- cast(a) != b"))


def test_a_macro_comes_with_those_that_it_uses() -> None:
    defined = [re.search(r"macro (\w+)", statement)[1] for statement in registry.macros_of("select prompt_tokens(t)")]  # type: ignore[index]
    assert defined == ["written_tokens", "cached_tokens", "prompt_tokens"]


def test_every_macro_is_used() -> None:
    used = "".join(path.read_text(encoding="utf-8") for path in FILES)
    assert [name for name in registry.macros() if f"{name}(" not in used] == []
