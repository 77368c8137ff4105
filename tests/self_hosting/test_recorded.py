"""Recorded runs and stored measurements, whole and broken."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from llmcost.errors import LlmcostError, UsageError
from llmcost.self_hosting import catalogue
from llmcost.self_hosting.calibrate import engine_of
from llmcost.self_hosting.fitted import from_measurements, from_run
from llmcost.self_hosting.fitting import check
from llmcost.self_hosting.recorded import read, settings_next_to
from llmcost.self_hosting.replay import Engine, Traffic, replay
from llmcost.self_hosting.timing import by_datasheet

KNOWN = catalogue.load()
META = {
    "model": "mistralai/Mistral-7B-v0.3",
    "vllm_version": "0.19.0",
    "kv_cache": {"num_gpu_blocks": 101, "block_size": 8, "enable_prefix_caching": False},
    "hardware": {"device_name": "NVIDIA L4"},
    "engine_kwargs": {"max_num_seqs": 64, "tensor_parallel_size": 2, "data_parallel_size": 3},
    "resolved_config": {
        "scheduler_config": {"async_scheduling": False, "max_num_batched_tokens": 512, "max_num_seqs": None},
        "model_config": {"quantization": "awq_marlin"},
    },
}


def request(number: int, **changes: Any) -> dict[str, Any]:
    at = float(number)
    return {
        "request_id": f"r{number}", "input_toks": 10, "output_toks": 5, "arrival_time": 1e9 + at,
        "queued_ts": 50 + at, "scheduled_ts": 50 + at, "first_token_ts": 51 + at, "last_token_ts": 52 + at, **changes,
    }  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    requests, meta = tmp_path / "requests.jsonl", tmp_path / "meta.json"
    requests.write_text("".join(json.dumps(request(number)) + "\n" for number in (2, 0, 1)))
    meta.write_text(json.dumps(META))
    return requests, meta


def test_settings_come_from_what_the_server_settled_on(files: tuple[Path, Path]) -> None:
    run = read(*files)
    assert run.engine == Engine(32, 8, max_batched_tokens=512, max_running=64, asynchronous=False, prefix_caching=False)
    assert (run.gpu, run.gpus, run.copies, run.quantization) == ("NVIDIA L4", 2, 3, "awq")


@pytest.mark.parametrize("name", ["compressed-tensors", "bitsandbytes", "awq_something"])
def test_weights_that_are_not_modelled_are_named(files: tuple[Path, Path], name: str) -> None:
    requests, meta = files
    meta.write_text(json.dumps(META | {"resolved_config": {"model_config": {"quantization": name}}}))
    with pytest.raises(LlmcostError, match=f"does not model '{name}' weights"):
        read(requests, meta)


@pytest.mark.parametrize(("name", "known"), [("gptq_marlin", "gptq"), ("modelopt_fp4", "nvfp4"), (None, "none")])
def test_weights_have_the_names_that_vllm_gives_their_kernels(
    files: tuple[Path, Path], name: str | None, known: str
) -> None:
    requests, meta = files
    meta.write_text(json.dumps(META | {"resolved_config": {"model_config": {"quantization": name}}}))
    assert read(requests, meta).quantization == known


def test_the_two_clocks_are_brought_together(files: tuple[Path, Path]) -> None:
    run = read(*files)
    assert run.traffic.arrival_s.tolist() == [0, 1, 2]
    assert run.first_token_s.tolist() == [1, 2, 3]
    assert run.latency.ttft_ms.mean == pytest.approx(1000)
    assert run.latency.tpot_ms.mean == pytest.approx(250)


def test_requests_that_never_ended_are_left_out(files: tuple[Path, Path]) -> None:
    requests, meta = files
    requests.write_text("\n".join(json.dumps(row) for row in (request(0), request(1, last_token_ts=None))))
    assert len(read(requests, meta)) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no finished request"),
        ("{", "requests.jsonl:1 is not JSON"),
        ("[" * 100_000, "requests.jsonl:1 is not JSON"),
        ("[1]\n", "requests.jsonl:1 is not a JSON object"),
        (json.dumps(request(0, input_toks="ten")), "request r0 has no input_toks"),
        (json.dumps(request(0, output_toks=0)), "request r0 has no output_toks"),
    ],
)
def test_a_broken_run_is_named(files: tuple[Path, Path], text: str, message: str) -> None:
    requests, meta = files
    requests.write_text(text)
    with pytest.raises(LlmcostError, match=message):
        read(requests, meta)


def test_broken_settings_are_named(files: tuple[Path, Path]) -> None:
    requests, meta = files
    with pytest.raises(LlmcostError, match="cannot be read"):
        read(requests, meta.with_name("nothing.json"))
    with pytest.raises(LlmcostError, match="cannot be read"):
        read(requests.with_name("nothing.jsonl"), meta)
    for text, message in (("{", "is not JSON"), ("[" * 100_000, "is not JSON"), ("[]", "is not a JSON object")):
        meta.write_text(text)
        with pytest.raises(LlmcostError, match=message):
            read(requests, meta)
    meta.write_text("{}")
    with pytest.raises(LlmcostError, match="how many KV blocks"):
        engine_of(read(requests, meta))


@pytest.mark.parametrize(
    ("cache", "blocks"),
    [
        ({"num_gpu_blocks": 240, "num_kv_tokens": 1920}, 80),  # of all three copies
        ({"num_gpu_blocks": None, "num_kv_tokens": 1920}, 80),
        ({"num_gpu_blocks": 240, "kv_cache_size_tokens": 800}, 100),  # later versions: of one copy
    ],
)
def test_the_cache_is_that_of_one_copy(files: tuple[Path, Path], cache: dict[str, Any], blocks: int) -> None:
    requests, meta = files
    meta.write_text(json.dumps(META | {"kv_cache": {"block_size": 8} | cache}))
    assert engine_of(read(requests, meta)).kv_blocks == blocks - 1


def test_settings_of_another_run_are_refused(files: tuple[Path, Path]) -> None:
    requests, meta = files
    meta.write_text(json.dumps(META | {"kv_cache": {"block_size": 1, "num_gpu_blocks": 12}}))
    with pytest.raises(LlmcostError, match="15 tokens cannot have run in a cache of 3"):
        engine_of(read(requests, meta))


def test_settings_are_found_next_to_the_requests(tmp_path: Path) -> None:
    requests = tmp_path / "l4_requests.jsonl"
    with pytest.raises(UsageError, match=r"l4_meta.json or l4_settings.json"):
        settings_next_to(requests)
    for name in ("l4_settings.json", "l4_meta.json"):
        (tmp_path / name).write_text("{}")
        assert settings_next_to(requests).name == name


def test_a_gpu_and_a_model_that_no_table_knows_are_fitted_and_named(files: tuple[Path, Path], tmp_path: Path) -> None:
    requests, meta = files
    meta.write_text(json.dumps(META | {"hardware": {"device_name": "NVIDIA RTX A6000"}, "model": "org/Eliza-2B"}))
    made = from_run(read(requests, meta), KNOWN)
    assert (made.calibration.gpu, made.calibration.model) == ("NVIDIA RTX A6000", "org/Eliza-2B")
    assert 'reported_as = ["NVIDIA RTX A6000"]' in made.trust[-1]
    own = tmp_path / "llmcost.toml"
    own.write_text(
        "[gpus.A6000]\nmemory_gib = 47.5\nbandwidth_gb_s = 768\ncompute_capability = 8.6\n"
        'tflops = { fp16 = 155, bf16 = 155 }\nreported_as = ["NVIDIA RTX A6000"]\n'
        "[models.eliza-2b]\nlayers = 24\nhidden_size = 2048\nintermediate_size = 8192\nheads = 16\nkv_heads = 16\n"
        "head_size = 128\nvocabulary = 32000\nmax_context = 4096\n"
    )
    again = from_run(read(requests, meta), catalogue.load(own))
    assert (again.calibration.gpu, again.calibration.model) == ("A6000", "eliza-2b")
    assert "llmcost.toml" not in again.trust[-1]


def test_copies_share_the_requests(files: tuple[Path, Path]) -> None:
    run = read(*files)
    assert run.engine
    assert run.engine.kv_blocks == 101 // 3 - 1
    assert from_run(run, KNOWN).calibration.model == "mistral-7b"


FIT = check(KNOWN, KNOWN.model("mistral-7b"), "awq", KNOWN.gpu("T4"))
TRUE = by_datasheet(FIT.model, FIT.quantization, FIT.gpu).slowed(1.4)


def step(**changes: Any) -> dict[str, Any]:
    return {
        "engine": "server", "server": "vllm", "server_version": "0.19.0", "gpu": "Tesla T4", "gpus": 1,
        "model": "mistralai/Mistral-7B-Instruct-v0.3", "quantization": "awq", "ts": datetime(2026, 11, 1), "ok": 40,
        "concurrency": None, "input_tokens_asked": None, "output_tokens_asked": None, "prefill_tokens_per_s": None,
        "decode_tokens_per_s": None, "trace": None, "load": "replay", "time_compression": 1.0, **changes,
    }  # fmt: skip


def test_measured_requests_become_a_calibration() -> None:
    random = np.random.default_rng(1)
    sent = Traffic(np.cumsum(random.exponential(1, 40)), random.integers(20, 900, 40), random.integers(5, 200, 40))
    served = replay(sent, Engine(FIT.kv_blocks), TRUE)
    trace = [
        {"sent_s": at, "input_tokens": int(prompt), "output_tokens": int(output), "ttft_ms": ttft, "e2e_ms": e2e}
        for at, prompt, output, ttft, e2e in zip(
            sent.arrival_s, sent.prompt_tokens, sent.output_tokens, (served.first_token_s - sent.arrival_s) * 1e3,
            (served.last_token_s - sent.arrival_s) * 1e3, strict=True,
        )
    ]  # fmt: skip
    [made], refused = from_measurements([step(trace=trace)], KNOWN)
    found = made.calibration
    assert not refused
    assert max(abs(check.fit_error) for check in made.checks) < 0.03
    assert made.trust[1].startswith("nothing was held back")
    assert (found.gpu, found.model, found.quantization) == ("T4", "mistral-7b", "awq")
    assert found.time.fixed_s + found.time.weights_s == pytest.approx(TRUE.fixed_s + TRUE.weights_s, rel=0.03)
    assert found.time.per_token_s == pytest.approx(TRUE.per_token_s, rel=0.1)
    assert "1 steps, 40 requests" in found.source


def test_measured_batches_become_a_calibration() -> None:
    rows = []
    for batch in (1, 8, 32):
        prompt, output = 500, 100
        decode_s = TRUE.fixed_s + max(TRUE.weights_s, TRUE.per_token_s * batch) + TRUE.per_kv_token_s * batch * 550
        prefill_s = TRUE.fixed_s + (TRUE.per_token_s + TRUE.per_chunk_context_s * 250.5) * batch * prompt
        rates = {"prefill_tokens_per_s": batch * prompt / prefill_s, "decode_tokens_per_s": batch / decode_s}
        asked = {"concurrency": batch, "input_tokens_asked": prompt, "output_tokens_asked": output}
        rows.append(step(engine="torch", load="static", **asked, **rates))
    [made], _ = from_measurements(rows, KNOWN)
    found = made.calibration
    assert [check.metric for check in made.checks] == ["prefill step", "decode step"] * 3
    assert all(check.held_back_error is not None for check in made.checks)
    assert "the best case" in made.trust[-1]
    assert found.time.per_token_s == pytest.approx(TRUE.per_token_s, rel=0.03)
    assert found.time.fixed_s + found.time.weights_s == pytest.approx(TRUE.fixed_s + TRUE.weights_s, rel=0.03)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "no measurement was made on a GPU"),
        ([step(gpu=None)], "no measurement was made on a GPU"),
        ([step(gpu="Voodoo 2")], "no GPU named Voodoo 2"),
        ([step(model="eliza")], "no open-weight model named eliza"),
        ([step()], "no measured request"),
        ([step(engine="torch")], "no timed step"),
        ([step(quantization="none")], "does not fit"),
    ],
)
def test_measurements_without_use_are_refused(rows: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(LlmcostError, match=message):
        from_measurements(rows, KNOWN)


def test_one_group_that_cannot_be_fitted_does_not_stop_the_others() -> None:
    rates = {"prefill_tokens_per_s": 1000.0, "decode_tokens_per_s": 50.0}
    good = step(engine="torch", load="static", concurrency=1, input_tokens_asked=100, output_tokens_asked=10, **rates)
    found, refused = from_measurements([step(model="eliza"), good], KNOWN)
    assert [one.calibration.model for one in found] == ["mistral-7b"]
    assert refused == ["there is no open-weight model named eliza"]
