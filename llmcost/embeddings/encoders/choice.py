"""Which encoder a word names, and how near is near enough for it."""

from importlib import import_module
from pathlib import Path

from llmcost.embeddings.encoders.encoder import Encoder
from llmcost.errors import UsageError, did_you_mean

BUILT_IN = ("wordllama", "minilm")


def chosen(word: str) -> Encoder:
    """The encoder of a name, of a folder with a model, or of a Parquet file of vectors.

    Raises UsageError where it is none of these.
    """
    if word in BUILT_IN:
        found: Encoder = import_module(f"llmcost.embeddings.encoders.{word}").ENCODER
        return found
    path = Path(word).expanduser()
    if path.is_dir():
        from llmcost.embeddings.encoders.model_folder import model

        return model(path.absolute())
    if path.is_file():
        from llmcost.embeddings.encoders.vector_file import read

        return read(path.absolute())
    names = did_you_mean(word, list(BUILT_IN))
    raise UsageError(
        f"encoder={word} is neither an encoder nor a file or folder",
        hint=f"{names}; or a sentence-transformers model's folder, or a Parquet file of vectors",
    )


def threshold(encoder: Encoder, strictness: str) -> float:
    """The encoder's own at a `strictness` (strict, usual, loose). Raises UsageError where nobody has measured it."""
    if encoder.thresholds is None:
        raise UsageError(
            f"encoder={encoder.name} has no measured threshold",
            hint="set one, like threshold=0.9; python -m benchmarks.encoder_thresholds finds one from judged pairs",
        )
    return float(getattr(encoder.thresholds, strictness))
