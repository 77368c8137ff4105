"""A lake answers as the store does that it was written from, and one that is not whole answers nothing."""

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from llmcost.engine import access, lake
from llmcost.errors import LlmcostError
from llmcost.reports import export
from llmcost.reports.filters import Filters
from llmcost.reports.scope import Scope
from tests.command import llmcost
from tests.logs import call, ingested, write

QUESTIONS = (
    "report",
    "report --by prompt,month --timezone Europe/Berlin --since 2026-11",
    "report --logged",
    "explain",
    "audit",
    "audit --show paid-errors",
    "simulate --what-if response-caching --what-if token-caps --by feature",
)


@pytest.fixture(scope="module")
def sampled(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample logs as the store `llmcost.duckdb` and as the lake `lake`."""
    folder = tmp_path_factory.mktemp("lake")
    shutil.copy(samples, folder / "llmcost.duckdb")
    written_from(folder / "llmcost.duckdb", folder / "lake")
    return folder


@pytest.fixture
def small(tmp_path: Path) -> Path:
    with ingested(tmp_path / "small.duckdb", write(tmp_path / "a.jsonl", [call(1, feature="a"), call(2, ts=None)])):
        pass
    return written_from(tmp_path / "small.duckdb", tmp_path / "lake")


def written_from(store: Path, to: Path, covered: Scope | None = None) -> Path:
    with access.reading(store) as opened:
        export.export(opened, covered or Scope(), str(to), lake.FORMAT)
    return to


def answered(words: str, cwd: Path) -> Any:
    done = llmcost(*words.split(), "--format", "json", cwd=cwd)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    if isinstance(answer.get("provenance"), dict):
        assert answer["provenance"].pop("store") == ("lake" if "--lake" in words else "llmcost.duckdb")
    return answer


@pytest.mark.parametrize("words", QUESTIONS)
def test_a_lake_answers_as_its_store(sampled: Path, words: str) -> None:
    assert answered(f"{words} --lake lake", sampled) == answered(words, sampled)


def test_a_lake_elsewhere_is_read_through_its_file_system(sampled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = answered("report --by prompt --lake lake", sampled)
    monkeypatch.setattr(lake.Lake, "folder", None)
    assert answered("report --by prompt --lake lake", sampled) == here


def test_a_lake_of_nothing_is_empty(tmp_path: Path) -> None:
    with access.writing(tmp_path / "empty.duckdb"):
        pass
    written_from(tmp_path / "empty.duckdb", tmp_path / "lake")
    assert answered("report --lake lake", tmp_path)["total"]["requests"] == 0


def test_a_lake_of_some_requests_has_the_texts_of_no_others(tmp_path: Path) -> None:
    with ingested(tmp_path / "a.duckdb", write(tmp_path / "a.jsonl", [call(1, feature="a"), call(2, feature="b")])):
        pass
    with access.writing(tmp_path / "a.duckdb") as opened:
        opened.execute("insert into texts select request_id, null, feature, null from requests")
        opened.execute("insert into ruled select request_id from requests")
    found = lake.find(
        str(written_from(tmp_path / "a.duckdb", tmp_path / "lake", Scope(filters=Filters(features=("a",)))))
    )
    with found.table("texts") as texts, found.table("ruled") as ruled:
        assert texts.read_all()["prompt"].to_pylist() == ["a"]
        assert ruled.read_all()["request_id"].to_pylist() == ["req_1"]


def test_texts_are_written_and_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ingested(tmp_path / "a.duckdb", write(tmp_path / "a.jsonl", [call(number) for number in range(5001)])):
        pass
    with access.writing(tmp_path / "a.duckdb") as opened:
        opened.execute("insert into texts select request_id, null, 'prompt ' || request_id, null from requests")
        texts = opened.rows("from texts order by request_id")
    monkeypatch.setattr(export, "_PART_BYTES", 1)
    folder = written_from(tmp_path / "a.duckdb", tmp_path / "lake")
    file = folder / "tables" / "texts.parquet"
    assert parquet.ParquetFile(file).num_row_groups == 3
    [told] = [
        one for one in json.loads((folder / "manifest.json").read_text("utf-8"))["tables"] if "texts" in one["path"]
    ]
    content = file.read_bytes()
    assert (told["rows"], told["bytes"], told["sha256"]) == (5001, len(content), sha256(content).hexdigest())
    with lake.reading(lake.find(str(folder))) as opened:
        assert opened.rows("from texts order by request_id") == texts


def test_what_reads_a_lake_changes_nothing_in_it(small: Path) -> None:
    before = {file: file.read_bytes() for file in small.rglob("*.*")}
    with lake.reading(lake.find(str(small))) as opened:
        opened.execute("delete from prices")
    assert {file: file.read_bytes() for file in small.rglob("*.*")} == before


def lose(folder: Path) -> None:
    next(folder.rglob("part-0.parquet")).unlink()


def cut(folder: Path) -> None:
    file = folder / "tables" / "prices.parquet"
    file.write_bytes(file.read_bytes()[:-1])


def changed(**entries: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        file = folder / lake.MANIFEST
        file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | entries), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lose, "is not whole"),
        (cut, "is not whole: tables/prices.parquet"),
        (lambda folder: (folder / lake.MANIFEST).unlink(), "has no manifest.json"),
        (changed(format="parquet"), "not a lake but an export in the format parquet"),
        (changed(layout=99), "layout 99, here"),
        (changed(schema=1), "schema 1, here"),
        (changed(files="all"), "lists no files"),
        (changed(files=[{"path": "../secret.parquet", "bytes": 1}]), "its manifest names ../secret.parquet"),
        (lambda folder: (folder / lake.MANIFEST).write_text("{"), "cannot be read"),
        (lambda folder: (folder / lake.MANIFEST).write_text("[]"), "not a lake"),
    ],
)
def test_what_is_not_a_whole_lake_is_refused(small: Path, break_it: Callable[[Path], object], said: str) -> None:
    break_it(small)
    with pytest.raises(LlmcostError, match=said):
        lake.find(str(small))


def test_a_table_that_no_lake_has_is_not_made(small: Path) -> None:
    shutil.copy(small / "tables" / "ruled.parquet", small / "tables" / "requests.parquet")
    size = (small / "tables" / "requests.parquet").stat().st_size
    changed(tables=[{"path": "tables/requests.parquet", "bytes": size}])(small)
    with pytest.raises(LlmcostError, match="holds a table requests"):
        lake.reading(lake.find(str(small)))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("report --lake nowhere", "the lake nowhere cannot be read"),
        ("report --lake nosuch://bucket", "the lake nosuch://bucket cannot be read"),
        ("report --lake lake --db a.duckdb", "--lake and --db name two sources"),
        ("report a.jsonl --lake lake", "logs are read into a store"),
        ("simulate --what-if token-caps --save it --lake lake", "--save keeps a scenario in a store"),
    ],
)
def test_what_cannot_be_is_one_line(small: Path, words: str, said: str) -> None:
    done = llmcost(*words.split(), cwd=small.parent)
    assert done.returncode != 0
    assert said in done.stderr
    assert done.stderr.count("\n") == 2, "an error and a hint"


def test_prices_that_have_changed_since_are_said(small: Path, tmp_path: Path) -> None:
    (tmp_path / "llmcost.toml").write_text('[aliases]\n"claude-haiku-4-5" = "claude-sonnet-4-5"\n', encoding="utf-8")
    done = llmcost("report", "--lake", "lake", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "prices and features are those of the export" in done.stderr
