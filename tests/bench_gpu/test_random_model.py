"""Shapes that ship, and what is written for a server to serve them."""

import json
from pathlib import Path

import pytest

from llmcost.bench_gpu import random_model
from llmcost.bench_gpu.prompts import WORDS
from llmcost.errors import LlmcostError, UsageError


@pytest.mark.parametrize(
    ("name", "parameters", "kv_bytes"),
    [
        ("mistral-7b", 7.25e9, 128 * 1024),
        ("llama-3.1-8b", 8.03e9, 128 * 1024),
        ("qwen2.5-7b", 7.62e9, 56 * 1024),
        ("tiny", 2.23e6, 1024),
    ],
)
def test_shapes_are_as_published(name: str, parameters: float, kv_bytes: int) -> None:
    shape = random_model.shape(name)
    assert shape.parameters == pytest.approx(parameters, rel=0.01)
    assert shape.kv_values_per_token * 2 == kv_bytes


def test_weights_in_memory_as_published() -> None:
    """Mistral 7B: 13.5 GiB in 16 bits, 4.2 GB in 4."""
    shape = random_model.shape("mistral-7b")
    assert shape.served_bytes("none") / 2**30 == pytest.approx(13.5, abs=0.05)
    assert shape.served_bytes("awq") / 1e9 == pytest.approx(4.2, abs=0.1)
    assert shape.served_bytes("awq") < shape.served_bytes("fp8") < shape.served_bytes("none")


def test_a_shape_is_found_by_a_hubs_name() -> None:
    assert random_model.shape("mistralai/Mistral-7B-Instruct-v0.3").name == "mistral-7b"
    assert random_model.shape("Qwen/Qwen2.5-7B-Instruct-AWQ").name == "qwen2.5-7b"


@pytest.mark.parametrize("name", ["Qwen/Qwen2.5-7B-Instruct-1M", "nvidia/Llama-3.1-8B-UltraLong-1M", "mistral-7b-v0.1"])
def test_a_variant_is_no_shape_that_ships(name: str) -> None:
    with pytest.raises(UsageError, match="no model shape named"):
        random_model.shape(name)


def test_an_unknown_shape_is_refused_with_the_near_ones() -> None:
    with pytest.raises(UsageError, match="no model shape named mistral7b") as raised:
        random_model.shape("mistral7b")
    assert raised.value.hint == "did you mean mistral-7b?"


def test_weights_that_do_not_fit_are_refused_with_what_would() -> None:
    """Mistral 7B in 16 bits on a T4's 14.56 GiB, some of it in use."""
    shape = random_model.shape("mistral-7b")
    with pytest.raises(LlmcostError, match=r"weights take 13\.5 GiB, 13\.0 GiB are free") as raised:
        random_model.require_room(shape, shape.served_bytes("none"), 13 * 2**30)
    assert "--quantization fp8" in str(raised.value.hint)
    with pytest.raises(LlmcostError) as raised:
        random_model.require_room(shape, shape.served_bytes("none"), 2**30)
    assert raised.value.hint == "use a smaller model or a larger GPU"
    random_model.require_room(shape, shape.served_bytes("awq"), 13 * 2**30)


@pytest.mark.parametrize(
    ("name", "quantization"),
    [
        ("tiny", "none"),
        ("tiny", "awq"),
        ("tiny", "gptq"),
        ("tiny", "fp8"),
        ("mistral-7b", "awq"),
        ("qwen2.5-7b", "none"),
    ],
)
def test_what_is_written(tmp_path: Path, name: str, quantization: str) -> None:
    shape = random_model.shape(name)
    random_model.write(shape, quantization, tmp_path)
    config = json.loads((tmp_path / "config.json").read_text("utf-8"))
    assert config["vocab_size"] == shape.vocab_size
    method = {"awq": "awq", "gptq": "gptq"}.get(quantization)  # fp8 is made while loading
    assert config.get("quantization_config", {}).get("quant_method") == method
    tokenizer = json.loads((tmp_path / "tokenizer.json").read_text("utf-8"))
    vocabulary = tokenizer["model"]["vocab"]
    assert sorted(vocabulary.values()) == list(range(shape.vocab_size))
    assert vocabulary["<s>"] == config["bos_token_id"]
    assert vocabulary["</s>"] == config["eos_token_id"]
    assert set(WORDS) <= set(vocabulary)
