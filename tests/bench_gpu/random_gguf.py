"""A model of a few hundred kilobytes with random weights, in llama.cpp's format."""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from llmcost.bench_gpu.prompts import WORDS

_LAYERS, _HIDDEN, _INNER, _HEADS, _KV_HEADS, _CONTEXT = 2, 64, 128, 4, 2, 1024
_SPACE = "\u2581"  # what stands for a space in such vocabularies
_NORMAL, _UNKNOWN, _CONTROL, _BYTE = 1, 2, 3, 6
_ALIGNMENT = 32
_U32, _F32, _STRING, _ARRAY, _I32 = 4, 6, 8, 9, 5  # types of values


def write(path: Path, *, words: bool) -> None:
    """Writes the model; `words`: its tokenizer knows every word of our prompts, else only bytes."""
    pieces, kinds = _vocabulary(words)
    head_size = _HIDDEN // _HEADS
    facts: list[tuple[str, int, Any]] = [
        ("general.architecture", _STRING, "llama"),
        ("general.alignment", _U32, _ALIGNMENT),
        ("llama.context_length", _U32, _CONTEXT),
        ("llama.embedding_length", _U32, _HIDDEN),
        ("llama.block_count", _U32, _LAYERS),
        ("llama.feed_forward_length", _U32, _INNER),
        ("llama.attention.head_count", _U32, _HEADS),
        ("llama.attention.head_count_kv", _U32, _KV_HEADS),
        ("llama.attention.layer_norm_rms_epsilon", _F32, 1e-5),
        ("llama.rope.dimension_count", _U32, head_size),
        ("llama.vocab_size", _U32, len(pieces)),
        ("tokenizer.ggml.model", _STRING, "llama"),
        ("tokenizer.ggml.tokens", _ARRAY, (_STRING, pieces)),
        # A longer piece is merged first, so that a word ends as one.
        ("tokenizer.ggml.scores", _ARRAY, (_F32, [float(len(piece)) for piece in pieces])),
        ("tokenizer.ggml.token_type", _ARRAY, (_I32, kinds)),
        ("tokenizer.ggml.unknown_token_id", _U32, 0),
        ("tokenizer.ggml.bos_token_id", _U32, 1),
        ("tokenizer.ggml.eos_token_id", _U32, 2),
    ]
    tensors = _tensors(len(pieces), head_size)
    path.write_bytes(_file(facts, tensors))


def _vocabulary(words: bool) -> tuple[list[str], list[int]]:
    """Pieces and their kinds: what is special, every byte, and every beginning of every word."""
    beginnings = [f"{_SPACE}{word}"[:end] for word in WORDS for end in range(1, len(word) + 2)] if words else []
    letters = sorted({letter for word in WORDS for letter in word}) if words else []
    known = list(dict.fromkeys([*letters, *beginnings]))
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *known]
    return pieces, [_UNKNOWN, _CONTROL, _CONTROL, *[_BYTE] * 256, *[_NORMAL] * len(known)]


def _tensors(vocabulary: int, head_size: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)

    def matrix(rows: int, columns: int) -> np.ndarray:
        return (rng.standard_normal((rows, columns)) * 0.05).astype(np.float32)

    ones = np.ones(_HIDDEN, np.float32)
    tensors = {
        "token_embd.weight": matrix(vocabulary, _HIDDEN),
        "output.weight": matrix(vocabulary, _HIDDEN),
        "output_norm.weight": ones,
    }
    for number in range(_LAYERS):
        layer = {
            "attn_norm": ones,
            "attn_q": matrix(_HEADS * head_size, _HIDDEN),
            "attn_k": matrix(_KV_HEADS * head_size, _HIDDEN),
            "attn_v": matrix(_KV_HEADS * head_size, _HIDDEN),
            "attn_output": matrix(_HIDDEN, _HEADS * head_size),
            "ffn_norm": ones,
            "ffn_gate": matrix(_INNER, _HIDDEN),
            "ffn_up": matrix(_INNER, _HIDDEN),
            "ffn_down": matrix(_HIDDEN, _INNER),
        }
        tensors |= {f"blk.{number}.{name}.weight": values for name, values in layer.items()}
    return tensors


def _file(facts: Sequence[tuple[str, int, Any]], tensors: dict[str, np.ndarray]) -> bytes:
    """GGUF, version 3: facts, where each tensor lies, the tensors."""
    out = bytearray(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(facts)))
    for name, kind, value in facts:
        out += _string(name) + struct.pack("<I", kind) + _value(kind, value)
    offset = 0
    for name, values in tensors.items():
        out += _string(name) + struct.pack("<I", values.ndim)
        out += struct.pack(f"<{values.ndim}Q", *reversed(values.shape)) + struct.pack("<IQ", 0, offset)  # 0: float32
        offset += _padded(values.nbytes)
    out += b"\0" * (_padded(len(out)) - len(out))
    for values in tensors.values():
        out += values.tobytes() + b"\0" * (_padded(values.nbytes) - values.nbytes)
    return bytes(out)


def _value(kind: int, value: Any) -> bytes:
    if kind == _STRING:
        return _string(value)
    if kind == _ARRAY:
        of, values = value
        return struct.pack("<IQ", of, len(values)) + b"".join(_value(of, one) for one in values)
    return struct.pack({_U32: "<I", _F32: "<f", _I32: "<i"}[kind], value)


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _padded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
