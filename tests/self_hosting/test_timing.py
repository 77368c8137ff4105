"""Iteration times by the datasheet: each part by hand, on one GPU and on several, in each number format."""

import re
from dataclasses import astuple, replace

import pytest

from llmcost.errors import UsageError
from llmcost.self_hosting import catalogue, reached
from llmcost.self_hosting.fitting import weights_bytes
from llmcost.self_hosting.quantization import Quantization, spoken
from llmcost.self_hosting.timing import COLLECTIVE_S, SECONDS, IterationTime, bound, by_datasheet, scaled

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
    sent = 2 * MODEL.layers * MODEL.hidden_size * 2 / (GPU.link_gb_s * 1e9)
    assert four.per_token_s == pytest.approx(one.per_token_s / 4 + sent)
    for name in set(SECONDS) - {"per_token_s"}:
        assert getattr(four, name) == pytest.approx(getattr(one, name) / 4)
    sixteen = bound(MODEL, "awq", GPU, 16)
    assert MODEL.kv_heads == 8
    assert sixteen.per_kv_token_s == pytest.approx(one.per_kv_token_s / 8), "two GPUs keep the same keys and values"
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
    card = replace(GPU, compute_capability=8.0)
    least, guess = bound(MODEL, "none", card), by_datasheet(MODEL, "none", card)
    kernel, host = reached.kernel("none", card), reached.host(card)
    assert (guess.fixed_s, guess.per_sequence_s) == (host.fixed_s, host.per_sequence_s)
    assert guess.weights_s * kernel.bandwidth == pytest.approx(least.weights_s)
    assert guess.per_kv_token_s * kernel.bandwidth == pytest.approx(least.per_kv_token_s)
    assert guess.per_token_s * kernel.arithmetic == pytest.approx(least.per_token_s)
    assert guess.per_chunk_context_s * kernel.arithmetic == pytest.approx(least.per_chunk_context_s)


def test_gpus_wait_for_each_other_twice_a_layer() -> None:
    card = replace(GPU, compute_capability=8.0)
    one, two = by_datasheet(MODEL, "none", card), by_datasheet(MODEL, "none", card, 2)
    assert two.fixed_s == pytest.approx(one.fixed_s + 2 * MODEL.layers * COLLECTIVE_S)


def test_old_cards_unpack_weights_before_they_multiply() -> None:
    """A T4 reads 4-bit weights in every iteration and multiplies after that; newer ones do both at once."""
    t4, a100 = KNOWN.gpu("T4"), KNOWN.gpu("A100")
    assert reached.kernel("awq", t4).unpacked_first
    assert not reached.kernel("awq", a100).unpacked_first
    turns, least = by_datasheet(MODEL, "awq", t4), bound(MODEL, "awq", t4)
    assert turns.weights_s == 0
    read_s = least.weights_s / reached.kernel("awq", t4).bandwidth
    assert turns.fixed_s == pytest.approx(reached.host(t4).fixed_s + read_s)
    assert by_datasheet(MODEL, "awq", a100).weights_s > 0


def test_an_older_engine_takes_longer() -> None:
    card = KNOWN.gpu("A100")
    old, new = reached.host(card, "0.8.5"), reached.host(card)
    assert old.fixed_s > new.fixed_s
    assert reached.host(card, "v0.20.1") == new
    for version, said in (("0.7.3", "older than any version"), ("latest", "is no version")):
        with pytest.raises(UsageError, match=said):
            reached.host(card, version)


def test_between_old_and_new_a_step_has_the_new_fixed_part_and_each_sequence_the_old_cost() -> None:
    card, t4 = KNOWN.gpu("A100"), KNOWN.gpu("T4")
    old, between, new = (reached.host(card, version) for version in ("0.8.5", "0.11.0", "0.15"))
    assert between == reached.host(card, "0.9")
    assert between.fixed_s == new.fixed_s < old.fixed_s
    assert between.per_sequence_s == old.per_sequence_s > new.per_sequence_s
    assert reached.host(t4, "0.11.0") == reached.host(t4, "0.8.5"), "nothing was seen of a T4 there"


@pytest.mark.parametrize("weights", ["none", "mxfp4"])
def test_an_h100_holds_less_of_its_peak_than_an_a100(weights: Quantization) -> None:
    h100, a100 = (reached.kernel(weights, KNOWN.gpu(name)) for name in ("H100", "A100"))
    assert h100.arithmetic < a100.arithmetic
    assert reached.kernel(weights, KNOWN.gpu("H200")) == h100


@pytest.mark.parametrize("weights", ["int8", "awq-gemm", "nvfp4"])
def test_weights_that_no_test_is_about_are_refused_by_name(weights: Quantization) -> None:
    said = re.escape(f"{spoken(weights)} weights are on A100")
    with pytest.raises(reached.UnknownKernelError, match=said) as refused:
        by_datasheet(MODEL, weights, KNOWN.gpu("A100"))
    assert "llmcost calibrate" in (refused.value.hint or "")


def test_integers_of_eight_bits_are_multiplied_as_such_or_unpacked() -> None:
    card = replace(GPU, tflops={"fp16": 2.0, "bf16": 4.0, "int8": 16.0})
    products = 2 * MODEL.active_parameters
    assert bound(MODEL, "int8", card).per_token_s == pytest.approx(products / 16e12)
    assert bound(MODEL, "gptq-8bit", card).per_token_s == pytest.approx(products / 4e12)
    assert (
        by_datasheet(MODEL, "gptq-8bit", KNOWN.gpu("A100")).weights_s
        > by_datasheet(MODEL, "gptq", KNOWN.gpu("A100")).weights_s
    )


def test_few_tokens_wait_for_the_small_products_of_each_layer_with_experts() -> None:
    """48 layers of 55 microseconds, until the experts that are read take longer; without experts nothing."""
    experts, card = KNOWN.model("qwen3-30b-a3b"), KNOWN.gpu("A100")
    found = by_datasheet(experts, "none", card)
    assert found.least_experts_s == pytest.approx(48 * 55e-6)
    dense_s = found.weights_s * found.dense_share
    assert found.weights_read_s(1) == pytest.approx(dense_s + 48 * 55e-6)
    assert found.weights_read_s(1000) == pytest.approx(found.weights_s)
    assert by_datasheet(MODEL, "none", card).least_experts_s == 0
    assert found.slowed(2).least_experts_s == 2 * found.least_experts_s


def test_the_error_is_smaller_where_the_kernel_was_seen() -> None:
    kernel = reached.kernel("none", KNOWN.gpu("A100"))
    seen, elsewhere = kernel.error_on(KNOWN.gpu("A100")), kernel.error_on(KNOWN.gpu("H200"))
    assert elsewhere[0] <= seen[0] < 1 < seen[1] < elsewhere[1]


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
