"""`--what-if all`: each technique alone, the stack in the order of the headers, and what is lost in between."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from llmcost.engine import registry
from llmcost.render import cells
from tests.command import llmcost
from tests.logs import Row, call, write

LOG: list[Row | str] = [
    call(
        n, feature=f"f{n % 3}", model="claude-opus-4-7", task_type="classification", complexity=0.1,
        prompt_hash=f"h{n // 2}", output_tokens=50 + n, session_id=f"s{n % 4}", latency_ms=5.0,
        prefix=[{"hash": "shared", "tokens": 5000}, {"hash": f"own {n}", "tokens": 6000}], input_tokens=6000,
    )
    for n in range(1, 60)
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose store holds the log."""
    made = tmp_path_factory.mktemp("everything")
    write(made / "log.jsonl", LOG)
    assert llmcost("ingest", "log.jsonl", cwd=made).returncode == 0
    return made


@pytest.fixture(scope="module")
def found(folder: Path) -> dict[str, Any]:
    """What `all` says of the log, where answers may change."""
    return simulated(folder, "all", options=["--allow-changed-answers"])


def simulated(folder: Path, *words: str, options: Sequence[str] = ()) -> dict[str, Any]:
    stack = [part for word in words for part in ("--what-if", word)]
    done = llmcost("simulate", *stack, *options, "--format", "json", cwd=folder)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_each_alone_is_its_own_simulation(folder: Path, found: dict[str, Any]) -> None:
    placed = [query.name for query in registry.load("what_ifs").values() if query.field("order")]
    assert sorted(row["what_if"] for row in found["alone"]) == sorted(placed)
    for row in found["alone"]:
        document = simulated(folder, row["word"])
        [stage] = document["stages"]
        if row["saved_usd"] is None:
            assert (stage["projected"], stage["saved_usd"]) == (False, None)
            assert any(note.startswith(f"{row['what_if']}: cannot be projected: ") for note in document["notes"])
            continue
        assert row["saved_usd"] == pytest.approx(stage["saved_usd"]), row["word"]
        assert (row["saved_low_usd"], row["saved_high_usd"]) == (stage["saved_low_usd"], stage["saved_high_usd"])


def test_the_stack_is_that_of_its_steps_in_the_order_of_their_headers(folder: Path, found: dict[str, Any]) -> None:
    names = [stage["what_if"] for stage in found["stages"]]
    orders = [int(registry.find("what_ifs", name).field("order")) for name in names]
    assert orders == sorted(orders)
    words = {row["what_if"]: row["word"] for row in found["alone"]}
    stacked = simulated(folder, *(words[name] for name in names))
    assert found["result"] == stacked["result"]
    assert all(stage["saved_usd"] > 0 for stage in found["stages"])
    left = {row["what_if"] for row in found["left_out"]}
    assert left | set(names) == set(words)
    assert not left & set(names)


def test_what_is_lost_is_the_difference(found: dict[str, Any]) -> None:
    stacked = {stage["what_if"] for stage in found["stages"]}
    alone = sum(row["saved_usd"] for row in found["alone"] if row["what_if"] in stacked)
    assert found["interaction"]["sum_of_alone_usd"] == pytest.approx(alone)
    assert found["interaction"]["lost_usd"] == pytest.approx(alone - found["result"]["saved_usd"])
    assert found["interaction"]["lost_usd"] > 0


def test_what_changes_answers_is_told_apart(folder: Path, found: dict[str, Any]) -> None:
    why = {stage["what_if"]: stage["changes_answers"] for stage in found["stages"]}
    assert why["routing"] == "the smaller model's answers are not judged"
    assert why.get("prompt-caching") is None
    kept = sum(stage["saved_usd"] for stage in found["stages"] if stage["changes_answers"] is None)
    assert found["result"]["saved_with_the_same_answers_usd"] == pytest.approx(kept)
    assert 0 < kept < found["result"]["saved_usd"]
    done = llmcost("simulate", "--what-if", "all", "--allow-changed-answers", cwd=folder)
    headline = " ".join(done.stdout.partition("Each technique alone")[0].split())
    assert f"{cells.usd(kept)} of it leaves answers as they are; the rest changes them, or may (" in headline


def test_by_default_the_stack_leaves_answers_as_they_are(folder: Path, found: dict[str, Any]) -> None:
    kept = simulated(folder, "all")
    altering = {query.name for query in registry.load("what_ifs").values() if query.field("alters")}
    assert kept["alone"] == [
        row | {"in_stack_usd": new["in_stack_usd"], "note": new["note"]}
        for row, new in zip(found["alone"], kept["alone"], strict=True)
    ], "each technique alone is what it was"
    assert altering & {row["what_if"] for row in kept["alone"]}
    assert not altering & {stage["what_if"] for stage in kept["stages"]}
    assert [stage["changes_answers"] for stage in kept["stages"] if stage["what_if"] != "response-caching"] == [
        None
    ] * (len(kept["stages"]) - ("response-caching" in {stage["what_if"] for stage in kept["stages"]}))
    why = {row["what_if"]: row["why"] for row in kept["left_out"]}
    assert why["routing"].startswith("changes answers: ")
    headline = llmcost("simulate", "--what-if", "all", cwd=folder).stdout.partition("Each technique alone")[0]
    assert f"{cells.usd(kept['result']['saved_usd'])} (" in headline


def test_a_technique_that_is_named_is_stacked(folder: Path) -> None:
    named = simulated(folder, "all", "token-caps")
    changing = {stage["what_if"] for stage in named["stages"] if stage["changes_answers"]}
    assert "token-caps" in changing
    assert not {"routing", "request-batching"} & changing


def test_why_a_technique_costs_more_is_said(tmp_path: Path) -> None:
    """Every request reads 10,000 tokens at a tenth of the price; in a batch it pays half, but reads nothing."""
    read = {"cache_read_tokens": 10_000, "input_tokens": 0, "output_tokens": 0, "model": "claude-opus-4-7"}
    write(tmp_path / "log.jsonl", [call(n, **read) for n in range(1, 9)])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    words = "batch-api:cache_hits=0"
    [row] = [row for row in simulated(tmp_path, "all", words)["alone"] if row["what_if"] == "batch-api"]
    assert row["saved_usd"] < 0
    document = simulated(tmp_path, words)
    by_kind = re.findall(r"([a-z ]+) ([+−])\$([\d.]+)", row["note"].partition("more: ")[2].partition(";")[0])
    assert len(by_kind) > 1
    total = sum(float(usd) * (1 if sign == "+" else -1) for _, sign, usd in by_kind)
    assert total == pytest.approx(-row["saved_usd"], abs=0.01 * len(by_kind))
    assert any("batch-api: costs $" in note for note in document["notes"])
    shown = " ".join(llmcost("simulate", "--what-if", "all", "--what-if", words, cwd=tmp_path).stdout.split())
    assert "alone costs $" in shown
    assert row["note"].startswith("alone costs $"), "no step comes before it, so the same is not said twice"
    assert "response-caching, semantic-caching: cannot be projected: " in shown, "one reason, one line"


def test_the_three_of_the_article_are_that_stack(folder: Path, found: dict[str, Any]) -> None:
    words = {row["what_if"]: row["word"] for row in found["alone"]}
    three = simulated(folder, *(words[name] for name in found["article"]["what_ifs"]))
    assert found["article"]["saved_share"] == pytest.approx(three["result"]["saved_share"])


def test_a_step_next_to_all_sets_its_parameters(folder: Path) -> None:
    alone = simulated(folder, "all", "token-caps:classification=60")["alone"]
    assert "token-caps:classification=60" in [row["word"] for row in alone]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--what-if", "all", "--what-if", "self-hosted"), "self-hosted is not part of"),
        (("--what-if", "all", "--show-sql"), "--show-sql needs one stack"),
    ],
)
def test_what_does_not_go_with_all(tmp_path: Path, words: tuple[str, ...], part: str) -> None:
    done = llmcost("simulate", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert part in done.stderr


@pytest.mark.parametrize("form", ["table", "csv", "markdown"])
def test_it_is_written_in_every_format(folder: Path, form: str) -> None:
    done = llmcost("simulate", "--what-if", "all", "--format", form, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "routing" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100 or form != "table"


def test_what_the_log_does_not_tell_is_no_zero(tmp_path: Path) -> None:
    """A bare log knows no prompts, tasks and sessions: only another model and the batch API can be projected."""
    write(tmp_path / "log.jsonl", [call(n) for n in range(1, 9)])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    found = simulated(tmp_path, "all")
    saved = {row["what_if"]: row["saved_usd"] for row in found["alone"]}
    assert [name for name, usd in saved.items() if usd is not None] == ["model-swap", "batch-api"]
    for row in found["alone"]:
        assert row["saved_usd"] is not None or row["note"].startswith("cannot be projected: no request has "), row
    assert (found["article"]["replayed"], found["article"]["saved_usd"], found["article"]["saved_share"]) == (
        [], None, None,
    )  # fmt: skip
    shown = llmcost("simulate", "--what-if", "all", "--details", cwd=tmp_path).stdout
    assert "none of the three can be replayed" in " ".join(shown.split())
    assert "less" not in shown.split()


def test_what_some_requests_lack_is_said(tmp_path: Path) -> None:
    rows: list[Row | str] = [
        call(n, **({"task_type": "classification", "complexity": 0.1} if n > 3 else {})) for n in range(1, 5)
    ]
    write(tmp_path / "log.jsonl", rows)
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    found = simulated(tmp_path, "all")
    [routing] = [row for row in found["alone"] if row["what_if"] == "routing"]
    assert routing["saved_usd"] > 0
    assert "25% of the requests have the task type or complexity that decides" in routing["note"]
    assert found["article"]["replayed"] == ["routing"]
    shown = " ".join(llmcost("simulate", "--what-if", "all", "--details", cwd=tmp_path).stdout.split())
    assert f"1 of the 3 can be replayed (routing): {found['article']['saved_share']:.1%}" in shown
