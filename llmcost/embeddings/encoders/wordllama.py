"""Sentence vectors from the weights that the wordllama package carries.

A text's vector is the mean of its tokens' vectors, of length one. The files are read
where the package lies: it is not imported, since it would configure logging, look for
its tokenizer in a folder that it does not have, and then ask a network.

Model: l2_supercat, 256 dimensions, https://github.com/dleemiller/WordLlama (MIT).
"""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost.embeddings.encoders.encoder import Encoder, Thresholds
from llmcost.errors import LlmcostError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

DIMENSIONS = 256
_WEIGHTS = f"weights/l2_supercat_{DIMENSIONS}.safetensors"
_TOKENIZERS = "tokenizers/l2_supercat_tokenizer_config.json", "tokenizer/l2_supercat_tokenizer_config.json"
_TOKENS_AT_ONCE = 1 << 16  # 64 MB of vectors


def vectors(texts: Sequence[str]) -> "npt.NDArray[np.float32]":
    """A row of length one for each text; all zeros, near to nothing, for a text without a token.

    Raises LlmcostError where there are texts and wordllama is not installed.
    """
    import numpy as np

    from llmcost.embeddings.texts import portions

    found = np.zeros((len(texts), DIMENSIONS), np.float32)
    if not texts:
        return found
    tokenizer, weights = _model()
    start = 0
    for batch in portions(texts):
        for place, encoding in enumerate(tokenizer.encode_batch_fast(batch, add_special_tokens=False), start):
            tokens = encoding.ids
            for first in range(0, len(tokens), _TOKENS_AT_ONCE):
                found[place] += weights[tokens[first : first + _TOKENS_AT_ONCE]].sum(axis=0)
        start += len(batch)
    length = np.linalg.norm(found, axis=1, keepdims=True).astype(np.float32)
    np.divide(found, length, out=found, where=length > 0)
    return found


@cache
def _model() -> "tuple[Any, npt.NDArray[np.float32]]":
    missing = LlmcostError(
        "comparing prompts by meaning needs an embedding model", hint="pip install 'llmcost-cli[semantic]'"
    )
    spec = find_spec("wordllama")
    if spec is None or not spec.submodule_search_locations:
        raise missing
    try:
        load_file = import_module("safetensors.numpy").load_file
        tokenizers = import_module("tokenizers")
    except ImportError:
        raise missing from None
    folder = Path(spec.submodule_search_locations[0])
    config = next((folder / name for name in _TOKENIZERS if (folder / name).is_file()), None)
    if config is None or not (folder / _WEIGHTS).is_file():
        raise LlmcostError("the installed wordllama does not contain a model", hint="pip install 'wordllama>=0.4'")
    tokenizer = tokenizers.Tokenizer.from_file(str(config))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer, load_file(folder / _WEIGHTS)["embedding.weight"].astype("float32")


class _WordLlama:
    name = "wordllama"
    dimensions = DIMENSIONS
    thresholds = Thresholds(strict=0.95, usual=0.91, loose=0.80)
    remembered = None

    def vectors(self, texts: Sequence[str]) -> "npt.NDArray[np.float32]":
        return vectors(texts)


ENCODER: Encoder = _WordLlama()
