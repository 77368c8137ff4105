"""Vectors in the store: each text is read once, and none outlives its text."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

import llmcost as library
from llmcost.embeddings.encoders import model_folder
from llmcost.embeddings.encoders.encoder import fingerprint
from llmcost.engine import access
from tests.command import llmcost
from tests.logs import Row, call, write

ASKED = ("how do I reset my password", "resetting the password, how?", "write to ann@example.org about it")


class SentenceTransformer:
    """A model whose vectors are all alike, and which says what it was asked."""

    read: ClassVar[list[str]] = []

    def __init__(self, folder: str, **_: Any) -> None: ...

    def encode(self, texts: list[str], **_: Any) -> Any:
        self.read.extend(texts)
        return np.array([[0.6, 0.8]] * len(texts))


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fake = SimpleNamespace(SentenceTransformer=SentenceTransformer)
    monkeypatch.setitem(sys.modules, "sentence_transformers", fake)
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "modules.json").write_text("[]", encoding="utf-8")
    (folder / "weights").write_bytes(b"1")
    return folder


def traffic() -> list[Row]:
    return [asked(n, text) for n, text in enumerate(ASKED)]


def asked(number: int, text: str) -> Row:
    return call(number, prompt_hash=text, latency_ms=9, text={"prompt": text})


def replayed(folder: Path, model: Path) -> list[str]:
    """What the model reads for a replay in a process of its own."""
    model_folder.model.cache_clear()
    SentenceTransformer.read.clear()
    done = llmcost("simulate", "--what-if", f"semantic-caching:encoder={model},threshold=0.9", cwd=folder)
    assert done.returncode == 0, done.stderr
    return [text for text in SentenceTransformer.read if "to see how long" not in text]


def kept(store: Path) -> list[Row]:
    with access.reading(store) as opened:
        return opened.rows("select encoder, text_hash, vector from vectors order by text_hash")


def test_a_text_is_read_once_for_a_store_and_a_model(tmp_path: Path, store_path: Path, model: Path) -> None:
    write(tmp_path / "log.jsonl", traffic())
    assert llmcost("ingest", "--keep-text", "log.jsonl", cwd=tmp_path).returncode == 0
    assert sorted(replayed(tmp_path, model)) == sorted(ASKED)
    assert replayed(tmp_path, model) == []
    [name] = {row["encoder"] for row in kept(store_path)}
    assert name == f"model {fingerprint(model)}"
    assert [row["vector"] for row in kept(store_path)] == [pytest.approx([0.6, 0.8])] * 3

    (model / "weights").write_bytes(b"2")  # another model in the same folder: its vectors are others
    assert len(replayed(tmp_path, model)) == 3
    assert len(kept(store_path)) == 6

    write(tmp_path / "more.jsonl", [asked(9, "and now?")])
    assert llmcost("ingest", "--keep-text", "more.jsonl", cwd=tmp_path).returncode == 0
    assert replayed(tmp_path, model) == ["and now?"]


def test_vectors_go_with_their_texts(tmp_path: Path, store_path: Path, model: Path) -> None:
    write(tmp_path / "log.jsonl", traffic())
    assert llmcost("ingest", "--keep-text", "log.jsonl", cwd=tmp_path).returncode == 0
    replayed(tmp_path, model)
    assert llmcost("ingest", "--redact-emails", "log.jsonl", cwd=tmp_path).returncode == 0
    assert kept(store_path) == []
    replayed(tmp_path, model)
    assert len(kept(store_path)) == 3
    with access.writing(store_path) as opened:
        opened.execute("delete from texts where request_id like '%2'")
        opened.execute("update texts set prompt = 'another' where request_id like '%1'")
    replayed(tmp_path, model)
    assert len(kept(store_path)) == 2


def test_what_is_not_to_be_written_is_not_written(tmp_path: Path, store_path: Path, model: Path) -> None:
    write(tmp_path / "log.jsonl", traffic())
    assert llmcost("ingest", "--keep-text", "log.jsonl", cwd=tmp_path).returncode == 0
    step = [f"semantic-caching:encoder={model},threshold=0.9"]
    model_folder.model.cache_clear()
    reader = library.open(store_path).simulate(step)
    assert kept(store_path) == []
    writer = library.open(store_path, read_only=False).simulate(step)
    assert len(kept(store_path)) == 3
    assert reader.document() == writer.document()


def test_wordllama_is_never_kept(tmp_path: Path, store_path: Path) -> None:
    pytest.importorskip("wordllama")
    write(tmp_path / "log.jsonl", traffic())
    assert llmcost("ingest", "--keep-text", "log.jsonl", cwd=tmp_path).returncode == 0
    assert llmcost("simulate", "--what-if", "semantic-caching", cwd=tmp_path).returncode == 0
    assert kept(store_path) == []
