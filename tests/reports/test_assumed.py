"""A model that was assumed for a log stands in every report on it."""

import json
from pathlib import Path

import pytest

from llmcost.reports import assumed
from tests.command import llmcost
from tests.logs import call, write

TRACE = [{"timestamp": n, "input_length": 100_000, "output_length": 50_000, "hash_ids": [n]} for n in range(4)]
SAID = "4 requests come from a log that names no model: $1.40 assuming claude-haiku-4-5"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("trace")
    write(made / "trace.jsonl", TRACE)
    done = llmcost("ingest", "trace.jsonl", cwd=made)
    assert "Spend: $1.40 assuming claude-haiku-4-5." in done.stdout
    return made


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("report",), "$1.40 assuming claude-haiku-4-5 for 4 requests"),
        (("report", "--by", "model", "--details"), SAID),
        (("audit",), "that cost $1.40 assuming claude-haiku-4-5"),
        (("simulate", "--what-if", "batch-api"), "as logged assuming claude-haiku-4-5"),
        (("simulate", "--what-if", "all"), "assuming claude-haiku-4-5"),
    ],
)
def test_it_is_said_with_the_cost(folder: Path, words: tuple[str, ...], part: str) -> None:
    done = llmcost(*words, cwd=folder, COLUMNS="300")
    assert part in " ".join(done.stdout.split()), done.stdout + done.stderr


@pytest.mark.parametrize(
    "words",
    [("report",), ("report", "--by", "model"), ("audit",), ("simulate", "--what-if", "batch-api"),
     ("ingest", "trace.jsonl", "--again")],
)  # fmt: skip
def test_json_lists_it_under_assumptions(folder: Path, words: tuple[str, ...]) -> None:
    form = ("--json",) if words[0] == "ingest" else ("--format", "json")
    answer = json.loads(llmcost(*words, *form, cwd=folder).stdout)
    assert answer["assumptions"][0].startswith(SAID)


def test_of_several_logs_only_its_part_rests_on_it(tmp_path: Path) -> None:
    write(tmp_path / "trace.jsonl", TRACE)
    write(tmp_path / "log.jsonl", [call(1)])
    done = llmcost("ingest", "trace.jsonl", "log.jsonl", cwd=tmp_path)
    assert "; $1.40 of it assuming claude-haiku-4-5" in " ".join(done.stdout.split())
    assert "; $1.40 of it assuming" in " ".join(llmcost("report", cwd=tmp_path).stdout.split())


def test_where_nothing_is_assumed_nothing_is_said(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", [call(1)])
    assert json.loads(llmcost("ingest", "log.jsonl", "--json", cwd=tmp_path).stdout)["assumptions"] == []
    assert json.loads(llmcost("report", "--format", "json", cwd=tmp_path).stdout)["assumptions"] == []
    assert assumed.condition([], 5) == ""


def test_several_assumed_models_are_named() -> None:
    rows = [{"model": name, "requests": 1, "cost_usd": 0.5} for name in ("a", "b", "c", "d")]
    assert assumed.condition(rows, 4) == " assuming a and b and c and others"
    assert assumed.condition(rows[:2], 4) == "; $1.00 of it assuming a and b"


def test_a_model_assumed_for_several_formats_is_named_once() -> None:
    rows = [{"model": "claude-haiku-4-5", "requests": 1, "cost_usd": 1.0}] * 2
    assert assumed.condition(rows, 5) == "; $2.00 of it assuming claude-haiku-4-5"
