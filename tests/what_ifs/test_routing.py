"""Routing against a naive second version of it, and quality against direct counts."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmcost.engine import store
from llmcost.errors import LlmcostError
from llmcost.prices import book
from llmcost.what_ifs.inputs.outcomes import read as read_outcomes
from llmcost.what_ifs.quality import least_share, mean_over_shares
from tests.command import llmcost
from tests.logs import Row, call, write
from tests.what_ifs.traffic import START_US, fill, replayed

HAIKU, SONNET, OPUS, MINI = "claude-haiku-4-5", "claude-sonnet-4-5", "claude-opus-4-7", "gpt-4o-mini"
MODELS = {HAIKU: (1.0, 1.2), SONNET: (3.0, 1.2), OPUS: (5.0, 1.56), MINI: (0.15, 1.0)}  # input price, tokenizer
WORD = f"routing:small={MINI},middle={HAIKU},large={OPUS}"

requests = st.fixed_dictionaries(
    {
        "ts": st.just(START_US),
        "model": st.sampled_from(sorted(MODELS)),
        "feature": st.sampled_from([None, "a", "b"]),
        "task_type": st.sampled_from([None, "classification", "chat"]),
        "complexity": st.sampled_from([None, 0.0, 0.49, 0.5, 0.79, 0.8, 1.0]),
        "input_tokens": st.integers(0, 5000),
        "cache_read_tokens": st.integers(0, 5000),
        "output_tokens": st.integers(0, 5000),
        "latency_ms": st.one_of(st.none(), st.integers(0, 9000)),
    }
)
# of a request: how each model of the file did on it, and what it cost
answers = st.dictionaries(
    st.sampled_from([MINI, OPUS]), st.tuples(st.booleans(), st.one_of(st.none(), st.integers(0, 5))), max_size=2
)


@pytest.fixture(scope="module")
def opened() -> Iterator[store.Store]:
    with store.in_memory() as made:
        book.learn(made, [(None, model) for model in MODELS])
        yield made


def provider(model: str) -> str:
    return "openai" if model == MINI else "anthropic"


def naive_target(row: Row, by: str, upgrade: bool) -> str:
    """Where a request is sent, said again in plain words."""
    task, complexity = row["task_type"], row["complexity"]
    if (by != "complexity" and task is None) or (by != "task-type" and complexity is None):
        return str(row["model"])
    simple = by == "complexity" or task == "classification"
    if simple and (by == "task-type" or complexity < 0.5):
        target = MINI
    elif simple and complexity < 0.8:
        target = HAIKU
    else:
        target = OPUS
    return target if upgrade or MODELS[target][0] <= MODELS[row["model"]][0] else str(row["model"])


def naive_tokens(row: Row, target: str) -> dict[str, int]:
    """What a request is billed at another model that has none of its cache."""
    kept = {name: row[name] for name in ("input_tokens", "cache_read_tokens", "output_tokens")}
    if target == row["model"]:
        return kept
    ratio = MODELS[target][1] / MODELS[row["model"]][1]
    moved = {"input_tokens": row["input_tokens"] + row["cache_read_tokens"], "output_tokens": row["output_tokens"]}
    return {"cache_read_tokens": 0} | {name: half_up(tokens * ratio) for name, tokens in moved.items()}


def half_up(value: float) -> int:
    return int(value + 0.5)


def ran(opened: store.Store, word: str) -> dict[str, Row]:
    return {row["request_id"]: row for row in replayed(opened, word).rows}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(rows=st.lists(requests, min_size=1, max_size=8), by=st.sampled_from(["rule", "task-type", "complexity"]),
       upgrade=st.booleans())  # fmt: skip
def test_each_request_goes_where_the_naive_version_sends_it(
    opened: store.Store, rows: list[Row], by: str, upgrade: bool
) -> None:
    fill(opened, rows)
    found = ran(opened, f"{WORD},by={by},upgrade={str(upgrade).lower()}")
    for n, row in enumerate(rows):
        target = naive_target(row, by, upgrade)
        mine = found[f"r{n:03}"]
        assert (mine["model"], mine["provider"]) == (target, provider(target))
        assert {name: mine[name] for name in naive_tokens(row, target)} == naive_tokens(row, target)
    assert len(found) == len(rows)


def test_which_model_is_more_expensive_is_told_by_its_newest_plain_input_price() -> None:
    """Not by its output, another tier, longer prompts or what it cost before."""
    with store.in_memory() as made:
        book.learn(made, [(None, model) for model in MODELS])
        made.execute(f"update prices set output_usd_mtok = 999 where model = '{MINI}'")
        for other in ("'flex' as service_tier", "100000 as prompt_min", "date '2020-01-01' as valid_to"):
            made.execute(
                f"insert into prices by name select * replace ({other}, 999 as input_usd_mtok) from prices"
                f" where model = '{MINI}' and service_tier = 'standard' limit 1"
            )
        task: Row = {"ts": START_US, "task_type": "classification", "complexity": 0.1, "output_tokens": 1}
        fill(made, [task | {"model": model, "input_tokens": 1} for model in (MINI, HAIKU)])
        sent = ran(made, f"routing:small={MINI},middle={HAIKU},large={HAIKU},upgrade=false")
        assert [row["model"] for row in sent.values()] == [MINI, MINI]
        back = ran(made, f"routing:small={HAIKU},middle={HAIKU},large={HAIKU},upgrade=false")
        assert [back[name]["model"] for name in ("r000", "r001")] == [MINI, HAIKU], (
            "the more expensive one gets nothing"
        )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(asked=st.lists(st.tuples(requests, answers), min_size=1, max_size=8))
def test_a_cascade_pays_for_both_tries(
    opened: store.Store, tmp_path_factory: pytest.TempPathFactory, asked: list[tuple[Row, dict[str, Any]]]
) -> None:
    fill(opened, [row for row, _ in asked])
    known = any(asked_of for _, asked_of in asked)
    path = outcomes_file(tmp_path_factory.mktemp("outcomes"), [found for _, found in asked])
    found = ran(opened, f"{WORD},by=cascade,escalate=0" + (f",outcomes={path}" if known else ""))
    ids: set[str] = set()
    for n, (row, outcomes) in enumerate(asked):
        moves = MODELS[MINI][0] < MODELS[row["model"]][0]
        right, cost = outcomes.get(MINI, (True, None))
        again = moves and not right
        tries = (
            {f"r{n:03} first try": MINI, f"r{n:03}": row["model"]}
            if again
            else {f"r{n:03}": MINI if moves else row["model"]}
        )
        for name, model in tries.items():
            assert found[name]["model"] == model
            tokens = naive_tokens(row, model)
            assert {part: found[name][part] for part in tokens} == tokens
            paid = None if cost is None or model != MINI or not moves else float(cost)
            assert found[name]["cost_override_usd"] == paid
        if again and row["latency_ms"] is not None:
            assert found[f"r{n:03}"]["latency_ms"] == 2 * row["latency_ms"]
        ids |= tries.keys()
    assert found.keys() == ids


def outcomes_file(folder: Path, found: list[dict[str, tuple[bool, int | None]]]) -> Path:
    """A file of outcomes by request."""
    path = folder / "outcomes.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["prompt", "model", "correct", "cost"])
        for n, outcomes in enumerate(found):
            for model, (right, cost) in outcomes.items():
                writer.writerow([f"r{n:03}", model, right, "" if cost is None else cost])
    return path


def test_how_often_a_cascade_asks_again_is_the_rate_given(opened: store.Store) -> None:
    row: Row = {"ts": START_US, "model": OPUS, "input_tokens": 1, "output_tokens": 1}
    fill(opened, [row] * 2000)
    found = ran(opened, f"{WORD},by=cascade,escalate=0.25")
    assert 2000 * 0.2 < len(found) - 2000 < 2000 * 0.3
    assert len(ran(opened, f"{WORD},by=cascade,escalate=1")) == 4000


def test_what_a_second_call_costs_counts_for_the_feature_that_asked(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", [call(1, model=OPUS, feature="a"), call(2, model=OPUS, feature="b")])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    done = llmcost("simulate", "--what-if", f"{WORD},by=cascade,escalate=1", "--by", "feature", "--format", "json",
                   cwd=tmp_path)  # fmt: skip
    document = json.loads(done.stdout)
    assert sum(row["saved_usd"] for row in document["by"]) == pytest.approx(document["result"]["saved_usd"])
    assert document["result"]["saved_usd"] < 0
    assert document["stages"][0]["effects"]["requests_asked_twice"] == 2


def quality_of(folder: Path, log: list[Row], outcomes: str, word: str) -> dict[str, Any]:
    write(folder / "log.jsonl", list(log))
    (folder / "outcomes.csv").write_text(outcomes)
    assert llmcost("ingest", "log.jsonl", cwd=folder).returncode == 0
    done = llmcost("simulate", "--what-if", f"{word}outcomes=outcomes.csv", "--format", "json", cwd=folder)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["stages"][0]["quality"]
    return found


def test_a_more_expensive_model_may_be_the_worse_one(tmp_path: Path) -> None:
    log: list[Row] = [call(n, model=OPUS, prompt_hash=f"h{n}") for n in range(4)]
    lines = [f"h{n},{OPUS},{n < 1},3\nh{n},{MINI},{n < 3},1" for n in range(4)]
    found = quality_of(tmp_path, log, "prompt,model,correct,cost\n" + "\n".join(lines), "routing:")
    by_policy = {row["policy"]: row for row in found["policies"]}
    assert by_policy["always-cheap"]["quality"] == 0.75
    assert by_policy["always-strong"]["quality"] == 0.25
    assert by_policy["oracle"] == by_policy["always-cheap"] | {"policy": "oracle", "model": None}
    assert by_policy["oracle"]["pgr"] is None
    assert found["apgr"] is None
    assert "the most expensive model is not better here" in llmcost(
        "simulate", "--what-if", "routing:outcomes=outcomes.csv", cwd=tmp_path
    ).stdout.replace("\n", " ").replace("  ", " ")


def test_the_oracle_climbs_where_a_right_answer_costs_least(tmp_path: Path) -> None:
    log: list[Row] = [call(n, model=OPUS, prompt_hash=f"h{n}", complexity=n / 4) for n in range(1, 4)]
    costs = {1: 9, 2: 2, 3: 4}
    lines = [f"h{n},{OPUS},{n != 3},{costs[n]}\nh{n},{MINI},false,1" for n in costs]
    found = quality_of(tmp_path, log, "prompt,model,correct,cost\n" + "\n".join(lines), "routing:")
    assert [(row["cost_usd"], row["quality"]) for row in found["frontier"]] == [(3, 0), (4, 1 / 3), (12, 2 / 3)]
    assert [(row["strong_share"], row["cost_usd"]) for row in found["curve"]] == [
        (0, 3), (pytest.approx(1 / 3), 6), (pytest.approx(2 / 3), 7), (1, 15)
    ]  # fmt: skip
    # the gap is two right answers; the most complex prompt wins nothing, the next ones one each
    assert found["apgr"] == pytest.approx((0 + 0 + 0 + 0.5 + 0.5 + 1) / 2 / 3)
    assert found["cpt_50"] == pytest.approx(2 / 3)


def test_the_means_of_a_line() -> None:
    assert mean_over_shares([(0, 0), (0.5, 1), (1, 1)]) == 0.75
    assert least_share([(0, 0), (0.5, 1), (1, 1)], 0.5) == 0.25
    assert least_share([(0, 0), (1, 0.2)], 0.5) is None


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("o.csv", "prompt,model,correct\nh1,gpt-4o,maybe\n", "o.csv:2: correct is 'maybe'"),
        ("o.csv", "prompt,model,correct,cost\nh1,gpt-4o,1,-3\n", "o.csv:2: cost is '-3'"),
        ("o.csv", "prompt,answer\nh1,x\n", "o.csv:2: neither a model nor columns of true and false"),
        ("o.csv", "text,model\nh1,x\n", "o.csv:2: no prompt"),
        ("o.csv", "prompt,model,correct\n", "o.csv holds no outcomes"),
        ("o.csv", "prompt,model,correct\nh1,gpt-4o,1\nh1,gpt-4o,0\n", "o.csv:3: another outcome of gpt-4o"),
        ("o.csv", "prompt,model,correct\nelsewhere,gpt-4o,1\n", "no request's prompt is in o.csv"),
        ("o.csv", "prompt,model,correct\nh1,no-such-model,1\n", "no price for a model named no-such-model"),
        ("o.jsonl", "{nonsense\n", "o.jsonl is not an outcomes file"),
        ("o.jsonl", "[1]\n", "o.jsonl"),
        ("o.parquet", "no parquet", "o.parquet is not an outcomes file"),
        ("o.csv", None, "o.csv cannot be read"),
    ],
)
def test_a_bad_outcomes_file_is_one_line_and_a_hint(tmp_path: Path, name: str, text: str | None, said: str) -> None:
    write(tmp_path / "log.jsonl", [call(1, prompt_hash="h1")])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    if text is not None:
        (tmp_path / name).write_text(text)
    done = llmcost("simulate", "--what-if", f"routing:outcomes={name}", cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 3
    assert done.stdout == ""


def test_outcomes_come_as_lines_or_columns(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", [call(n, model="gpt-4o", prompt_hash=f"h{n}") for n in range(3)])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    (tmp_path / "columns.csv").write_text("prompt,gpt-4o,gpt-4o-mini,gpt-4o_response\n" + "".join(
        f"h{n},True,{n > 0},words\n" for n in range(3)))  # fmt: skip
    (tmp_path / "lines.jsonl").write_text("".join(
        json.dumps({"prompt": f"h{n}", "model": model, "correct": model == "gpt-4o" or n > 0}) + "\n"
        for n in range(3) for model in ("gpt-4o", "gpt-4o-mini")))  # fmt: skip
    results = []
    for name in ("columns.csv", "lines.jsonl"):
        word = f"routing:by=oracle,outcomes={name}"
        done = llmcost("simulate", "--what-if", word, "--format", "json", cwd=tmp_path)
        results.append(json.loads(done.stdout)["stages"][0]["quality"])
    assert results[0] == results[1]
    assert {row["policy"]: row["quality"] for row in results[0]["policies"]}["routed"] == 1


def test_the_bounds_on_gsm8k_are_those_of_a_direct_count(shared_data: Path, tmp_path: Path) -> None:
    cheap, strong = "mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview"
    with (shared_data / "routellm_gsm8k_responses.csv").open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    cost = {(n, model): (len(row["prompt"]) + 3 * len(row[f"{model}_response"])) * (1 if model == cheap else 40) / 1e6
            for n, row in enumerate(read) for model in (cheap, strong)}  # fmt: skip
    right = {(n, model): row[model] == "True" for n, row in enumerate(read) for model in (cheap, strong)}
    write(tmp_path / "log.jsonl", [call(n, model=strong, text={"prompt": row["prompt"]}) for n, row in enumerate(read)])
    with (tmp_path / "outcomes.csv").open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["prompt", "model", "correct", "cost"])
        writer.writerows([read[n]["prompt"], model, found, cost[n, model]] for (n, model), found in right.items())
    assert llmcost("ingest", "log.jsonl", "--keep-text", cwd=tmp_path).returncode == 0
    word = "routing:by=oracle,outcomes=outcomes.csv"
    done = llmcost("simulate", "--what-if", word, "--format", "json", cwd=tmp_path)
    found = json.loads(done.stdout)["stages"][0]["quality"]
    by_policy = {row["policy"]: row for row in found["policies"]}
    assert found["requests"] == len(read) == 1319
    for policy, model, share in (("always-cheap", cheap, 0.638), ("always-strong", strong, 0.857)):
        assert by_policy[policy]["quality"] == pytest.approx(share, abs=0.001)
        assert by_policy[policy]["quality"] == pytest.approx(sum(right[n, model] for n in range(1319)) / 1319)
        assert by_policy[policy]["cost_usd"] == pytest.approx(sum(cost[n, model] for n in range(1319)))
    # the direct count of the frontier: right answers bought one after the other, the cheapest first
    bought = sorted(cost[n, strong] - cost[n, cheap] for n in range(1319) if right[n, strong] and not right[n, cheap])
    spent, count = sum(cost[n, cheap] for n in range(1319)), sum(right[n, cheap] for n in range(1319))
    frontier = {0: (spent, count / 1319)}
    for place, dollars in enumerate(bought, start=1):
        spent, count = spent + dollars, count + 1
        frontier[place] = (spent, count / 1319)
    assert len(found["frontier"]) > 100
    assert found["frontier"][-1]["moved"] == len(bought)
    for point in found["frontier"]:
        assert (point["cost_usd"], point["quality"]) == pytest.approx(frontier[point["moved"]])
    for policy in ("oracle", "routed"):
        assert (by_policy[policy]["cost_usd"], by_policy[policy]["quality"]) == pytest.approx(frontier[len(bought)])


def test_meaning_tells_simple_from_complex_prompts(tmp_path: Path) -> None:
    pytest.importorskip("wordllama")
    prompts = ["Give a one-line summary of this report.", "Is this tweet positive or negative?",
               "Work out a fault-tolerant design for our payment platform and weigh the alternatives.",
               "Find out why this function crashes and reason about the fix."]  # fmt: skip
    write(tmp_path / "log.jsonl", [call(n, model=OPUS, feature=f"f{n}", text={"prompt": text})
                                   for n, text in enumerate(prompts)])  # fmt: skip
    word = f"{WORD},by=complexity,complexity=embeddings,small_below=0.5,middle_below=0.5"
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    done = llmcost("simulate", "--what-if", word, cwd=tmp_path)
    assert "none are stored" in done.stderr
    assert llmcost("ingest", "log.jsonl", "--keep-text", cwd=tmp_path).returncode == 0
    done = llmcost("simulate", "--what-if", word, "--by", "feature", "--format", "json", cwd=tmp_path)
    saved = {row["feature"]: row["saved_usd"] > 0 for row in json.loads(done.stdout)["by"]}
    assert saved == {"f0": True, "f1": True, "f2": False, "f3": False}


@pytest.mark.parametrize(("scores", "expected"), [("clip", [0.0, 0.5, 1.0, 1.0]), ("scale", [0.0, 0.25, 0.5, 1.0])])
def test_scores_outside_0_to_1_are_clipped_or_scaled_when_asked(
    tmp_path: Path, scores: str, expected: list[float]
) -> None:
    file = tmp_path / "scored.csv"
    file.write_text("prompt,model,correct\na,m,-0.5\nb,m,0.5\nc,m,1.5\nd,m,3.5\n")
    assert read_outcomes(str(file), scores)["correct"].to_pylist() == expected
    with pytest.raises(LlmcostError, match=r"scored.csv:2: correct is -0.5, not between 0 and 1") as refused:
        read_outcomes(str(file))
    assert "scores=clip" in (refused.value.hint or "")


def test_scores_that_are_all_the_same_are_no_reason_to_divide_by_zero(tmp_path: Path) -> None:
    file = tmp_path / "same.csv"
    file.write_text("prompt,model,correct\na,m,7\nb,m,7\n")
    assert read_outcomes(str(file), "scale")["correct"].to_pylist() == [0.0, 0.0]
