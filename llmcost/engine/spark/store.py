"""A store over a lake whose requests Spark reads; its small tables are in a DuckDB of this process, as of any lake.

A statement about the requests, or about much that was kept of them, is Spark's, and gets the small tables that it names
as views. All others are DuckDB's, as is what a small result of Spark's becomes in Python, and what was kept of the
requests where that is little: what groups of them add up to.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost.engine import lake, opening, registry
from llmcost.engine.spark import limits, start
from llmcost.engine.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

_MACRO = re.compile(r"create or replace temp macro (\w+)\(")
_KEPT = re.compile(r"create or replace temp (?P<what>table|view) (?P<name>\w+) as\s", re.IGNORECASE)
_DROP = re.compile(r"drop table (\w+)$")
_PROMPTS = re.compile(r"^create view prompts as\n(.*?);$", re.DOTALL | re.MULTILINE)
_RESULT = "spark_result"


class SparkStore(Store):
    """An open store with Spark behind it. Use `over` to get one."""

    def __init__(self, spark: Any, opened: opening.Opened, path: Path, address: str) -> None:
        super().__init__(opened, path, address)
        self._spark = spark
        self._is_large = False  # of what DuckDB has here
        self._macros = dict(registry.macros())
        self._frames: dict[str, Any] = {}  # what Spark has, by name
        self._published: set[str] = set()  # the small tables that Spark has copies of

    def add(self, name: str, frame: Any) -> None:
        """Makes a data frame of Spark's known under a name."""
        frame.createOrReplaceTempView(name)
        self._frames[name] = frame

    def execute(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        if (macro := _MACRO.match(sql)) is not None:
            self._macros[macro[1]] = sql
        kept, dropped = _KEPT.match(sql), _DROP.match(sql)
        if kept is not None and self._is_sparks(sql[kept.end() :]):
            self._keep(kept["name"], sql[kept.end() :], parameters, is_read_again=kept["what"] == "table")
        elif dropped is not None and dropped[1] in self._frames:
            self._forget(dropped[1])
        else:
            super().execute(sql, parameters)
            self._published.clear()

    def keep(self, name: str, select: str, parameters: Mapping[str, Any] | None = None) -> None:
        if self._is_sparks(select):
            self._keep(name, select, parameters, is_read_again=True)
        else:
            super().keep(name, select, parameters)
            self._published.discard(name)

    def check_step(self, name: str, relation: str) -> None:
        if relation in self._frames:
            limits.check_step(name)

    def forget(self, name: str) -> None:
        if name in self._frames:
            self._forget(name)
        else:
            super().forget(name)

    def arrow(self, sql: str, parameters: Mapping[str, Any] | None = None) -> "pa.Table":
        if not self._is_sparks(sql):
            return super().arrow(sql, parameters)
        with super().relation(_RESULT, self._collected(sql, parameters)):
            return super().arrow(f"from {_RESULT}")

    def rows(
        self, sql: str, parameters: Mapping[str, Any] | None = None, most: int | None = None
    ) -> list[dict[str, Any]]:
        if not self._is_sparks(sql):
            return super().rows(sql, parameters, most)
        with super().relation(_RESULT, self._collected(sql, parameters)):
            return super().rows(f"from {_RESULT}", most=most)

    def value(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Any:
        if not self._is_sparks(sql):
            return super().value(sql, parameters)
        return next((next(iter(row.values())) for row in self.rows(sql, parameters)), None)

    def batches(self, sql: str, rows: int, parameters: Mapping[str, Any] | None = None) -> "pa.RecordBatchReader":
        if not self._is_sparks(sql):
            return super().batches(sql, rows, parameters)
        return self.arrow(sql, parameters).to_reader(rows)

    @contextmanager
    def relation(self, name: str, data: Any) -> Iterator[None]:
        self._published.discard(name)
        with super().relation(name, data):
            yield

    def _collected(self, sql: str, parameters: Mapping[str, Any] | None) -> "pa.Table":
        """The rows as Spark gives them: which columns may have no value is its own matter."""
        return start.ran(lambda: self._frame(sql, parameters).toArrow())

    def _is_sparks(self, sql: str) -> bool:
        from llmcost.engine.spark.translate import relations  # sqlglot may be missing

        if self._frames.keys().isdisjoint(re.findall(r"\w+", sql)):
            return False
        return not self._frames.keys().isdisjoint(relations(sql))

    def _keep(self, name: str, select: str, parameters: Mapping[str, Any] | None, *, is_read_again: bool) -> None:
        frame = start.ran(lambda: self._frame(select, parameters))
        self._forget(name)
        if not is_read_again:
            self.add(name, frame)
            return
        self.add(name, frame.persist())
        if start.ran(frame.count) <= limits.LITTLE:
            found = start.ran(frame.toArrow)
            self._forget(name)
            with super().relation(_RESULT, found):
                super().keep(name, f"from {_RESULT}")
            self._published.discard(name)

    def _forget(self, name: str) -> None:
        if (frame := self._frames.pop(name, None)) is not None:
            frame.unpersist()
            self._spark.catalog.dropTempView(name)

    def _frame(self, sql: str, parameters: Mapping[str, Any] | None) -> Any:
        from llmcost.engine.spark.translate import translated  # sqlglot may be missing

        self._publish(sql)
        select, values = translated(sql, self._macros, registry.used(sql, parameters or {}))
        return self._spark.sql(select, args=values or None)

    def _publish(self, sql: str) -> None:
        """Gives Spark copies of the small tables that a statement names."""
        here = super().rows(
            "select table_name as name from duckdb_tables()"
            " union select view_name from duckdb_views() where not internal"
        )
        named = {row["name"] for row in here} & {*re.findall(r"\w+", sql)} - self._frames.keys() - self._published
        for name in sorted(named):
            small = _copied(self._spark, super().arrow(f"from {name}"))
            small.hint("broadcast").createOrReplaceTempView(name)  # else both sides of a join are sorted and shuffled
            self._published.add(name)


@contextmanager
def over(spark: Any, found: lake.Lake) -> Iterator[SparkStore]:
    """A lake open for reading with a session of Spark's, which is not stopped."""
    start.check(spark)
    with lake.tables(found, lambda *them: SparkStore(spark, *them)) as opened:
        columns = [row["column_name"] for row in Store.rows(opened, "describe requests")]
        if found.manifest["files"]:
            root = f"{'file://' if found.folder else ''}{found.place if found.folder else found.address}"
            requests = start.ran(lambda: spark.read.parquet(f"{root}/requests").select(*columns))
        else:
            requests = _copied(spark, Store.arrow(opened, "from requests"))
        Store.execute(opened, "drop view prompts")
        Store.execute(opened, "drop table requests")
        opened.add("requests", requests)
        opened.execute(f"create or replace temp view prompts as {_prompts()}")
        yield opened


def _copied(spark: Any, table: "pa.Table") -> Any:
    """An Arrow table as a data frame. A Connect client needs to be told the columns of an empty one."""
    from pyspark.sql.pandas.types import from_arrow_schema

    columns = from_arrow_schema(table.schema, prefer_timestamp_ntz=True)
    return spark.createDataFrame(table, columns) if table.num_rows else spark.createDataFrame([], columns)


def _prompts() -> str:
    """SQL: the view of the store that reads requests."""
    found = _PROMPTS.search((registry.queries_dir() / "ingest" / "tables.sql").read_text("utf-8"))
    assert found is not None
    return found[1]
