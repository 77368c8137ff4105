"""The torch engine: a transformer that is one, on the processor."""

from typing import Any

import pytest

from llmcost.bench_gpu.dollars import Pricing
from llmcost.bench_gpu.measurement import Row
from llmcost.bench_gpu.random_model import Shape, shape
from llmcost.bench_gpu.run import Closed, Open
from llmcost.bench_gpu.serving import Effort, Lengths
from llmcost.bench_gpu.targets import torch as torch_target
from llmcost.errors import LlmcostError, UsageError
from tests.bench_gpu.conftest import Make

torch = pytest.importorskip("torch", reason="the torch engine is tested where torch is installed")

from llmcost.bench_gpu.torch_engine.decoder import Decoder  # noqa: E402
from llmcost.bench_gpu.torch_engine.device import Device, choose  # noqa: E402

CPU = Device(torch, "cpu", "float32")


@pytest.fixture(scope="module")
def tiny() -> Shape:
    return shape("tiny")


@pytest.fixture(scope="module")
def decoder(tiny: Shape) -> Decoder:
    return Decoder(CPU, tiny, seed=0)


def tokens(count: int, sequences: int = 2, seed: int = 1) -> Any:
    return torch.randint(2048, (sequences, count), generator=torch.Generator().manual_seed(seed))


def scores(decoder: Decoder, prompt: Any) -> Any:
    """Of the token after the prompt, read at once."""
    decoder.make_room(prompt.shape[0], prompt.shape[1] + 4)
    return decoder.forward(prompt, 0)


@torch.inference_mode()
def test_decoding_with_the_cache_is_reading_it_all_again(decoder: Decoder) -> None:
    prompt = tokens(12)
    whole = scores(decoder, prompt)
    decoder.make_room(2, 16)
    decoder.forward(prompt[:, :9], 0)
    for position in range(9, 12):
        step = decoder.forward(prompt[:, position : position + 1], position)
    assert torch.allclose(step, whole, atol=1e-4)


@torch.inference_mode()
def test_a_token_sees_what_is_before_it_and_nothing_after(decoder: Decoder) -> None:
    prompt = tokens(10)
    before = scores(decoder, prompt[:, :6])
    decoder.make_room(2, 16)
    decoder.forward(prompt, 0)
    assert torch.allclose(decoder.forward(prompt[:, 5:6], 5), before, atol=1e-4)
    changed = prompt.clone()
    changed[:, 0] += 1
    assert not torch.allclose(scores(decoder, changed[:, :6]), before, atol=1e-4)


@torch.inference_mode()
def test_positions_matter(decoder: Decoder) -> None:
    prompt = tokens(6)
    swapped = prompt[:, [1, 0, 2, 3, 4, 5]]
    assert not torch.allclose(scores(decoder, prompt), scores(decoder, swapped), atol=1e-5)


@torch.inference_mode()
def test_sequences_do_not_see_one_another(decoder: Decoder) -> None:
    prompt = tokens(8, sequences=3)
    together = scores(decoder, prompt)
    for row in range(3):
        assert torch.allclose(scores(decoder, prompt[row : row + 1])[0], together[row], atol=1e-4)
    decoder.make_room(3, 12)
    decoder.forward(prompt[:1], 0)
    assert torch.allclose(decoder.forward(prompt[1:], 0, first_row=1), together[1:], atol=1e-4)


@torch.inference_mode()
def test_it_agrees_with_attention_written_out(tiny: Shape) -> None:
    """One layer, computed the plainest way: every head by itself, every pair of positions."""
    one = Shape("one", tiny.config | {"num_hidden_layers": 1})
    decoder = Decoder(CPU, one, seed=3)
    prompt = tokens(5, sequences=1)
    decoder.make_room(1, 5)
    got = decoder.forward(prompt, 0)[0]

    def normed(row: Any) -> Any:
        return row / torch.sqrt((row**2).mean() + one.rms_norm_eps)

    def turned(head: Any, position: int) -> Any:
        half = one.head_dim // 2
        angles = position * one.rope_theta ** (-torch.arange(half) / half)
        first, second = head[:half], head[half:]
        return torch.cat((first * angles.cos() - second * angles.sin(), second * angles.cos() + first * angles.sin()))

    layer, size = decoder._layers[0], one.head_dim
    inputs = [decoder._embedding[token] for token in prompt[0]]
    mixed = [layer["qkv"] @ normed(row) for row in inputs]
    heads, shared = one.num_attention_heads, one.num_attention_heads // one.num_key_value_heads
    attended = []
    for head in range(heads):
        query = turned(mixed[4][head * size : (head + 1) * size], 4)
        at = (heads + head // shared) * size
        keys = [turned(row[at : at + size], position) for position, row in enumerate(mixed)]
        at += one.num_key_value_heads * size
        values = torch.stack([row[at : at + size] for row in mixed])
        weights = torch.softmax(torch.stack([query @ key for key in keys]) / size**0.5, dim=0)
        attended.append(weights @ values)
    hidden = inputs[4] + layer["out"] @ torch.cat(attended)
    gate, up = (layer["gate_up"] @ normed(hidden)).chunk(2)
    hidden = hidden + layer["down"] @ (gate * torch.sigmoid(gate) * up)
    assert torch.allclose(got, decoder._head @ normed(hidden), atol=1e-4)


@torch.inference_mode()
def test_the_seed_decides_the_weights(tiny: Shape) -> None:
    prompt = tokens(4)
    assert torch.equal(scores(Decoder(CPU, tiny, 1), prompt), scores(Decoder(CPU, tiny, 1), prompt))
    assert not torch.equal(scores(Decoder(CPU, tiny, 1), prompt), scores(Decoder(CPU, tiny, 2), prompt))


def test_steps(session: Make, saved: list[Row]) -> None:
    target = torch_target(None, "cpu", None)
    made = session(pricing=Pricing(1.0), facts=target.facts)
    target.run(Closed([Lengths(32, 8)], [1, 3]), Effort(), made)
    assert [(row["load"], row["concurrency"], row["requests"], row["ok"]) for row in saved] == [
        ("static", 1, 3, 3), ("static", 3, 9, 9),
    ]  # fmt: skip
    row = saved[1]
    assert (row["engine"], row["model"], row["weights"], row["device"]) == ("torch", "tiny", "random", "cpu")
    assert (row["dtype"], row["cuda_graphs"], row["gpu"]) == ("float32", False, None)
    assert (row["input_tokens"], row["output_tokens"]) == (9 * 32, 9 * 8)
    assert row["versions"]["torch"] == torch.__version__
    assert row["e2e_ms_mean"] == pytest.approx(row["ttft_ms_mean"] + 7 * row["tpot_ms_mean"])
    assert row["memory_bandwidth_gb_s"] > 0
    assert row["matmul_tflops"] > 0
    assert row["output_usd_mtok"] == pytest.approx(1 / 3600 / row["output_tokens_per_s"] * 1e6)
    reading_s = 9 * 32 / row["prefill_tokens_per_s"]
    generating_s = 9 * 7 / row["decode_tokens_per_s"]
    assert reading_s + generating_s <= row["duration_s"] * (1 + 1e-9)


def test_the_work_to_do_can_be_set(session: Make, saved: list[Row]) -> None:
    target = torch_target("tiny", "cpu", "bfloat16")
    target.run(Closed([Lengths(8, 1)], [2]), Effort(requests=10, warm_up=0), session(facts=target.facts))
    assert (saved[0]["requests"], saved[0]["warm_up_requests"], saved[0]["dtype"]) == (10, 0, "bfloat16")
    assert saved[0]["decode_tokens_per_s"] is None
    assert saved[0]["tpot_ms_mean"] is None


def test_only_batches(session: Make) -> None:
    target = torch_target("tiny", "cpu", None)
    with pytest.raises(UsageError, match="only measures batches"):
        target.run(Open([Lengths(8, 4)], [1.0]), Effort(), session(facts=target.facts))


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="no device tpu"):
        choose("tpu", None)
    with pytest.raises(UsageError, match="no dtype int3"):
        choose("cpu", "int3")
    if not torch.cuda.is_available():
        with pytest.raises(LlmcostError, match="torch sees no GPU"):
            choose("cuda", None)


def test_what_does_not_fit_is_refused(session: Make, monkeypatch: pytest.MonkeyPatch, saved: list[Row]) -> None:
    target = torch_target("tiny", "cpu", None)
    monkeypatch.setattr(Device, "free_bytes", lambda device: 1e6)
    with pytest.raises(LlmcostError, match="tiny does not fit"):
        target.run(Closed([Lengths(8, 4)], [1]), Effort(), session(facts=target.facts))
    monkeypatch.setattr(Device, "free_bytes", lambda device: 2e7)
    with pytest.raises(LlmcostError, match="a batch of 4096 does not fit"):
        target.run(Closed([Lengths(8, 4)], [1, 4096]), Effort(), session(facts=target.facts))
    assert [row["concurrency"] for row in saved] == [1], "what was finished before is kept"
