"""Models and GPUs by name: exactly a known one, or a refusal with the near ones."""

from collections import Counter

import pytest

from llmcost.errors import UsageError
from llmcost.self_hosting import catalogue
from llmcost.self_hosting.fitting import weights_bytes

KNOWN = catalogue.load()


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("mistralai/Mistral-7B-Instruct-v0.3", "mistral-7b"),
        ("TheBloke/Mistral-7B-Instruct-v0.2-AWQ", "mistral-7b-v0.2"),
        ("meta-llama/Llama-3.1-8B", "llama-3.1-8b"),
        ("Qwen/Qwen2.5-7B-Instruct-AWQ", "qwen2.5-7b"),
        ("Qwen/Qwen3-30B-A3B-Instruct-2507", "qwen3-30b-a3b-2507"),
        ("microsoft/Phi-4-mini-instruct", "phi-4-mini"),
        ("openai/gpt-oss-20b", "gpt-oss-20b"),
    ],
)
def test_a_hubs_name_is_that_of_a_known_shape(name: str, known: str) -> None:
    assert KNOWN.model(name).name == known


@pytest.mark.parametrize("name", [
    "microsoft/Phi-4-multimodal-instruct", "microsoft/Phi-4-reasoning-vision", "Qwen/Qwen2.5-7B-Instruct-1M",
    "mistral-7b-v0.1", "Llama-3.1-8B-UltraLong-4M", "mistral-8b",
])  # fmt: skip
def test_a_variant_of_a_model_is_refused_with_the_near_ones(name: str) -> None:
    assert KNOWN.known_model(name) is None
    with pytest.raises(UsageError, match="no open-weight model named") as refused:
        KNOWN.model(name)
    assert "did you mean" in (refused.value.hint or "")
    assert "config.json" in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("NVIDIA A100-SXM4-40GB", "A100-40GB"),
        ("NVIDIA L40S", "L40S"),
        ("Tesla T4", "T4"),
        ("NVIDIA H100 80GB HBM3", "H100"),
        ("h100", "H100"),
    ],
)
def test_a_drivers_name_is_that_of_a_known_gpu(name: str, known: str) -> None:
    assert KNOWN.gpu(name).name == known


@pytest.mark.parametrize("name", [
    "NVIDIA L40", "NVIDIA H100 64GB HBM2", "NVIDIA H200 NVL", "NVIDIA GeForce RTX 4090 Laptop GPU",
    "NVIDIA A100-SXM-64GB", "NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition", "H10",
])  # fmt: skip
def test_a_variant_of_a_gpu_is_refused_with_the_near_ones(name: str) -> None:
    assert KNOWN.recognise(name) is None
    with pytest.raises(UsageError, match="no GPU named") as refused:
        KNOWN.gpu(name)
    assert "another card" in (refused.value.hint or "")


def test_an_unknown_instance_is_refused_with_the_near_ones() -> None:
    with pytest.raises(UsageError) as refused:
        KNOWN.instance("g4dn.large")
    assert "did you mean" in (refused.value.hint or "")


def test_no_name_means_two_things() -> None:
    names = Counter(name.lower() for model in KNOWN.models.values() for name in (model.name, *model.aliases))
    drivers = Counter(name.lower() for gpu in KNOWN.gpus.values() for name in gpu.reported_as)
    assert [name for name, times in (names + drivers).items() if times > 1] == []


@pytest.mark.parametrize(
    ("name", "billions", "active", "kv_kib"),
    [
        ("qwen3-4b", 4.0, 4.0, 144),
        ("qwen3-coder-480b-a35b", 480, 35, 248),
        ("qwen3-next-80b-a3b", 80, 3.5, 24),
        ("qwen3.5-35b-a3b", 35, 3, 20),  # keys and values in 10 of 40 layers
        ("qwen3.5-397b-a17b", 397, 16.5, 30),
        ("gemma-4-26b-a4b", 25.2, 3.8, 70),
        ("gemma-4-31b", 30.7, 30.7, 280),
        ("gpt-oss-20b", 20.9, 3.6, 24.75),
        ("gpt-oss-120b", 116.8, 5.1, 37.125),
        ("phi-4-mini", 3.8, 3.8, 128),
        ("mistral-small-3.2-24b", 23.6, 23, 160),
        ("llama-3.2-1b", 1.24, 1.24, 32),
    ],
)
def test_shapes_have_as_many_parameters_as_published(name: str, billions: float, active: float, kv_kib: float) -> None:
    model = KNOWN.model(name)
    assert weights_bytes(model, "none") / 2e9 == pytest.approx(billions, rel=0.015)
    assert model.active_parameters / 1e9 == pytest.approx(active, rel=0.04)
    assert model.kv_bytes_per_token == kv_kib * 1024


def test_shapes_say_where_and_when_they_were_read() -> None:
    unread = {model.name for model in KNOWN.models.values() if model.read_on is None}
    assert unread == {"mistral-7b", "llama-3.3-70b", "phi-4"}, "those from before reading was dated"
    assert all(model.source != "llmcost.toml" for model in KNOWN.models.values())
