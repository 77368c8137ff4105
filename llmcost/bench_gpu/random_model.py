"""Models of a real shape with random weights: a GPU takes as long over them as over the real ones, and nothing is
downloaded.

A shape is the model's published `config.json`; the tokenizer is made here and knows every word a prompt is made of.
"""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmcost.bench_gpu.prompts import WORDS
from llmcost.errors import LlmcostError, UsageError, did_you_mean

_SHAPES = Path(__file__).parent / "shapes"
_MODELS = Path(__file__).parents[1] / "self_hosting" / "models.toml"  # knows the names on hubs
_SPECIAL = ("<unk>", "<s>", "</s>")

# Bytes a weight of the layers takes. 4 bits: groups of 128 weights share a 16-bit scale and a 4-bit zero point.
_LAYER_WEIGHT_BYTES = {"none": 2.0, "fp8": 1.0, "awq": 0.5 + 2.5 / 128, "gptq": 0.5 + 2.5 / 128}

_ROOM_FOR_CACHE = 0.8  # weights that take more of the memory leave too little for keys and values

# What `config.json` says of a checkpoint quantized before it is served. fp8 is done while loading, and named there.
_QUANTIZED = {
    "awq": {"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True, "version": "gemm"},
    "gptq": {"quant_method": "gptq", "bits": 4, "group_size": 128, "desc_act": False, "sym": True},
}


@dataclass(frozen=True)
class Shape:
    """A transformer's dimensions."""

    name: str
    config: dict[str, Any]  # as in the model's config.json

    def __getattr__(self, key: str) -> Any:
        try:
            return self.config[key]
        except KeyError:
            raise AttributeError(key) from None

    @property
    def layer_parameters(self) -> int:
        """The matrices of all layers."""
        attention = self.hidden_size * self.head_dim * 2 * (self.num_attention_heads + self.num_key_value_heads)
        return int(self.num_hidden_layers * (attention + 3 * self.hidden_size * self.intermediate_size))

    @property
    def embedding_parameters(self) -> int:
        """Input and output embeddings, which stay 16-bit when the rest is quantized."""
        return int(2 * self.vocab_size * self.hidden_size)

    @property
    def parameters(self) -> int:
        """All of them but the norms'."""
        return self.layer_parameters + self.embedding_parameters

    @property
    def kv_values_per_token(self) -> int:
        """Numbers kept of one token: keys and values of every layer."""
        return int(2 * self.num_hidden_layers * self.num_key_value_heads * self.head_dim)

    def served_bytes(self, quantization: str) -> float:
        """What the weights take in a server: 16 bits each unless quantized."""
        return self.layer_parameters * _LAYER_WEIGHT_BYTES[quantization] + self.embedding_parameters * 2


def names() -> list[str]:
    """The shapes that ship."""
    return sorted(file.stem for file in _SHAPES.glob("*.json"))


def shape(name: str) -> Shape:
    """The shape of this name, or of a hub's name of a model of this very shape, like
    `mistralai/Mistral-7B-Instruct-v0.3`; UsageError when unknown: a variant may have another shape.
    """
    plain = name.rsplit("/", 1)[-1].lower()
    known = plain if plain in names() else _hub_names().get(plain)
    if known is not None:
        return Shape(known, json.loads((_SHAPES / f"{known}.json").read_text("utf-8")))
    raise UsageError(f"there is no model shape named {name}", hint=did_you_mean(plain, names()))


def _hub_names() -> dict[str, str]:
    """A hub's names of the models that ship, each with that of its shape."""
    models = tomllib.loads(_MODELS.read_text("utf-8"))["models"]
    return {alias: name for name in names() for alias in models.get(name, {}).get("aliases", ())}


def require_room(wanted: Shape, needed_bytes: float, free_bytes: float) -> None:
    """LlmcostError, with the numbers and what would fit, where the weights alone take more than is free."""
    if needed_bytes <= free_bytes:
        return
    fitting = [name for name in _LAYER_WEIGHT_BYTES if wanted.served_bytes(name) < free_bytes * _ROOM_FOR_CACHE]
    raise LlmcostError(
        f"{wanted.name} does not fit: its weights take {needed_bytes / 2**30:.1f} GiB, "
        f"{free_bytes / 2**30:.1f} GiB are free",
        hint=f"served with --quantization {fitting[0]} it would" if fitting else "use a smaller model or a larger GPU",
    )


def write(wanted: Shape, quantization: str, folder: Path) -> None:
    """Writes what a server needs to serve the shape with random weights: configuration and tokenizer, no weights."""
    config = wanted.config | ({"quantization_config": _QUANTIZED[quantization]} if quantization in _QUANTIZED else {})
    _dump(folder / "config.json", config)
    _dump(folder / "tokenizer.json", _tokenizer(wanted.vocab_size))
    _dump(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": wanted.max_position_embeddings,
            "unk_token": _SPECIAL[0],
            "bos_token": _SPECIAL[1],
            "eos_token": _SPECIAL[2],
            "chat_template": "{% for message in messages %}{{ message.content }} {% endfor %}",
        },
    )


def _tokenizer(vocabulary: int) -> dict[str, Any]:
    """A tokenizer in which every word is one token, in the form of the `tokenizers` library."""
    words = (*_SPECIAL, *WORDS)[:vocabulary]
    fill = tuple(f"word{number}" for number in range(len(words), vocabulary))
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": number, "content": word, "single_word": False, "lstrip": False, "rstrip": False}
            | {"normalized": False, "special": True}
            for number, word in enumerate(_SPECIAL)
        ],
        "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {word: number for number, word in enumerate(words + fill)},
            "unk_token": _SPECIAL[0],
        },
    }


def _dump(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content), "utf-8")
