"""Iteration times by the datasheet: each part by hand, on one GPU and on several, in each number format."""

from dataclasses import astuple, replace

import pytest

from llmcost.self_hosting import catalogue
from llmcost.self_hosting.fitting import weights_bytes
from llmcost.self_hosting.timing import (
    ARITHMETIC_REACHED,
    BANDWIDTH_REACHED,
    FIXED_S,
    SECONDS,
    IterationTime,
    bound,
    by_datasheet,
    scaled,
)

KNOWN = catalogue.load()
MODEL = KNOWN.model("mistral-7b")
GPU = replace(KNOWN.gpu("t4"), bandwidth_gb_s=100.0, tflops={"fp16": 2.0, "bf16": 4.0, "fp8": 8.0})


def test_each_part_is_its_bytes_or_products_at_the_peak_rate() -> None:
    found = bound(MODEL, "none", GPU)
    embedding = MODEL.vocabulary * MODEL.hidden_size * 2
    assert found.fixed_s == 0
    assert not MODEL.tied_embeddings
    assert found.weights_s == pytest.approx((weights_bytes(MODEL, "none") - embedding) / 100e9)
    assert found.per_token_s == pytest.approx(2 * MODEL.active_parameters / 4e12)
    assert found.per_kv_token_s == pytest.approx(MODEL.kv_bytes_per_token / 100e9)
    assert found.per_chunk_context_s == pytest.approx(4 * MODEL.layers * MODEL.heads * MODEL.head_size / 4e12)
    tied = bound(replace(MODEL, tied_embeddings=True), "none", GPU)
    assert tied.weights_s == pytest.approx(weights_bytes(replace(MODEL, tied_embeddings=True), "none") / 100e9)


def test_several_gpus_share_every_part() -> None:
    one, four = bound(MODEL, "awq", GPU), bound(MODEL, "awq", GPU, 4)
    for name in SECONDS:
        assert getattr(four, name) == pytest.approx(getattr(one, name) / 4)
    assert (four.dense_share, four.missed_experts) == (one.dense_share, one.missed_experts) == (1, 0)


def test_an_iteration_reads_the_experts_that_its_tokens_use() -> None:
    """Of 128 experts a token takes 8: one reads a sixteenth of them, many read them all."""
    experts = KNOWN.model("qwen3-30b-a3b")
    found = bound(experts, "none", GPU)
    assert (experts.experts, experts.experts_per_token) == (128, 8)
    assert found.missed_experts == pytest.approx(15 / 16)
    in_experts = 48 * 128 * 3 * 2048 * 768 * 2
    assert found.weights_s * (1 - found.dense_share) == pytest.approx(in_experts / 100e9)
    assert found.weights_read_s(1) == pytest.approx(found.weights_s * found.dense_share + in_experts / 16 / 100e9)
    assert found.weights_read_s(1000) == pytest.approx(found.weights_s)
    assert bound(MODEL, "none", GPU).weights_read_s(1) == bound(MODEL, "none", GPU).weights_s


@pytest.mark.parametrize(
    ("quantization", "tflops", "products", "attention"),
    [
        ("none", {"fp16": 2.0, "bf16": 4.0}, 4e12, 4e12),
        ("none", {"fp16": 2.0}, 2e12, 2e12),
        ("awq", {"fp16": 2.0, "bf16": 4.0, "fp8": 8.0}, 4e12, 4e12),
        ("fp8", {"fp16": 2.0, "bf16": 4.0, "fp8": 8.0}, 8e12, 4e12),
        ("fp8", {"fp16": 2.0, "bf16": 4.0}, 4e12, 4e12),  # unpacked to 16 bits
    ],
)
def test_products_are_made_in_the_format_that_the_gpu_has(
    quantization: str, tflops: dict[str, float], products: float, attention: float
) -> None:
    found = bound(MODEL, quantization, replace(GPU, tflops=tflops))  # type: ignore[arg-type]
    assert found.per_token_s == pytest.approx(2 * MODEL.active_parameters / products)
    assert found.per_chunk_context_s == pytest.approx(4 * MODEL.layers * MODEL.heads * MODEL.head_size / attention)


def test_servers_reach_a_share_of_the_peaks() -> None:
    least, guess = bound(MODEL, "none", GPU, 2), by_datasheet(MODEL, "none", GPU, 2)
    assert guess.fixed_s == FIXED_S
    assert guess.weights_s * BANDWIDTH_REACHED == pytest.approx(least.weights_s)
    assert guess.per_kv_token_s * BANDWIDTH_REACHED == pytest.approx(least.per_kv_token_s)
    assert guess.per_token_s * ARITHMETIC_REACHED == pytest.approx(least.per_token_s)
    assert guess.per_chunk_context_s * ARITHMETIC_REACHED == pytest.approx(least.per_chunk_context_s)


def test_a_measured_time_is_carried_over_part_by_part() -> None:
    measured = IterationTime(1.0, 2.0, 3.0, 4.0, 5.0)
    there, here = IterationTime(9.0, 1.0, 1.0, 1.0, 1.0), IterationTime(7.0, 10.0, 20.0, 30.0, 40.0)
    assert astuple(scaled(measured, there, here))[:5] == (1.0, 20.0, 60.0, 120.0, 200.0)
    assert astuple(measured.slowed(2))[:5] == (2.0, 4.0, 6.0, 8.0, 10.0)
    experts = replace(measured, per_sequence_s=6.0, dense_share=0.5, missed_experts=0.9)
    assert experts.slowed(2) == replace(measured.slowed(2), per_sequence_s=12.0, dense_share=0.5, missed_experts=0.9), (
        "what is read of the weights is no time"
    )
    assert scaled(experts, there, here).missed_experts == here.missed_experts
