"""Backtests of logged costs, caps, and answers that were given twice or to prompts of like meaning."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from llmcost.backtest import run
from tests.command import llmcost
from tests.logs import Row, call, write

COST = (1000 * 1 + 100 * 5) / 1e6  # a call of tests.logs: claude-haiku-4-5 is $1 and $5 per million tokens


def found(folder: Path, rows: list[Row | str]) -> dict[str, Any]:
    write(folder / "log.jsonl", rows)
    assert llmcost("ingest", "log.jsonl", cwd=folder).returncode == 0
    done = llmcost("backtest", "--format", "json", cwd=folder)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    for replay in result.values():
        assert {"predicted_usd", "low_usd", "high_usd", "actual_usd", "error_share", "by_model"} <= set(replay)
        assert replay["predicted_usd"] == pytest.approx(sum(row["predicted_usd"] for row in replay["by_model"]))
    return result


def test_a_log_without_truth_says_so(tmp_path: Path) -> None:
    assert found(tmp_path, [call(1), call(2)]) == {}
    assert "records nothing" in llmcost("backtest", cwd=tmp_path).stdout


def test_logged_costs(tmp_path: Path) -> None:
    rows: list[Row | str] = [
        call(1, cost_logged_usd=COST),
        call(2, cost_logged_usd=2 * COST),
        call(3),
        call(4, cost_logged_usd=0),
    ]
    replay = found(tmp_path, rows)["logged-costs"]
    assert (replay["requests"], replay["predicted_usd"]) == (2, pytest.approx(2 * COST))
    assert replay["actual_usd"] == pytest.approx(3 * COST)
    assert replay["error_share"] == pytest.approx(2 / 3 - 1)


def test_caps(tmp_path: Path) -> None:
    def ended(number: int, tokens: int, stop_reason: str | None, cap: int | None = 100) -> Row:
        return call(number, output_tokens=tokens, max_output_tokens=cap, stop_reason=stop_reason)

    rows: list[Row | str] = [
        ended(1, 100, "max_tokens"), ended(2, 100, "end_turn"), ended(3, 60, "max_tokens"), ended(4, 50, "end_turn"),
        ended(5, 100, None), ended(6, 100, "max_tokens", None),
    ]  # fmt: skip
    replay = found(tmp_path, rows)["token-caps"]
    assert (replay["requests"], replay["predicted_answers"], replay["actual_answers"]) == (4, 2, 2)
    assert replay["predicted_usd"] == pytest.approx(200 * 5 / 1e6)
    assert replay["actual_usd"] == pytest.approx(160 * 5 / 1e6)


def test_answers_given_twice(tmp_path: Path) -> None:
    rows: list[Row | str] = [
        call(10 * n, prompt_hash=f"p{n // 2}", output_hash=output)
        for n, output in enumerate(["a", "a", "b", "c", "d", None, "e"])
    ]
    replay = found(tmp_path, rows)["response-caching"]
    assert (replay["requests"], replay["predicted_usd"]) == (2, pytest.approx(2 * COST))
    assert replay["actual_usd"] == pytest.approx(COST)
    assert replay["error_share"] == pytest.approx(1.0)
    assert (replay["low_usd"], replay["high_usd"]) == (0, replay["predicted_usd"]), "too few days to draw from"


def test_other_days_may_hold_more_repetitions(tmp_path: Path) -> None:
    rows: list[Row | str] = [
        call(ts=f"2026-11-{day:02}T10:00:{n:02}Z", request_id=f"{day}-{n}", latency_ms=1, prompt_hash=str(day),
             output_hash=str(n // 2), model=("claude-haiku-4-5", "gpt-4o-mini")[day % 2])
        for day in range(1, 11) for n in range(1 + day % 5)
    ]  # fmt: skip
    replay = found(tmp_path, rows)["response-caching"]
    assert replay["requests"] == sum(day % 5 for day in range(1, 11))
    for part in (replay, *replay["by_model"]):
        assert part["low_usd"] == 0 < part["actual_usd"] < part["predicted_usd"] < part["high_usd"]
    assert replay["high_usd"] < 10 * 5 * COST, "no more than all of it"


@pytest.mark.skipif(find_spec("wordllama") is None, reason="wordllama is not installed")
def test_hits_on_prompts_of_like_meaning(tmp_path: Path) -> None:
    things = ["reset my password", "change my email address", "download an invoice", "track a parcel", "delete a file"]
    forms = ["How do I {}?", "How can I {}?", "Please tell me how to {}", "hi, i need to {}", "I want to {}, how?",
             "Can you tell me how to {}?", "Where can I {}?", "Is it possible to {}?"]  # fmt: skip
    asked = [(form.format(thing), thing) for form in forms for thing in things]
    lines = [call(n, prompt_hash=prompt, output_hash=thing + "!" * (n // 20), latency_ms=1, text={"prompt": prompt})
             for n, (prompt, thing) in enumerate(asked)]  # fmt: skip
    write(tmp_path / "log.jsonl", lines)
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    assert "semantic-caching" not in json.loads(llmcost("backtest", "--format", "json", cwd=tmp_path).stdout)
    assert "--keep-text" in llmcost("backtest", cwd=tmp_path).stdout
    assert llmcost("ingest", "--keep-text", "log.jsonl", cwd=tmp_path).returncode == 0
    replay = json.loads(llmcost("backtest", "--format", "json", cwd=tmp_path).stdout)["semantic-caching"]
    assert replay["requests"] == 40
    assert replay["actual_share"] == pytest.approx(round(replay["actual_share"] * replay["hits"]) / replay["hits"])
    assert 0 < replay["actual_share"] < 1, "of the last twenty alone the answers are others"
    assert replay["low_share"] == 0 < replay["high_share"] < 1
    assert replay["predicted_share"] is replay["error_share"] is None, "prompts alone do not tell"
    assert replay["by_model"] == [
        {"model": "claude-haiku-4-5"}
        | {k: v for k, v in replay.items() if k not in ("by_model", "is_trusted", "trust_reason")}
    ]
    assert (
        "without labels it is unknown how many hits"
        in llmcost("simulate", "--what-if", "semantic-caching", cwd=tmp_path).stdout
    )


def test_a_simulation_shows_those_of_its_steps_and_the_logged_costs(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", [call(1, cost_logged_usd=COST, task_type="classification")])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    done = llmcost("simulate", "--what-if", "token-caps", "--format", "json", cwd=tmp_path)
    assert list(json.loads(done.stdout)["backtest"]) == ["logged-costs"]
    assert "logged-costs: predicted" in llmcost("simulate", "--what-if", "token-caps", "--details", cwd=tmp_path).stdout


def test_every_replay_says_what_it_predicts() -> None:
    assert {"prompt-caching", "response-caching", "token-caps", "logged-costs"} <= set(run.names())
    assert all(run.about(name) for name in run.names())
