"""Scenarios: kept by name, reported on like any traffic, laid side by side."""

import json
from pathlib import Path
from typing import Any

import pytest

from sample_logs import generate
from tests.command import Done, llmcost
from tests.logs import Row, call, write

LOG: list[Row | str] = [
    call(n, feature=f"f{n % 3}", model="claude-opus-4-7", task_type="classification", complexity=0.1, output_tokens=80,
         ts=f"2026-11-{1 + n % 9:02}T10:00:00Z", user_id=f"u{n % 2}", tags={"team": f"t{n % 5}"})
    for n in range(30)
]  # fmt: skip
SAMPLES = Path(generate.__file__).parent
STACK = ("--what-if", "routing:small=claude-haiku-4-5", "--what-if", "token-caps")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "log.jsonl", LOG)
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    return tmp_path


def read(done: Done) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_report_on_a_scenario_is_a_report_on_its_traffic(folder: Path) -> None:
    simulated = read(llmcost("simulate", *STACK, "--by", "feature", "--save", "cheap", "--format", "json", cwd=folder))
    words = ("report", "--scenario", "cheap", "--format", "json")
    by_model = read(llmcost(*words, "--by", "model", cwd=folder))
    assert [row["model"] for row in by_model["rows"]] == ["claude-haiku-4-5"]
    assert by_model["total"]["cost_usd"] == pytest.approx(simulated["result"]["cost_usd"])
    assert by_model["total"]["output_tokens"] == 30 * 10
    assert any(note.startswith("scenario cheap: routing:") for note in by_model["notes"])
    one = read(llmcost(*words, "--by", "feature", "--feature", "f1", cwd=folder))
    assert [row["requests"] for row in one["rows"]] == [10]
    page = llmcost("report", "--scenario", "cheap", "--format", "html", cwd=folder)
    assert "scenario cheap" in page.stdout


def test_simulate_report_and_compare_count_the_same_requests(tmp_path: Path) -> None:
    """Requests that only the stack gives a price are excluded from totals, and what a stack adds is in all of them."""
    assert llmcost("ingest", SAMPLES, cwd=tmp_path).returncode == 3
    logged = read(llmcost("report", "--by", "model", "--format", "json", cwd=tmp_path))["total"]
    assert logged["unpriced_requests"] > 0
    for target in ("routing:by=cascade", "model-swap:target=claude-opus-4-7"):
        words = ("--what-if", target, "--what-if", "request-batching", "--save", "it", "--format", "json")
        simulated = read(llmcost("simulate", *words, cwd=tmp_path))
        total = read(llmcost("report", "--scenario", "it", "--by", "model", "--format", "json", cwd=tmp_path))["total"]
        compared = read(llmcost("compare", "it", "--format", "json", cwd=tmp_path))
        assert total["cost_usd"] == pytest.approx(simulated["result"]["cost_usd"], abs=1e-9)
        assert compared["total"]["a_cost_usd"] == pytest.approx(simulated["baseline"]["cost_usd"], abs=1e-9)
        assert compared["total"]["b_cost_usd"] == pytest.approx(simulated["result"]["cost_usd"], abs=1e-9)
        assert total["unpriced_requests"] == logged["unpriced_requests"]
        assert any("excluded from totals" in note for note in compared["notes"])


@pytest.mark.parametrize(
    "words",
    [
        ("--feature", "f1", "--since", "2026-11-02", "--until", "2026-11-05"),
        ("--user", "u1", "--tag", "team=t1", "--tag", "team=t2"),
    ],
    ids=["window", "filters"],
)
def test_a_window_and_filters_are_kept_with_it(folder: Path, words: tuple[str, ...]) -> None:
    simulated = read(llmcost("simulate", *STACK, *words, "--save", "part", "--format", "json", cwd=folder))
    total = read(llmcost("report", "--scenario", "part", "--format", "json", cwd=folder))["total"]
    assert total["requests"] == simulated["baseline"]["requests"] < 30
    assert total["cost_usd"] == pytest.approx(simulated["result"]["cost_usd"])


def test_two_side_by_side(folder: Path) -> None:
    for words in (STACK, ("--what-if", "token-caps")):
        saved = llmcost("simulate", *words, "--save", "cheap" if words is STACK else "capped", cwd=folder)
        assert saved.returncode == 0, saved.stderr
    logged = read(llmcost("report", "--by", "feature", "--format", "json", cwd=folder))
    compared = read(llmcost("compare", "capped", "cheap", "--format", "json", cwd=folder))
    assert (compared["a"], compared["b"]) == ("capped", "cheap")
    total = compared["total"]
    assert total["difference_usd"] == pytest.approx(total["b_cost_usd"] - total["a_cost_usd"])
    for place in "ab":
        assert total[f"{place}_cost_usd"] == pytest.approx(sum(row[f"{place}_cost_usd"] for row in compared["rows"]))
    alone = read(llmcost("compare", "cheap", "--format", "json", cwd=folder))
    assert alone["total"]["a_cost_usd"] == pytest.approx(logged["total"]["cost_usd"])
    same = read(llmcost("compare", "logged", "logged", "--format", "json", cwd=folder))
    assert same["total"]["difference_usd"] == 0
    by_model = read(llmcost("compare", "cheap", "--by", "model", "--format", "json", cwd=folder))
    costs = {row["model"]: (row["a_cost_usd"], row["b_cost_usd"]) for row in by_model["rows"]}
    assert costs["claude-opus-4-7"][1] is None
    assert costs["claude-haiku-4-5"][0] is None


def test_it_is_listed_and_replaced(folder: Path) -> None:
    assert "There are no saved scenarios" in llmcost("compare", cwd=folder).stdout
    llmcost("simulate", "--what-if", "token-caps", "--save", "mine", cwd=folder)
    llmcost("simulate", "--what-if", "batch-api", "--save", "mine", cwd=folder)
    listed = llmcost("compare", cwd=folder).stdout
    assert "batch-api" in listed
    assert "token-caps" not in listed


@pytest.mark.parametrize(
    ("words", "status", "part"),
    [
        (("report", "--scenario", "chaep"), 2, "did you mean cheap?"),
        (("compare", "chaep"), 2, "did you mean cheap?"),
        (("compare", "cheap", "cheap", "cheap"), 2, "two scenarios"),
        (("simulate", "--what-if", "token-caps", "--save", "logged"), 2, "logged"),
        (("simulate", "--what-if", "token-caps", "--save", "../x"), 2, "not a valid name"),
    ],
)
def test_wrong_names(folder: Path, words: tuple[str, ...], status: int, part: str) -> None:
    llmcost("simulate", "--what-if", "token-caps", "--save", "cheap", cwd=folder)
    done = llmcost(*words, cwd=folder)
    assert (done.returncode, done.stdout) == (status, "")
    assert part in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2


def test_what_costs_nobody_knows_what_has_no_difference(tmp_path: Path) -> None:
    rows = [call(n, feature="a", model="home-grown-7b") for n in range(3)] + [call(n, feature="b") for n in range(3, 6)]
    write(tmp_path / "log.jsonl", rows)
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    assert llmcost("simulate", "--what-if", "batch-api", "--save", "it", cwd=tmp_path).returncode == 0
    found = read(llmcost("compare", "it", "--format", "json", cwd=tmp_path))
    differs = {row["feature"]: row["difference_usd"] for row in found["rows"]}
    assert differs["a"] is None
    assert differs["b"] == found["total"]["difference_usd"] < 0
