"""`--optimize`: the cheapest stack under limits, against every stack simulated by itself."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from llmcost.engine import registry
from llmcost.errors import UsageError
from llmcost.what_ifs.search.optimize import Limits, limits, space
from tests.command import llmcost
from tests.logs import Row, call, write

LOG: list[Row | str] = [
    call(
        n, model="claude-opus-4-7", task_type="classification", complexity=0.1,
        prompt_hash=f"h{n // 2}", output_hash=f"o{n // 3}", output_tokens=50 + n, session_id=f"s{n % 4}",
        prefix=[{"hash": "shared", "tokens": 5000}, {"hash": f"own {n}", "tokens": 6000}], input_tokens=6000,
        latency_ms=5.0,
    )
    for n in range(1, 40)
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("optimize")
    write(made / "log.jsonl", LOG)
    assert llmcost("ingest", "log.jsonl", cwd=made).returncode == 0
    return made


def found(folder: Path, *words: str) -> dict[str, Any]:
    done = llmcost("simulate", *words, "--format", "json", cwd=folder)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def stacked(*words: str) -> list[str]:
    return [part for word in words for part in ("--what-if", word)]


ALLOWED = "--allow-changed-answers"
SEARCHED = ("token-caps", "batch-api", "response-caching")


def test_nothing_in_the_grid_is_cheaper(folder: Path) -> None:
    """Every stack of the grid is simulated by itself: the search finds the cheapest, and counts what it tried."""
    best = found(folder, "--optimize", *stacked(*SEARCHED))
    options = [[None, *(step.word for step in options)] for options in space(SEARCHED).techniques]
    costs = {
        words: found(folder, *stacked(*words))["result"]["cost_usd"]
        for choice in product(*options)
        if (words := tuple(word for word in choice if word))
    }
    assert best["result"]["cost_usd"] == pytest.approx(min(costs.values()))
    assert costs[tuple(best["optimize"]["chosen"])] == pytest.approx(min(costs.values()))
    for one in best["optimize"]["frontier"]:
        if one["stack"]:
            assert one["cost_usd"] == pytest.approx(costs[tuple(one["stack"])]), one["stack"]


def test_the_frontier_has_no_stack_that_another_beats(folder: Path) -> None:
    frontier = found(folder, "--optimize", ALLOWED)["optimize"]["frontier"]
    assert len(frontier) > 2

    def harm(one: dict[str, Any]) -> tuple[float, ...]:
        unknown = float("inf")
        delay = unknown if one["added_latency_ms"] is None else one["added_latency_ms"]
        return one["cost_usd"], one["truncated_share"], delay, unknown if one["quality"] is None else -one["quality"]

    for one in frontier:
        assert not [
            other
            for other in frontier
            if other != one and all(a <= b for a, b in zip(harm(other), harm(one), strict=True))
        ]
    assert [one["cost_usd"] for one in frontier] == sorted((one["cost_usd"] for one in frontier), reverse=True)


def test_by_default_answers_stay_as_they_are(folder: Path) -> None:
    best = found(folder, "--optimize")
    altering = {query.name for query in registry.load("what_ifs").values() if query.field("alters")}
    tried = {word.split(":")[0] for one in best["optimize"]["frontier"] for word in one["stack"]}
    assert tried
    assert not tried & altering
    assert {one["what_if"] for one in best["optimize"]["not_searched"]} == altering & {
        query.name for query in registry.load("what_ifs").values() if query.field("grid")
    }
    free = found(folder, "--optimize", ALLOWED)
    assert free["optimize"]["not_searched"] == []
    assert free["result"]["cost_usd"] < best["result"]["cost_usd"]
    named = found(folder, "--optimize", *stacked("all", "token-caps"))
    assert "token-caps" in {word.split(":")[0] for word in named["optimize"]["chosen"]}
    assert "routing" in {one["what_if"] for one in named["optimize"]["not_searched"]}


def test_no_search_cuts_the_tool_calls_of_an_agent(tmp_path: Path) -> None:
    """An agent's session: most answers call a tool, some say nothing of why they ended. No setting cuts any of them."""
    rows: list[Row | str] = [
        call(
            n, model="claude-opus-4-7", session_id="s", output_tokens=10 * n, latency_ms=5.0,
            stop_reason=("tool_use", None, "tool_calls", "end_turn")[n % 4],
        )
        for n in range(1, 41)
    ]  # fmt: skip
    write(tmp_path / "log.jsonl", rows)
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    for setting in ("token-caps:percentile=0", "token-caps:percentile=0.8"):
        best = found(tmp_path, "--optimize", ALLOWED, *stacked(setting))
        [stage] = best["stages"]
        assert 0 < stage["effects"]["answers_cut_short"] <= 10, "only of the ten that end a turn"


def test_a_limit_on_cut_answers_is_kept(folder: Path) -> None:
    free = found(folder, "--optimize", *stacked("token-caps"))
    assert free["stages"][0]["effects"]["answers_cut_short"] == 39, "the article's cap of 10 cuts every answer"
    bound = found(folder, "--optimize", *stacked("token-caps"), "--limit", "truncated=6%")
    assert bound["optimize"]["chosen"] == ["token-caps:percentile=0.95"]
    assert 0 < bound["stages"][0]["effects"]["answers_cut_short"] / 39 <= 0.06
    none = found(folder, "--optimize", *stacked("token-caps"), "--limit", "truncated=0")
    assert (none["optimize"]["chosen"], none["result"]["saved_usd"]) == ([], 0)


def test_a_limit_on_delay_leaves_out_what_waits(folder: Path) -> None:
    """The batch API answers within a day; a second's limit forbids it, a day's does not."""
    second = found(folder, "--optimize", *stacked("batch-api:sessions=move"), "--limit", "added-latency-ms=1000")
    assert second["optimize"]["chosen"] == []
    day = found(folder, "--optimize", *stacked("batch-api:sessions=move"), "--limit", "added-latency-ms=86400000")
    assert day["optimize"]["chosen"] == ["batch-api:sessions=move"]
    assert day["optimize"]["frontier"][-1]["added_latency_ms"] == 86_400_000


def test_a_limit_on_quality_leaves_out_what_cannot_prove_it(folder: Path) -> None:
    best = found(folder, "--optimize", ALLOWED, "--limit", "quality=0")
    named = {word.split(":")[0] for word in best["optimize"]["chosen"]}
    assert "routing" not in named
    [why] = {one["why"] for one in best["optimize"]["left_out"] if one["what_if"].startswith("routing")}
    assert why.startswith("cannot prove the quality")


def test_cached_answers_that_differ_lower_the_quality(folder: Path) -> None:
    """Prompts repeat in pairs and answers in threes: a third of the pairs differ in their answers."""
    differ = sum(n // 2 == (n - 1) // 2 and n // 3 != (n - 1) // 3 for n in range(2, 40))
    words = stacked("response-caching:differing=served")
    free = found(folder, "--optimize", *words)
    assert free["optimize"]["frontier"][-1]["quality"] == pytest.approx(1 - differ / 39)
    bound = found(folder, "--optimize", *words, "--limit", f"quality={1 - (differ - 1) / 39}")
    assert bound["optimize"]["chosen"] == []
    asked = found(folder, "--optimize", *stacked("response-caching"))
    assert asked["optimize"]["frontier"][-1]["quality"] == 1, "those that differ are asked again"


def test_answers_that_a_cap_cuts_short_lower_the_quality(folder: Path) -> None:
    """Every answer is longer than the 10 tokens of the article's cap, and no other setting of the grid cuts so many."""
    words = stacked("token-caps:percentile=none,classification=10")
    free = found(folder, "--optimize", *words)["optimize"]["frontier"][-1]
    assert (free["truncated_share"], free["quality"]) == (1.0, 0.0)
    assert found(folder, "--optimize", *words, "--limit", "quality=0.5")["optimize"]["chosen"] == []


@pytest.mark.parametrize(("right", "quality"), [(39, 1.0), (30, 30 / 39), (0, 0.0)])
def test_answers_that_an_outcomes_file_calls_wrong_lower_the_quality(folder: Path, right: int, quality: float) -> None:
    ids = [row["request_id"] for row in LOG if isinstance(row, dict)]
    lines = [
        f"{name},claude-haiku-5-5,{number < right}\n{name},claude-opus-4-7,true\n" for number, name in enumerate(ids)
    ]
    (folder / "outcomes.csv").write_text("prompt,model,correct\n" + "".join(lines))
    words = stacked("routing:outcomes=outcomes.csv")
    free = found(folder, "--optimize", *words)["optimize"]["frontier"][-1]
    assert free["stack"]
    assert free["quality"] == pytest.approx(quality)
    bound = found(folder, "--optimize", *words, "--limit", f"quality={quality}")
    assert bound["optimize"]["chosen"] == free["stack"]
    if quality < 1:
        bound = found(folder, "--optimize", *words, "--limit", f"quality={quality + 0.01}")
        assert bound["optimize"]["chosen"] == []


def test_only_a_second_try_delays_a_routed_request(tmp_path: Path) -> None:
    rows: list[Row | str] = [row | {"latency_ms": None} for row in LOG if isinstance(row, dict)]
    write(tmp_path / "log.jsonl", rows)
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    limit = ("--limit", "added-latency-ms=500")
    rule = found(tmp_path, "--optimize", *stacked("routing"), *limit)
    assert rule["optimize"]["chosen"][0].startswith("routing")
    cascade = found(tmp_path, "--optimize", *stacked("routing:by=cascade"), *limit)
    assert cascade["optimize"]["chosen"] == []


def test_what_the_user_sets_is_not_searched(folder: Path) -> None:
    assert [[step.word for step in options] for options in space(["token-caps:percentile=0.5"]).techniques] == [
        ["token-caps:percentile=0.5"]
    ]
    best = found(folder, "--optimize", *stacked("response-caching:ttl=2s"))
    assert {one["what_if"] for one in best["optimize"]["left_out"]} | set(best["optimize"]["chosen"]) == {
        "response-caching:ttl=2s"
    }


def test_fewer_stacks_where_the_user_says_so(folder: Path) -> None:
    best = found(folder, "--optimize", ALLOWED, "--stacks", "4")
    assert best["optimize"]["stacks_tried"] <= 4
    assert any("not tried" in one["why"] for one in best["optimize"]["left_out"])


def test_the_same_search_finds_the_same(folder: Path) -> None:
    words = ("--optimize", *stacked("response-caching", "token-caps"))
    assert found(folder, *words) == found(folder, *words)


def test_what_the_log_lacks_is_said(tmp_path: Path) -> None:
    """A single bare request: only another model and the batch API can be projected; the others say why."""
    write(tmp_path / "log.jsonl", [call(1)])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    best = found(tmp_path, "--optimize", ALLOWED)
    assert best["optimize"]["chosen"] == ["model-swap:target=cheaper", "batch-api"]
    why = {one["what_if"]: one["why"] for one in best["optimize"]["left_out"]}
    assert why["response-caching"].startswith("cannot be projected: no request has ")
    assert "a hash of its whole prompt" in why["response-caching"]
    assert "no request has the task type or complexity that decides" in why["routing:upgrade=false"]


def test_traffic_without_a_price_is_left_as_it_is(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", [call(n, model="a-model-without-a-price") for n in range(1, 4)])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    best = found(tmp_path, "--optimize")
    assert best["optimize"]["chosen"] == []
    assert any("no request has a price" in note for note in best["notes"])


def test_a_saved_optimum_is_a_scenario(folder: Path) -> None:
    best = found(folder, "--optimize", *stacked("batch-api"), "--save", "cheapest")
    done = llmcost("report", "--scenario", "cheapest", "--format", "json", cwd=folder)
    assert json.loads(done.stdout)["total"]["cost_usd"] == pytest.approx(best["result"]["cost_usd"])


@pytest.mark.parametrize("form", ["table", "csv", "markdown"])
def test_it_is_written_in_every_format(folder: Path, form: str) -> None:
    done = llmcost("simulate", "--optimize", *stacked("token-caps"), "--format", form, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "token-caps" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100 or form != "table"


def test_limits_are_read() -> None:
    words = ["truncated=1%", "added-latency-ms=500", "quality=0.95"]
    assert limits(words) == Limits(truncated=0.01, added_latency_ms=500, quality=0.95)


@pytest.mark.parametrize(
    "word",
    ["truncated=2", "truncated", "truncated=nan", "quality=-0.1", "added-latency-ms=soon", "added-latency-ms=inf"],
)
def test_a_limit_that_is_none(word: str) -> None:
    with pytest.raises(UsageError, match="not a value"):
        limits([word])


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--limit", "truncated=1%"), "--limit needs --optimize"),
        (("--optimize", "--limit", "truncation=1%"), "there is no limit named truncation"),
        (("--optimize", "--limit", "quality=1", "--limit", "quality=0.9"), "given twice"),
        (("--optimize", "--what-if", "self-hosted"), "self-hosted is not part of"),
        (("--optimize", "--show-sql"), "--show-sql needs one stack"),
    ],
)
def test_what_does_not_go_with_it(tmp_path: Path, words: tuple[str, ...], part: str) -> None:
    done = llmcost("simulate", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert part in done.stderr


def test_every_grid_belongs_to_a_what_if_that_has_a_place() -> None:
    for query in registry.load("what_ifs").values():
        assert not query.fields.get("grid") or query.field("order"), query.name
