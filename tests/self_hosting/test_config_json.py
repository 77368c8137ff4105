"""A model's shape read from the config.json of its repository."""

import json
from pathlib import Path
from typing import Any

import pytest

from llmcost.errors import LlmcostError
from llmcost.self_hosting import catalogue, config_json
from llmcost.self_hosting.plan import Options, fitting

KNOWN = catalogue.load()
LLAMA: dict[str, Any] = {
    "model_type": "llama", "num_hidden_layers": 32, "hidden_size": 4096, "intermediate_size": 14336,
    "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256, "max_position_embeddings": 131072,
    "tie_word_embeddings": False,
}  # fmt: skip
GPT_OSS = LLAMA | {
    "model_type": "gpt_oss", "num_hidden_layers": 24, "hidden_size": 2880, "intermediate_size": 2880, "head_dim": 64,
    "num_attention_heads": 64, "vocab_size": 201088, "num_local_experts": 32, "experts_per_token": 4,
    "sliding_window": 128, "layer_types": ["sliding_attention", "full_attention"] * 12,
    "quantization_config": {"quant_method": "mxfp4"},
}  # fmt: skip
QWEN35: dict[str, Any] = {
    "model_type": "qwen3_5_moe", "tie_word_embeddings": False,
    "text_config": {
        "num_hidden_layers": 40, "hidden_size": 2048, "moe_intermediate_size": 512, "num_attention_heads": 16,
        "num_key_value_heads": 2, "head_dim": 256, "vocab_size": 248320, "max_position_embeddings": 262144,
        "num_experts": 256, "num_experts_per_tok": 8, "shared_expert_intermediate_size": 512,
        "full_attention_interval": 4, "attn_output_gate": True, "linear_num_key_heads": 16,
        "linear_num_value_heads": 32, "linear_key_head_dim": 128, "linear_value_head_dim": 128,
    },
}  # fmt: skip
GEMMA4: dict[str, Any] = {
    "model_type": "gemma4",
    "text_config": {
        "model_type": "gemma4_text", "num_hidden_layers": 30, "hidden_size": 2816, "intermediate_size": 2112,
        "moe_intermediate_size": 704, "enable_moe_block": True, "num_attention_heads": 16, "num_key_value_heads": 8,
        "head_dim": 256, "global_head_dim": 512, "num_global_key_value_heads": 2, "vocab_size": 262144,
        "max_position_embeddings": 262144, "num_experts": 128, "top_k_experts": 8, "sliding_window": 1024,
        "layer_types": (["sliding_attention"] * 5 + ["full_attention"]) * 5, "num_kv_shared_layers": 0,
    },
}  # fmt: skip


def written(folder: Path, config: Any) -> Path:
    """A folder with that config.json."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(config if isinstance(config, str) else json.dumps(config), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("config", "known"),
    [(LLAMA, "llama-3.1-8b"), (GPT_OSS, "gpt-oss-20b"), (QWEN35, "qwen3.5-35b-a3b"), (GEMMA4, "gemma-4-26b-a4b")],
)
def test_a_file_has_the_shape_of_the_same_model_in_the_table(tmp_path: Path, config: Any, known: str) -> None:
    folder = written(tmp_path / "mine", config)
    read, table = config_json.read(folder), KNOWN.model(known)
    assert read.is_like(table)
    assert (read.name, read.max_context, read.quantization) == ("mine", table.max_context, table.quantization)
    assert config_json.read(folder / "config.json") == read


def test_layers_with_a_window_are_those_that_the_family_has(tmp_path: Path) -> None:
    def kinds(**more: Any) -> tuple[int | None, int]:
        read = config_json.read(written(tmp_path, LLAMA | more))
        return read.kv_layers, read.sliding_layers

    assert kinds(sliding_window=None) == (32, 0)
    assert kinds(sliding_window=4096) == (0, 32)
    assert kinds(sliding_window=4096, use_sliding_window=False) == (32, 0)
    assert kinds(sliding_window=4096, use_sliding_window=True, max_window_layers=28) == (28, 4)
    assert kinds(sliding_window=262144) == (32, 0), "longer than any context"
    assert kinds(sliding_window=1024, model_type="gemma3_text") == (5, 27)


def test_the_name_is_the_files_own_or_its_folders(tmp_path: Path) -> None:
    mine = written(tmp_path / "mine", LLAMA | {"_name_or_path": "meta-llama/Llama-3.1-8B-Instruct"})
    assert KNOWN.model(str(mine)).name == "llama-3.1-8b"
    other = written(tmp_path / "other", LLAMA | {"_name_or_path": "Llama-3.1-8B", "num_hidden_layers": 8})
    assert KNOWN.model(str(other)).name == str(other), "another shape under a known name"
    assert config_json.read(written(tmp_path / "third", LLAMA | {"_name_or_path": "\x1b[31m/"})).name == "third"


@pytest.mark.parametrize(
    ("quantization", "known"),
    [
        ({"quant_method": "awq", "bits": 4}, "awq"),
        ({"quant_method": "gptq", "bits": 4}, "gptq"),
        ({"quant_method": "fp8"}, "fp8"),
        ({"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": {"type": "float",
                                                                                          "num_bits": 8}}}}, "fp8"),
        ({"quant_method": "gptq", "bits": 8}, "gptq-8bit"),
        *(({"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": weights, **others}}}, name)
          for weights, others, name in (
              ({"type": "int", "num_bits": 8}, {"input_activations": {"num_bits": 8}}, "int8"),
              ({"type": "int", "num_bits": 8}, {}, "gptq-8bit"),
              ({"type": "int", "num_bits": 4}, {}, "gptq"),
              ({"type": "float", "num_bits": 4}, {}, "nvfp4"))),
        (None, None),
    ],
)  # fmt: skip
def test_quantized_weights_are_recognised(tmp_path: Path, quantization: Any, known: str | None) -> None:
    folder = written(tmp_path, LLAMA | {"quantization_config": quantization})
    assert config_json.read(folder).quantization == known
    options = Options(KNOWN.instance("g6e.xlarge"), str(folder), "auto")
    assert fitting(options, KNOWN).quantization == (known or "none")


def test_a_model_by_name_is_served_as_it_is_published_or_in_awq() -> None:
    instance = KNOWN.instance("g6e.xlarge")
    assert fitting(Options(instance, "gpt-oss-20b", "auto"), KNOWN).quantization == "mxfp4"
    assert fitting(Options(instance, "mistral-7b", "auto"), KNOWN).quantization == "awq"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({key: LLAMA[key] for key in LLAMA if key != "vocab_size"}, "config.json: vocab_size is missing"),
        (LLAMA | {"hidden_size": "4096"}, "hidden_size is not a number"),
        (LLAMA | {"num_hidden_layers": 10**30}, "num_hidden_layers is not a number"),
        (LLAMA | {"num_attention_heads": 0}, "num_attention_heads is not a number"),
        (LLAMA | {"num_local_experts": 8}, "num_experts_per_tok is missing"),
        (LLAMA | {"kv_lora_rank": 512}, "kv_lora_rank: multi-head latent attention is not modelled"),
        (LLAMA | {"layer_types": ["full_attention"]}, "layer_types has 1 layers, num_hidden_layers 32"),
        (LLAMA | {"layer_types": ["\x1b[31m"] * 32}, r"layer_types: '\\x1b\[31m' is not modelled"),
        (LLAMA | {"quantization_config": {"quant_method": "bitsandbytes"}}, "'bitsandbytes' with these bits"),
        (LLAMA | {"quantization_config": {"quant_method": "gptq", "bits": 3}}, "'gptq' with these bits"),
        ([], "not an object"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_what_says_no_shape_is_refused_with_the_field(tmp_path: Path, config: Any, message: str) -> None:
    with pytest.raises(LlmcostError, match=message):
        config_json.read(written(tmp_path, config))


def test_a_path_is_told_from_a_hubs_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert not config_json.is_path("mistralai/Mistral-7B-v0.3")
    assert config_json.is_path("./nowhere")
    (tmp_path / "org").mkdir()
    written(tmp_path / "org" / "tuned", LLAMA)
    assert config_json.is_path("org/tuned")
    with pytest.raises(LlmcostError, match="cannot be read: No such file"):
        KNOWN.model("./nowhere")
