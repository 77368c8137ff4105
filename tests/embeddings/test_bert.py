"""The forward pass in NumPy against one written out, text by text and number by number, on a small random model."""

import json
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("threadpoolctl")
pytest.importorskip("tokenizers")
save_file = pytest.importorskip("safetensors.numpy").save_file

from llmcost.embeddings.encoders.bert import Bert  # noqa: E402

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "c", "d"]
SIZE, WIDE, HEADS, LAYERS, LONGEST = 8, 16, 2, 2, 6

Array = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def weights() -> dict[str, npt.NDArray[np.float32]]:
    chance = np.random.default_rng(5)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(WORDS), SIZE),
        "embeddings.position_embeddings.weight": (LONGEST, SIZE),
        "embeddings.token_type_embeddings.weight": (2, SIZE),
    }
    layers = [f"encoder.layer.{number}" for number in range(LAYERS)]
    for layer in layers:
        linear = {f"attention.self.{part}": (SIZE, SIZE) for part in ("query", "key", "value")}
        linear |= {"attention.output.dense": (SIZE, SIZE)}
        linear |= {"intermediate.dense": (WIDE, SIZE), "output.dense": (SIZE, WIDE)}
        for name, shape in linear.items():
            shapes |= {f"{layer}.{name}.weight": shape, f"{layer}.{name}.bias": shape[:1]}
    norms = ["embeddings", *(f"{layer}.{part}" for layer in layers for part in ("attention.output", "output"))]
    shapes |= {f"{name}.LayerNorm.{part}": (SIZE,) for name in norms for part in ("weight", "bias")}
    return {name: chance.normal(0, 1, shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.fixture(scope="module")
def model(weights: dict[str, npt.NDArray[np.float32]], tmp_path_factory: pytest.TempPathFactory) -> Bert:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    folder: Path = tmp_path_factory.mktemp("bert")
    save_file(weights, folder / "model.safetensors")
    tokenizer = Tokenizer(WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "layer_norm_eps": 1e-12}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": LONGEST}), encoding="utf-8")
    return Bert(folder)


def plain(ids: list[int], weights: dict[str, npt.NDArray[np.float32]]) -> Array:
    """The last states of one text's tokens."""

    def linear(x: Array, name: str) -> Array:
        found: Array = x @ weights[f"{name}.weight"].T.astype(float) + weights[f"{name}.bias"]
        return found

    def normed(x: Array, name: str) -> Array:
        centred = x - x.mean(axis=1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-12)
        found: Array = centred / spread * weights[f"{name}.LayerNorm.weight"] + weights[f"{name}.LayerNorm.bias"]
        return found

    words, places = weights["embeddings.word_embeddings.weight"], weights["embeddings.position_embeddings.weight"]
    x = words[ids].astype(float) + places[: len(ids)] + weights["embeddings.token_type_embeddings.weight"][0]
    x = normed(x, "embeddings")
    for layer in (f"encoder.layer.{number}" for number in range(LAYERS)):
        query, key, value = (linear(x, f"{layer}.attention.self.{part}") for part in ("query", "key", "value"))
        parts = []
        for head in range(HEADS):
            own = slice(head * SIZE // HEADS, (head + 1) * SIZE // HEADS)
            weight = np.exp(query[:, own] @ key[:, own].T / math.sqrt(SIZE / HEADS))
            parts.append(weight / weight.sum(axis=1, keepdims=True) @ value[:, own])
        x = normed(x + linear(np.hstack(parts), f"{layer}.attention.output.dense"), f"{layer}.attention.output")
        wide = linear(x, f"{layer}.intermediate.dense")
        wide = np.vectorize(lambda one: one * (1 + math.erf(one / math.sqrt(2))) / 2)(wide)
        x = normed(x + linear(wide, f"{layer}.output.dense"), f"{layer}.output")
    return x


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a b", [["a", "b"]]),
        ("", [[]]),
        ("a nothing c", [["a", "[UNK]", "c"]]),
        ("a b c d a b", [["a", "b", "c", "d"], ["a", "b"]]),
    ],
)
def test_a_text_has_the_mean_of_its_tokens_in_pieces_that_the_model_can_read(
    text: str, pieces: list[list[str]], model: Bert, weights: dict[str, npt.NDArray[np.float32]]
) -> None:
    ids = [[WORDS.index(word) for word in ["[CLS]", *piece, "[SEP]"]] for piece in pieces]
    mean = np.vstack([plain(piece, weights) for piece in ids]).sum(axis=0)
    [found] = model.vectors([text])
    assert found == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)


def test_a_text_has_the_same_vector_among_others(model: Bert) -> None:
    texts = ["a b", "c", "a b c d a", "", "d d"]
    together = model.vectors(texts)
    for text, found in zip(texts, together, strict=True):
        assert found == pytest.approx(model.vectors([text])[0], abs=1e-6)
