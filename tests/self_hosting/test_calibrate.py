"""Iteration times found again in what they produced, and a recorded run reproduced."""

from dataclasses import astuple, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from llmcost.errors import LlmcostError
from llmcost.self_hosting import accuracy, catalogue
from llmcost.self_hosting.calibrate import from_runs, from_steps
from llmcost.self_hosting.fitted import from_run
from llmcost.self_hosting.recorded import Run, read
from llmcost.self_hosting.replay import Engine, Traffic, replay
from llmcost.self_hosting.timing import SECONDS, IterationTime, bound, by_datasheet

TRUE = IterationTime(0.003, 0.012, 1.4e-4, 2.2e-7, 5e-9)
GUESS = IterationTime(0.002, 0.015, 1.1e-4, 1.7e-7, 5e-9)


@pytest.fixture(scope="module")
def recorded(shared_data: Path) -> Run:
    folder = shared_data / "serving"
    return read(folder / "rtx4090_llama31_8b_requests.jsonl", folder / "rtx4090_llama31_8b_meta.json")


def test_a_mixture_of_experts_on_two_replicas_is_predicted_from_its_first_hundred_requests(shared_data: Path) -> None:
    """Qwen3-30B-A3B on two RTX PRO 6000, data parallel. Its KV blocks were not recorded: about 18,756 a replica.

    Before experts were read by the tokens that use them, the makespan was 16% too long.
    """
    stem = "rtxpro6000_qwen3_30b_a3b_dp2"
    folder = shared_data / "serving"
    run = read(folder / f"{stem}_requests.jsonl", folder / f"{stem}_meta.json")
    assert run.copies == 2
    run = replace(run, engine=Engine(kv_blocks=18_755, max_running=128))
    time = from_runs([run], model=catalogue.load().model("qwen3-30b-a3b"), first=100)
    errors = {row.metric: row.error for row in accuracy.compare(run, time)}
    assert max(map(abs, errors.values())) < 0.05, errors


def known_run(rate: float, seed: int = 3, one_token: int = 0) -> Run:
    """A run of a server whose iteration times are known, since it is a replay itself; some answers of one token."""
    random = np.random.default_rng(seed)
    arriving = Traffic(
        np.cumsum(random.exponential(1 / rate, 60)),
        random.integers(50, 2500, 60),
        np.append(np.ones(one_token, np.int64), random.integers(20, 400, 60 - one_token)),
    )
    engine = Engine(kv_blocks=1000)
    served = replay(arriving, engine, TRUE)
    return Run(
        traffic=arriving,
        taken_s=served.taken_s,
        first_token_s=served.first_token_s,
        last_token_s=served.last_token_s,
        engine=engine,
        gpu="?",
        gpus=1,
        copies=1,
        model="?",
        quantization="none",
        source="a replay",
        date=date(2026, 1, 1),
    )


def worst(run: Run, time: IterationTime) -> float:
    return max(abs(row.error) for row in accuracy.compare(run, time))


@pytest.mark.parametrize("rate", [1.0, 10.0])
def test_a_known_server_is_found_again(rate: float) -> None:
    run = known_run(rate)
    assert worst(run, GUESS) > 0.02
    found = from_runs([run], GUESS)
    assert worst(run, found) < 0.01
    assert found.per_token_s == pytest.approx(TRUE.per_token_s, rel=0.05)
    assert found.fixed_s + found.weights_s == pytest.approx(TRUE.fixed_s + TRUE.weights_s, rel=0.05)


def test_a_run_gives_its_own_guess_where_the_gpu_is_unknown() -> None:
    run = known_run(10.0)
    assert worst(run, from_runs([run])) < 0.02


def test_answers_of_one_token_have_no_time_between_tokens() -> None:
    """They are fitted by their first token alone."""
    run = known_run(10.0, one_token=10)
    assert (run.traffic.output_tokens == 1).sum() == 10
    found = from_runs([run], GUESS)
    assert np.isfinite(astuple(found)).all()
    assert worst(run, found) < 0.01
    assert worst(run, from_runs([run])) < 0.03


def test_only_the_first_requests_times_are_looked_at() -> None:
    run = known_run(10.0)
    spoilt = replace(run, last_token_s=np.where(np.arange(len(run)) < 30, run.last_token_s, run.last_token_s * 3))
    assert from_runs([spoilt], GUESS, first=30) == from_runs([run], GUESS, first=30)
    with pytest.raises(LlmcostError, match="no request ended"):
        from_runs([run], GUESS, until_s=0.0)


def test_single_steps_give_their_times_back() -> None:
    rows = []
    for batch in (1, 4, 16, 64):
        for context in (128, 1024, 4096):
            decode = (
                TRUE.fixed_s + max(TRUE.weights_s, TRUE.per_token_s * batch) + TRUE.per_kv_token_s * batch * context
            )
            tokens, attended = batch * context, batch * context * (context + 1) / 2
            prefill = (
                TRUE.fixed_s + max(TRUE.weights_s, TRUE.per_token_s * tokens) + TRUE.per_chunk_context_s * attended
            )
            rows.append({"phase": "decode", "batch": batch, "context_tokens": context, "seconds": decode})
            rows.append({"phase": "prefill", "batch": batch, "context_tokens": context, "seconds": prefill})
    found = from_steps(rows, GUESS)
    assert found.per_token_s == pytest.approx(TRUE.per_token_s, rel=0.02)
    assert found.per_kv_token_s == pytest.approx(TRUE.per_kv_token_s, rel=0.02)
    assert found.fixed_s + found.weights_s == pytest.approx(TRUE.fixed_s + TRUE.weights_s, rel=0.02)
    with pytest.raises(LlmcostError, match="no timed step"):
        from_steps([], GUESS)


def test_the_recorded_run_is_read_with_its_known_answers(recorded: Run) -> None:
    measured = recorded.latency
    assert len(recorded) == 300
    assert measured.ttft_ms.mean / 1e3 == pytest.approx(65.46, abs=0.005)
    assert measured.tpot_ms.mean == pytest.approx(32.4, abs=0.05)
    assert measured.e2e_ms.mean / 1e3 == pytest.approx(86.58, abs=0.005)
    assert recorded.engine == Engine(kv_blocks=2587)


@pytest.mark.parametrize("guessed", [True, False], ids=["datasheet", "from-the-run"])
def test_calibrated_on_the_first_hundred_it_predicts_all_within_four_percent(recorded: Run, guessed: bool) -> None:
    run = recorded if guessed else replace(recorded, gpu="NVIDIA Unheard-of")
    found = from_run(run, catalogue.load(), first=100)
    errors = {row.metric: row.error for row in accuracy.compare(run, found.calibration.time)}
    assert {"mean TTFT", "mean TPOT", "p99 latency", "makespan"} <= set(errors)
    assert all(abs(error) < 0.04 for error in errors.values()), errors


def test_so_it_does_when_it_sees_nothing_of_the_others(recorded: Run) -> None:
    part = replace(
        recorded,
        traffic=recorded.traffic.take(slice(0, 100)),
        taken_s=None if recorded.taken_s is None else recorded.taken_s[:100],
        first_token_s=recorded.first_token_s[:100],
        last_token_s=recorded.last_token_s[:100],
    )
    known = catalogue.load()
    guess = by_datasheet(known.model(part.model), "none", known.gpu(part.gpu))
    # later tokens of these hundred were made together with requests that are not in the part
    found = from_runs([part], guess, until_s=float(part.first_token_s.max()))
    assert worst(recorded, found) < 0.04


def test_a_datasheet_alone_misses_by_what_is_claimed(recorded: Run) -> None:
    known = catalogue.load()
    peak = bound(known.model(recorded.model), "none", known.gpu(recorded.gpu))
    errors = [row.error for row in accuracy.compare(recorded, peak)]
    assert all(-0.25 < error < -0.10 for error in errors)


def test_no_part_of_a_time_is_negative() -> None:
    time = from_runs([known_run(1.0)], GUESS)
    assert min(getattr(time, name) for name in SECONDS if getattr(GUESS, name) > 0) > 0
    assert time.per_sequence_s == 0, "what the guess has none of stays out"
