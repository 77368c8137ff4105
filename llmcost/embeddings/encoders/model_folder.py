"""Any sentence-transformers model that lies in a folder. Nothing is fetched."""

# ruff: noqa: TID253 - imported by the encoder that a user names

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from llmcost.embeddings.encoders.encoder import Encoder, Remembered, fingerprint
from llmcost.embeddings.neighbours import Vectors
from llmcost.errors import LlmcostError

_CONFIG = "modules.json"  # of every model that sentence-transformers has written


@cache
def model(folder: Path) -> Encoder:
    """The folder's model. Raises LlmcostError where it holds none, or sentence-transformers is not installed."""
    if not (folder / _CONFIG).is_file():
        raise LlmcostError(
            f"{folder} holds no sentence-transformers model: it has no {_CONFIG}",
            hint="save one with SentenceTransformer(…).save(folder)",
        )
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise LlmcostError(
            "a model's folder as encoder needs sentence-transformers", hint="pip install 'sentence-transformers>=5'"
        ) from None
    _silence()
    try:
        loaded = SentenceTransformer(str(folder), device="cpu", local_files_only=True, trust_remote_code=False)
    except Exception as error:  # whatever a library says of a file that it cannot read
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise LlmcostError(f"{folder} holds no model that can be read: {said}", hint="save it again") from None
    return _Folder(folder, loaded)


def _silence() -> None:
    """Keeps the library's own progress and advice off the terminal."""
    with suppress(ImportError, AttributeError):
        from transformers.utils import logging

        logging.disable_progress_bar()
        logging.set_verbosity_error()


class _Folder:
    thresholds = None

    def __init__(self, folder: Path, loaded: Any) -> None:
        self.name = folder.name
        self._loaded = loaded
        self.dimensions = self._encoded(["a text, to see how long its vector is"]).shape[1]
        self.remembered = Remembered(self.dimensions, lambda: f"{self.name} {fingerprint(folder)}")

    def vectors(self, texts: Sequence[str]) -> Vectors:
        return self.remembered.vectors(texts, self._encoded)

    def _encoded(self, texts: Sequence[str]) -> Vectors:
        found = self._loaded.encode(
            list(texts), normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return np.asarray(found, np.float32)
