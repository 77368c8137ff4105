"""DuckDB's SQL, as the queries have it, as Spark's.

One list of rules, `rules.RULES`: each turns one kind of node of the parsed statement into what means the same to Spark.
A rule stands for a difference between the engines that was met; tests/engine/spark asks both engines the same for each.
What they say in the same words, and what sqlglot translates rightly by itself, needs none.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from llmcost.engine.spark.rules import RULES, Rule, call

_MACRO = re.compile(r"macro (?P<name>\w+)\((?P<takes>[^)]*)\) as(?P<gives>.*?);?\s*$", re.DOTALL)
_TEXT_OR_LEN = re.compile(r"'(?:[^']|'')*'|--[^\n]*|\blen\(")


class Written(DuckDB):
    """The dialect of the queries. An index is left as it is written: a rule translates it."""

    INDEX_OFFSET = 0


def translated(sql: str, macros: Mapping[str, str], values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """A SELECT for Spark, with the macros written out, and its parameters: `:name` for `$name`, a list item by item."""
    tree = _inlined(_parsed(sql).copy(), macros)
    _name_apart(tree, {}, [0])
    for rule in RULES:
        tree = _changed(tree, rule)
    given: dict[str, Any] = {}

    def bind(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Placeholder):
            return node
        value = values[node.name]
        if not isinstance(value, list):
            given[node.name] = value
            return node
        items = {f"{node.name}__{place}": item for place, item in enumerate(value)}
        given.update(items)
        listed = call("array", *(exp.Placeholder(this=name) for name in items))
        return exp.cast(listed, exp.DataType.build("array<string>", dialect="spark"))

    return _changed(tree, bind).sql(dialect="spark", normalize_functions=False, comments=False), given


@lru_cache(maxsize=256)
def relations(sql: str) -> frozenset[str]:
    """The names of the relations that a statement reads, and does not define itself."""
    tree = _parsed(sql).copy()
    _name_apart(tree, {}, [0])
    own = {one.alias for one in tree.find_all(exp.CTE)}
    return frozenset(table.name for table in tree.find_all(exp.Table)) - own


def _parsed(sql: str) -> exp.Expr:
    """The statement; the length of a list has a name of its own in it, which is not that of a text."""
    marked = _TEXT_OR_LEN.sub(lambda found: "cardinality(" if found[0] == "len(" else found[0], sql)
    return sqlglot.parse_one(marked, dialect=Written)


@cache
def _defined(statement: str) -> tuple[list[str], exp.Expr]:
    """A macro's parameters, and what it stands for."""
    made = _MACRO.search(re.sub(r"--[^\n]*", "", statement).strip())
    if made is None:
        raise ValueError(f"not a macro: {statement}")
    body = _parsed(f"select {made['gives']}").args["expressions"][0]
    return [word.strip() for word in made["takes"].split(",")], body


def _inlined(tree: exp.Expr, macros: Mapping[str, str]) -> exp.Expr:
    """The statement with every macro written out, those inside macros too."""

    def inline(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Anonymous) or node.name.lower() not in macros:
            return node
        takes, body = _defined(macros[node.name.lower()])
        given = dict(zip(takes, node.expressions, strict=True))
        return exp.paren(_inlined(_filled(body.copy(), given), macros), copy=False)

    return _changed(tree, inline)


def _changed(node: exp.Expr, change: Rule) -> exp.Expr:
    """The tree with every node changed, those inside a node before it."""
    for child in list(node.iter_expressions()):
        made = _changed(child, change)
        if made is not child:
            child.replace(made)
    return change(node)


def _filled(body: exp.Expr, values: Mapping[str, exp.Expr]) -> exp.Expr:
    """A macro's body with its arguments; one may be the name of a relation, whose columns the body names."""

    def fill(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Column) or node.parts[0].name not in values:
            return node
        given = values[node.parts[0].name].copy()
        if len(node.parts) > 1:
            return exp.column(node.parts[-1].copy(), table=given.name)
        return given if isinstance(given, exp.Column | exp.Literal) else exp.paren(given, copy=False)

    return _changed(body, fill)


def _name_apart(node: exp.Expr, names: Mapping[str, str], count: list[int]) -> None:
    """Gives every relation of a WITH a name of its own: of two that have one name Spark may find the wrong one."""
    if isinstance(node, exp.Table) and not node.db and node.name in names:
        if not node.alias:
            node.set("alias", exp.TableAlias(this=exp.to_identifier(node.name)))
        node.set("this", exp.to_identifier(names[node.name]))
    own = dict(names)
    relations = node.args.get("with_")
    for one in relations.expressions if relations else ():
        _name_apart(one.this, own, count)
        count[0] += 1
        own[one.alias] = f"{one.alias}_{count[0]}"
        one.args["alias"].set("this", exp.to_identifier(own[one.alias]))
        one.set("materialized", None)
    for child in list(node.iter_expressions()):
        if child is not relations:
            _name_apart(child, own, count)
