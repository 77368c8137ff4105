"""A BERT encoder's forward pass in NumPy, with the mean of its tokens as the vector of a text.

J. Devlin et al., NAACL 2019; mean pooling as in N. Reimers, I. Gurevych, EMNLP 2019. All texts of a batch have the same
number of tokens, so that nothing is padded or masked.
"""

# ruff: noqa: TID253 - imported by the encoder that needs it

import json
import math
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file
from threadpoolctl import threadpool_limits
from tokenizers import Tokenizer

from llmcost.embeddings.neighbours import Vectors

Matrix = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

_TOKENS_AT_ONCE = 1024
_ROWS_AT_ONCE = 32  # of the widest layer: they stay in a core's own cache
# erf, to 1.5e-7: Abramowitz and Stegun, formula 7.1.26.
_ERF_SCALE = np.float32(0.3275911)
_ERF = [np.float32(a) for a in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)]


class Bert:
    """The model of a folder: config.json, model.safetensors and tokenizer.json, as sentence-transformers saves it."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError where a file is missing."""
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        length = json.loads((folder / "sentence_bert_config.json").read_text(encoding="utf-8"))["max_seq_length"]
        self._weights = {
            name.removeprefix("bert."): weight.astype(np.float32, copy=False)
            for name, weight in load_file(folder / "model.safetensors").items()
            if "position_ids" not in name
        }
        self._layers, self._heads = config["num_hidden_layers"], config["num_attention_heads"]
        self._epsilon = np.float32(config["layer_norm_eps"])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._begin, self._end = (self._token(name) for name in ("[CLS]", "[SEP]"))
        self._piece = length - 2

    def _token(self, name: str) -> int:
        found = self._tokenizer.token_to_id(name)
        if found is None:
            raise OSError(f"the tokenizer has no {name}")
        return int(found)

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """A row of length one for each text."""
        encoded = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        by_length: dict[int, list[tuple[int, list[int]]]] = defaultdict(list)
        for place, text in enumerate(encoded):
            ids = text.ids
            for start in range(0, max(len(ids), 1), self._piece):
                piece = [self._begin, *ids[start : start + self._piece], self._end]
                by_length[len(piece)].append((place, piece))
        sums = np.zeros((len(texts), self._weights["embeddings.LayerNorm.weight"].size), np.float32)
        # One product of matrices per core is faster than all cores on one, and does not spin while others work.
        with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count() or 1) as cores:
            for places, found in cores.map(self._sums, _batches(by_length)):
                np.add.at(sums, places, found)
        sums /= np.linalg.norm(sums, axis=1, keepdims=True)
        return sums

    def _sums(self, batch: list[tuple[int, list[int]]]) -> tuple[list[int], Matrix]:
        places, ids = zip(*batch, strict=True)
        return list(places), self._states(np.array(ids)).sum(axis=1)

    def _states(self, ids: Ints) -> Matrix:
        """Texts × tokens × dimensions."""
        texts, tokens = ids.shape
        known = self._weights
        x = known["embeddings.word_embeddings.weight"][ids]
        x += known["embeddings.position_embeddings.weight"][:tokens]
        x += known["embeddings.token_type_embeddings.weight"][0]
        x = self._normed(x.reshape(texts * tokens, -1), "embeddings.LayerNorm")
        for number in range(self._layers):
            layer = f"encoder.layer.{number}"
            mixed = self._attention(x, f"{layer}.attention.self", texts)
            x += self._linear(mixed, f"{layer}.attention.output.dense")
            x = self._normed(x, f"{layer}.attention.output.LayerNorm")
            wide = _gelu(self._linear(x, f"{layer}.intermediate.dense"))
            x += self._linear(wide, f"{layer}.output.dense")
            x = self._normed(x, f"{layer}.output.LayerNorm")
        return x.reshape(texts, tokens, -1)

    def _attention(self, x: Matrix, name: str, texts: int) -> Matrix:
        query, key, value = (
            self._linear(x, f"{name}.{part}").reshape(texts, -1, self._heads, x.shape[1] // self._heads)
            for part in ("query", "key", "value")
        )
        weight: Matrix = query.transpose(0, 2, 1, 3) @ key.transpose(0, 2, 3, 1)
        weight *= np.float32(1 / math.sqrt(query.shape[-1]))
        weight -= weight.max(axis=-1, keepdims=True)
        np.exp(weight, out=weight)
        weight /= weight.sum(axis=-1, keepdims=True)
        mixed: Matrix = weight @ value.transpose(0, 2, 1, 3)
        return mixed.transpose(0, 2, 1, 3).reshape(x.shape)

    def _linear(self, x: Matrix, name: str) -> Matrix:
        y: Matrix = x @ self._weights[f"{name}.weight"].T
        y += self._weights[f"{name}.bias"]
        return y

    def _normed(self, x: Matrix, name: str) -> Matrix:
        x -= x.mean(axis=1, keepdims=True)
        x /= np.sqrt(np.einsum("ij,ij->i", x, x) / np.float32(x.shape[1]) + self._epsilon)[:, None]
        x *= self._weights[f"{name}.weight"]
        x += self._weights[f"{name}.bias"]
        return x


def _batches(by_length: dict[int, list[tuple[int, list[int]]]]) -> Iterator[list[tuple[int, list[int]]]]:
    for length, pieces in by_length.items():
        count = max(1, _TOKENS_AT_ONCE // length)
        yield from (pieces[start : start + count] for start in range(0, len(pieces), count))


def _gelu(x: Matrix) -> Matrix:
    """x Φ(x), in place."""
    for start in range(0, len(x), _ROWS_AT_ONCE):
        y = x[start : start + _ROWS_AT_ONCE]
        z = np.abs(y)
        z *= np.float32(math.sqrt(0.5))
        t = z * _ERF_SCALE
        t += np.float32(1)
        np.reciprocal(t, out=t)
        tail = t * _ERF[0]
        for a in _ERF[1:]:
            tail += a
            tail *= t
        z *= z
        np.negative(z, out=z)
        np.exp(z, out=z)
        tail *= z
        phi = np.copysign(np.float32(1) - tail, y)
        phi += np.float32(1)
        phi *= np.float32(0.5)
        y *= phi
    return x
