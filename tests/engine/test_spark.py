"""Spark answers as DuckDB does over the same lake: whole reports, and each rule of the translation by itself.

All of it is in one file, so that one worker starts one Spark.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from llmcost.engine import access, lake, registry
from llmcost.engine.spark import limits, start, tasks, watch
from llmcost.engine.spark.store import SparkStore, over
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError
from llmcost.library import store as library
from llmcost.reports import audit, export, once, unusual
from llmcost.reports.scope import Scope
from llmcost.what_ifs.engine.chain import Chain, Traffic
from llmcost.what_ifs.engine.step import parse, run
from tests.command import llmcost
from tests.engine import clusters
from tests.logs import call, write

clusters.needed()

PROBE = pa.table(
    {
        "name": pa.array(["abc", "b", None, "D9", "a-b"]),
        "whole": pa.array([1, 2, 3, 4, 0], pa.int64()),
        "number": pa.array([0.5, 2.5, -1.5, None, 1234567.125]),
        "ts": pa.array(
            [
                datetime(2026, 11, 2, 10, 0, 0, 250000),
                datetime(2027, 1, 3, 23, 59, 59),
                datetime(2024, 12, 30),
                None,
                datetime(1970, 1, 1, 0, 0, 0, 1),
            ],
            pa.timestamp("us"),
        ),
        "items": pa.array([[1.5, 2.0], [], None, [None, 4.0], [3.0]], pa.list_(pa.float64())),
        "prefix": pa.array([["x", "y", "z"], [], None, ["q"], ["u", "v"]], pa.list_(pa.string())),
        "tags": pa.array([[("a", "1")], [], None, [("b", "2")], [("a", "3")]], pa.map_(pa.string(), pa.string())),
    }
)

PROBES = {
    "fractions": "select whole, whole * 0.1 / 3 as it, whole / 0.3 as other from probe order by whole",
    "whole_numbers": "select whole, (whole / 2)::bigint as half, number::bigint as it from probe order by whole",
    "elements": "select whole, items[1] as first, items[9] as beyond, items[whole] as nth, tags['a'] as tag,"
    " tags[name] as own, name[2:3] as part, prefix[2:3] as parts, prefix[3:1] as none from probe order by whole",
    "sums_of_lists": "select whole, list_sum(items) as sum, list_max(items) as most,"
    " list_sum(list_transform(items, lambda one: one * 2)) as twice from probe order by whole",
    "sorted_lists": "select list(name order by number desc nulls last, name)[1:3] as names,"
    " list(whole order by name) filter (where whole > 1) as wholes from probe",
    "ranges": "select whole, range(1, whole) as it from probe order by whole",
    "hashes": "select count(distinct hash(name, number)) as apart, min(hash(name)) >= 0 as positive from probe",
    "whole_matches": "select whole, regexp_full_match(name, '[a-z]+') as it from probe order by whole",
    "positions": "select whole, list_position([3, 1], whole) as it from probe order by whole",
    "templates": "select whole, format('{:,}', whole * 1234567) as it, format('{:,} of {:,}, ', whole, 1000) as two"
    " from probe order by whole",
    "lengths_of_time": "select whole, ts + to_seconds(whole * 0.25) as later, ts - to_milliseconds(whole) as earlier,"
    " ts < current_localtimestamp() as past from probe order by whole",
    "moments": "select whole, epoch(ts) as s, epoch_us(ts) as us, epoch(ts - timestamp '2026-01-01') as since"
    " from probe order by whole",
    "calendar": "select whole, isodow(ts) as day, strftime(ts, '%G-W%V') as week, date_trunc('hour', ts) as hour"
    " from probe order by whole",
    "aggregates": "select any_value(number) is not null as one, quantile_cont(number, 0.3) as between,"
    " quantile_disc(number, 0.5) as middle from probe",
    "groupings": "select grouping(name, whole) as bits, count(*) as rows from probe"
    " group by grouping sets ((), (name), (name, whole)) order by bits, rows",
    "numbered_items": "select whole, item, place from (select *, unnest(prefix) as item,"
    " generate_subscripts(prefix, 1) as place from probe) order by whole, place",
    "rows_in_lists": "select whole, (name, whole) in (select (name, whole) from probe where whole > 1) as it"
    " from probe where name is not null order by whole",
    "stars": "select * exclude (items, prefix, tags) replace (whole + 1 as whole) from probe order by name, whole",
}
"""By the name of a rule."""

BEYOND_RULES = {
    "a relation hides one of its name": "with probe as (select whole from probe where whole > 1),"
    " other as (with probe as (select whole + 1 as whole from probe) select * from probe)"
    " select other.whole from other inner join probe on probe.whole = other.whole order by 1",
    "a macro in a macro": "select whole, is_named(name, $names) as it from probe order by whole",
    "lengths": "select whole, len(items) as items, length(name) as letters from probe order by whole",
    "division by nothing": "select whole, 1 / nullif(whole, 0) as it from probe order by whole",
    "nulls come last": "select name from probe order by name desc",
    "days and months": "select whole, ts::date as day, strftime(ts, '%Y-%m') as month from probe order by whole",
}

NOT_OF_A_REPORT = {"focus", "unusual-days", "prompt-costs"}
"""The queries of the folder that an export, an audit and a simulation ask."""

QUESTIONS = (
    "report",
    "report --by prompt,month --timezone Europe/Berlin --since 2026-11",
    "report --by tag:team --top 2 --sort requests --feature s*",
    "report --logged",
    "report --tags",
    "explain --by user,model,tag:team --per-day --timezone Europe/Berlin",
    "audit",
    "simulate --what-if routing --what-if response-caching --what-if prompt-caching --by feature",
)


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    with start.session(start.Given("local[2]")) as made:
        yield made


@pytest.fixture(scope="module")
def sampled(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample logs as the lake `lake`."""
    folder = tmp_path_factory.mktemp("spark")
    shutil.copy(samples, folder / "a.duckdb")
    with access.reading(folder / "a.duckdb") as opened:
        export.export(opened, Scope(), str(folder / "lake"), lake.FORMAT)
    return folder


@pytest.fixture(scope="module")
def both(spark: Any, sampled: Path) -> Iterator[tuple[Store, SparkStore]]:
    """The same lake, read by DuckDB and by Spark, each with the relation `probe`."""
    found = lake.find(str(sampled / "lake"))
    with lake.reading(found) as duckdb, over(spark, found) as sparks:
        duckdb.lend("probe", PROBE)
        sparks.add("probe", spark.createDataFrame(PROBE))
        yield duckdb, sparks


def near(one: Any, other: Any) -> bool:
    """Whether two answers are equal: counts exactly, other numbers to a billionth."""
    if isinstance(one, float) and isinstance(other, float):
        return one == pytest.approx(other, rel=1e-9, abs=1e-9)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(near(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(near(*pair) for pair in zip(one, other, strict=True))
    return type(one) is type(other) and bool(one == other)


@pytest.mark.parametrize("sql", [*PROBES.values(), *BEYOND_RULES.values()], ids=[*PROBES, *BEYOND_RULES])
def test_both_engines_answer_alike(both: tuple[Store, SparkStore], sql: str) -> None:
    duckdb, sparks = both
    values = {"names": ["a*", "D9"]}
    assert near(sparks.rows(sql, values), duckdb.rows(sql, values)), sparks.rows(sql, values)


def test_every_rule_has_a_probe() -> None:
    from llmcost.engine.spark.rules import RULES

    assert PROBES.keys() == {rule.__name__ for rule in RULES}


@pytest.mark.parametrize("name", sorted(registry.load("spend").keys() - NOT_OF_A_REPORT))
def test_every_query_of_a_report_is_understood(both: tuple[Store, SparkStore], name: str) -> None:
    sql, values = Scope().spend(name)
    duckdb, sparks = both
    columns = duckdb.arrow(f"select * from ({sql}) limit 0", values).column_names
    assert sparks.arrow(f"select * from ({sql}) limit 0", values).column_names == columns


def test_every_query_of_an_audit_is_understood(both: tuple[Store, SparkStore], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where its requests are too many to leave Spark. None is asked for a row, which takes Spark minutes."""
    monkeypatch.setattr(limits, "LITTLE", 0)
    duckdb, sparks = both
    columns = []
    for opened in (duckdb, sparks):
        with once.laid_down(opened, Scope(), [*audit.questions(), *audit.ROW_COLUMNS]), unusual.laid_down(opened):
            asked = {
                name: (query.body, audit.defaults(opened, query)) for name, query in registry.load("audit").items()
            }
            columns.append(
                {
                    name: opened.arrow(f"select * from ({body}) limit 0", values).column_names
                    for name, (body, values) in asked.items()
                }
            )
    assert columns[0] == columns[1]


@pytest.mark.parametrize("words", QUESTIONS)
def test_an_answer_is_the_same(spark: Any, sampled: Path, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    @contextmanager
    def same(given: start.Given) -> Iterator[Any]:
        yield spark

    monkeypatch.setattr(start, "session", same)
    command = [*words.split(), "--format", "json", "--lake", "lake"]
    expected = llmcost(*command, cwd=sampled)
    done = llmcost(*command, "--engine", "spark", cwd=sampled)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert near(json.loads(done.stdout), json.loads(expected.stdout))


@pytest.mark.parametrize("name", limits.BEYOND)
def test_a_what_if_is_the_same_where_there_are_too_many_requests_for_one_process(
    both: tuple[Store, SparkStore], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(limits, "LITTLE", -1)
    found = []
    for opened in both:
        chain = Chain(Traffic.of(opened, Scope(), ("feature",)), "")
        point = chain.add(parse(name))
        found.append([point.cost_usd, point.summary, point.failure, chain.savings()])
    assert found[0][2] is None
    assert found[0][0] != 0
    assert near(found[1], found[0])


def test_other_what_ifs_are_refused_there_at_once(
    both: tuple[Store, SparkStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LITTLE", -1)
    both[1].execute("create or replace temp view stage_0 as select * from requests")
    for name in sorted(registry.load("what_ifs").keys() - set(limits.BEYOND)):
        with pytest.raises(LlmcostError, match="is replayed on Spark for up to"):
            run(both[1], parse(name), "stage_0", "stage_1")


def test_a_session_that_means_something_else_is_refused_and_not_stopped(spark: Any, sampled: Path) -> None:
    other = spark.newSession()
    start.check(other)
    other.conf.set("spark.sql.timestampType", "TIMESTAMP_LTZ")
    with pytest.raises(LlmcostError, match=r"spark.sql.timestampType = TIMESTAMP_LTZ"):
        start.check(other)
    assert spark.sql("select 1").collect()


def test_a_session_that_is_there_is_used_and_left_as_it_is(spark: Any, sampled: Path) -> None:
    from llmcost import spark as of_spark

    other = spark.newSession()
    other.conf.set("spark.sql.timestampType", "TIMESTAMP_LTZ")
    other.sql("select 1 as it").createOrReplaceTempView("requests")
    opened = of_spark.open(other, str(sampled / "lake"), timezone="Europe/Berlin")
    there = library.open_store(sampled / "a.duckdb", timezone="Europe/Berlin")
    expected = there.report(by=["feature", "month"], since="2026-11")
    found = opened.report(by=["feature", "month"], since="2026-11")
    assert near(found.document()["rows"], expected.document()["rows"])
    assert list(found.table.columns) == list(expected.table.columns)
    assert [row.it for row in other.sql("select it from requests").collect()] == [1]
    assert other.conf.get("spark.sql.timestampType") == "TIMESTAMP_LTZ"
    for name in ("verify", "backtest"):
        with pytest.raises(LlmcostError, match=f"llmcost {name} does not run on Spark"):
            getattr(opened, name)()
    with pytest.raises(LlmcostError, match="does not run on Spark"):
        opened.report(scenario="it")


def _slow(task: int, cores: int) -> int:
    import time

    time.sleep(0.5)
    return task + cores


def test_what_its_stages_have_done_is_told(spark: Any) -> None:
    said: list[tuple[str, int, int]] = []
    with watch.telling(spark, lambda *words: said.append(words)):
        assert tasks.run(spark, _slow, 6) == [1, 2, 3, 4, 5, 6]
    assert said
    assert {words[0].rpartition(" ")[0] for words in said} == {"Spark, stage"}
    assert {words[2] for words in said} == {6}
    assert sorted(words[1] for words in said) == [words[1] for words in said], "it goes on"


def test_a_notebook_reads_logs_into_a_lake(spark: Any, tmp_path: Path) -> None:
    from llmcost import spark as of_spark

    log = write(tmp_path / "a.jsonl", [call(1), call(2), "{no json"])
    account = of_spark.ingest(spark, str(log), str(tmp_path / "lake"))
    assert (account.total("requests"), account.total("rejects"), account.files) == (2, 1, 1)
    assert lake.find(str(tmp_path / "lake")).manifest["rows"] == 2
    with pytest.raises(LlmcostError, match="is not empty"):
        of_spark.ingest(spark, str(log), str(tmp_path / "lake"))


def test_what_spark_refuses_is_one_line(both: tuple[Store, SparkStore]) -> None:
    with pytest.raises(LlmcostError, match=r"Spark cannot do this: .*no_such_function") as caught:
        both[1].rows("select no_such_function(whole) from probe")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("asked", sorted(limits.REFUSED.keys() - {"verify"}))  # which has no option for it
def test_what_does_not_run_is_refused_before_anything_starts(
    sampled: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setattr(start, "session", None)  # whoever starts one fails
    words = [*asked.split(), *(["it"] if asked.endswith("--scenario") else [])]
    done = llmcost(*words, "--lake", "lake", "--engine", "spark", cwd=sampled)
    assert done.returncode == 1
    assert f"llmcost {asked} does not run on Spark: {limits.REFUSED[asked]}" in done.stderr
    assert done.stderr.count("\n") == 2, "an error and a hint"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--engine spark", "Spark reads a lake"),
        ("--master local[2]", "--master is Spark's"),
        ("--lake lake --engine spark --master local[2] --remote sc://it", "name two clusters"),
    ],
)
def test_options_that_do_not_go_together(sampled: Path, words: str, said: str) -> None:
    done = llmcost("report", *words.split(), cwd=sampled)
    assert done.returncode == 2
    assert said in done.stderr


def test_without_java_a_hint_says_what_to_install(sampled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    done = llmcost("report", "--lake", "lake", "--engine", "spark", cwd=sampled, JAVA_HOME="")
    assert done.returncode == 1
    assert "Spark needs Java" in done.stderr
    assert done.stderr.count("\n") == 2, "an error and a hint"


def test_without_pyspark_a_hint_says_what_to_install(sampled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    done = llmcost("report", "--lake", "lake", "--engine", "spark", cwd=sampled)
    assert done.returncode == 1
    assert "pip install 'llmcost-cli[spark]'" in done.stderr
