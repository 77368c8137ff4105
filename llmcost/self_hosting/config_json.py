"""A model's shape from the config.json of its repository on a hub, as transformers writes it."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llmcost.errors import LlmcostError
from llmcost.parsing import json_value
from llmcost.self_hosting.model import Model
from llmcost.self_hosting.quantization import QUANTIZATIONS, Quantization

_FILE = "config.json"
_NAME = re.compile(r"[\w.+-]{1,100}")
_MOST = 10**8  # no dimension is larger: what is, is no shape
_FULL, _SLIDING, _LINEAR = "full_attention", "sliding_attention", "linear_attention"
# What changes the bytes or the work of a model in a way that its shape here cannot say. Zero, null or an empty list:
# the model does without.
_NOT_MODELLED = {
    "kv_lora_rank": "multi-head latent attention",
    "first_k_dense_replace": "layers without experts among layers with them",
    "mlp_only_layers": "layers without experts among layers with them",
    "num_kv_shared_layers": "layers that share their keys and values",
    "hidden_size_per_layer_input": "an embedding for each layer",
    "hybrid_override_pattern": "state-space layers",
    "attn_layer_period": "state-space layers",
    "is_encoder_decoder": "an encoder as well as a decoder",
}


def is_path(name: str) -> bool:
    """Whether a model is named by a file or folder rather than by a hub's name."""
    return (
        name.endswith(".json")
        or name.startswith(("/", "./", "../", "~/"))
        or ("/" in name and (Path(name) / _FILE).is_file())
    )


def read(path: Path) -> Model:
    """The shape in a config.json, by its path or its folder's; named by its `_name_or_path`, else by its folder.

    Raises LlmcostError naming the field that is missing, wrong, or says what is not modelled.
    """
    file = path.expanduser()
    file = file / _FILE if file.is_dir() else file
    config = _load(file)
    return _Shape(file, config).model()


def _load(file: Path) -> Mapping[str, Any]:
    try:
        config = json_value(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise LlmcostError(f"{file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise LlmcostError(f"{file} is not JSON: {error}") from None
    if not isinstance(config, dict):
        raise LlmcostError(f"{file} is no model's configuration: not an object")
    return config


class _Shape:
    """One file's fields; those of a model with eyes or ears are in its `text_config`."""

    def __init__(self, file: Path, config: Mapping[str, Any]) -> None:
        text = config.get("text_config")
        self._file = file
        self._top = config
        self._text: Mapping[str, Any] = text if isinstance(text, dict) else config

    def model(self) -> Model:
        for field, what in _NOT_MODELLED.items():
            if self._field(field):
                raise LlmcostError(f"{self._file}: {field}: {what} is not modelled")
        if self._number("decoder_sparse_step", default=1) != 1:
            raise LlmcostError(f"{self._file}: decoder_sparse_step: layers without experts are not modelled")
        heads, hidden = self._number("num_attention_heads"), self._number("hidden_size")
        layers = self._number("num_hidden_layers")
        experts = self._number("num_local_experts", "num_experts", "n_routed_experts", default=1)
        kinds = self._kinds(layers)
        window = self._number("sliding_window") if kinds[_SLIDING] else 0
        return Model(
            name=self._name(),
            layers=layers,
            hidden_size=hidden,
            intermediate_size=self._intermediate(experts),
            heads=heads,
            kv_heads=self._number("num_key_value_heads", default=heads),
            head_size=self._number("head_dim", default=hidden // heads),
            vocabulary=self._number("vocab_size"),
            max_context=self._number("max_position_embeddings"),
            tied_embeddings=self._tied(),
            experts=experts,
            experts_per_token=1 if experts == 1
            else self._number("num_experts_per_tok", "experts_per_token", "top_k_experts"),
            shared_intermediate_size=self._shared(experts),
            kv_layers=kinds[_FULL],
            sliding_layers=kinds[_SLIDING],
            sliding_window=window,
            full_kv_heads=self._optional("num_global_key_value_heads"),
            full_head_size=self._optional("global_head_dim"),
            gated_attention=bool(self._field("attn_output_gate")) or self._field("model_type") == "qwen3_next",
            linear_parameters=self._linear(hidden) if kinds[_LINEAR] else 0,
            quantization=self._quantization(),
            source=str(self._file),
        )  # fmt: skip

    def _field(self, name: str) -> Any:
        value = self._text.get(name)
        return self._top.get(name) if value is None else value

    def _number(self, *names: str, default: int | None = None) -> int:
        """The first of these fields that is there."""
        for name in names:
            value = self._field(name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _MOST:
                raise LlmcostError(f"{self._file}: {name} is not a number of a model's shape")
            return value
        if default is None:
            raise LlmcostError(
                f"{self._file}: {names[0]} is missing",
                hint="some files leave out what is their family's default: add it, or [models.NAME] in llmcost.toml",
            )
        return default

    def _optional(self, name: str) -> int | None:
        return None if self._field(name) is None else self._number(name)

    def _kinds(self, layers: int) -> Counter[str]:
        """How many layers attend in which way."""
        named = self._field("layer_types")
        if isinstance(named, list):
            kinds = Counter(str(kind) for kind in named)
            if unknown := set(kinds) - {_FULL, _SLIDING, _LINEAR}:
                raise LlmcostError(f"{self._file}: layer_types: {min(unknown)!a} is not modelled")
            if kinds.total() != layers:
                raise LlmcostError(f"{self._file}: layer_types has {kinds.total()} layers, num_hidden_layers {layers}")
            return kinds
        if self._field("linear_num_value_heads") is not None:
            return self._every(layers, self._number("full_attention_interval"), _LINEAR)
        window = self._field("sliding_window")
        if window is None or self._field("use_sliding_window") is False:
            return Counter({_FULL: layers})
        if self._number("sliding_window") >= self._number("max_position_embeddings"):
            return Counter({_FULL: layers})
        family = str(self._field("model_type"))
        if family.startswith(("gemma2", "gemma3")):
            pattern = 2 if family.startswith("gemma2") else 6
            return self._every(layers, self._number("sliding_window_pattern", default=pattern), _SLIDING)
        full = self._number("max_window_layers") if self._field("use_sliding_window") else 0
        return Counter({_FULL: min(full, layers), _SLIDING: layers - min(full, layers)})

    @staticmethod
    def _every(layers: int, interval: int, others: str) -> Counter[str]:
        """One layer in so many attends to everything."""
        return Counter({_FULL: layers // interval, others: layers - layers // interval})

    def _intermediate(self, experts: int) -> int:
        if experts == 1:
            return self._number("intermediate_size")
        return self._number("moe_intermediate_size", "intermediate_size")

    def _shared(self, experts: int) -> int:
        """Of the MLP that every token passes as well as its experts."""
        if experts == 1:
            return 0
        if self._field("enable_moe_block"):
            return self._number("intermediate_size")
        if self._field("shared_expert_intermediate_size"):
            return self._number("shared_expert_intermediate_size")
        if self._field("n_shared_experts"):
            return self._number("n_shared_experts") * self._number("moe_intermediate_size")
        return 0

    def _linear(self, hidden: int) -> int:
        """The matrices of a layer of gated delta attention: queries, keys, values, gates, and back."""
        values = self._number("linear_num_value_heads")
        keys_size = self._number("linear_num_key_heads") * self._number("linear_key_head_dim")
        values_size = values * self._number("linear_value_head_dim")
        return hidden * (2 * keys_size + 3 * values_size + 2 * values)

    def _tied(self) -> bool:
        tied = self._field("tie_word_embeddings")
        return str(self._field("model_type")).startswith("gemma") if tied is None else bool(tied)

    def _quantization(self) -> Quantization | None:
        given = self._field("quantization_config")
        if not isinstance(given, dict):
            return None
        method = str(given.get("quant_method"))
        known = next((name for name in QUANTIZATIONS if method in (name, f"{name}_marlin")), None)
        if known in ("awq", "gptq") and (bits := given.get("bits", given.get("w_bit"))) not in (None, 4):
            known = "gptq-8bit" if (known, bits) == ("gptq", 8) else None
        if method == "compressed-tensors":
            known = _compressed(given)
        if known is None:
            raise LlmcostError(
                f"{self._file}: quantization_config: {method!a} with these bits is not modelled",
                hint=f"known: {', '.join(QUANTIZATIONS)}",
            )
        return known

    def _name(self) -> str:
        given = str(self._top.get("_name_or_path") or "").rstrip("/").rsplit("/", 1)[-1]
        for name in (given, self._file.resolve().parent.name):
            if _NAME.fullmatch(name):
                return name
        return _FILE


def _compressed(given: Mapping[str, Any]) -> Quantization | None:
    """What compressed-tensors calls weights of 8-bit or 4-bit floats, or of 8-bit or 4-bit integers."""
    groups = given.get("config_groups")
    found: set[Quantization | None] = set()
    for group in groups.values() if isinstance(groups, dict) else ():
        weights = group.get("weights") if isinstance(group, dict) else None
        bits = (weights.get("type"), weights.get("num_bits")) if isinstance(weights, dict) else None
        names: dict[Any, Quantization] = {("float", 8): "fp8", ("float", 4): "nvfp4", ("int", 4): "gptq"}
        if bits == ("int", 8):
            found.add("int8" if group.get("input_activations") else "gptq-8bit")
        else:
            found.add(names.get(bits))
    return found.pop() if len(found) == 1 else None
