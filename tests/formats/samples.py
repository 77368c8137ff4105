"""The sample logs by format: where they lie, and lines of them to take apart."""

import gzip
from itertools import islice
from pathlib import Path

from llmcost.engine import registry

ROOT = Path(__file__).resolve().parents[2]
FORMATS = sorted(registry.load("formats"))


def folder(form: str) -> Path:
    """A format's samples lie in a folder of its name."""
    return ROOT / "sample_logs" / form.replace("-", "_")


def files(form: str) -> list[Path]:
    return sorted(path for path in folder(form).rglob("*.*"))


def lines(form: str, most: int) -> list[str]:
    """The first lines of each of the format's files, without their line breaks."""
    found: list[str] = []
    for path in files(form):
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as text:
            found += [line.rstrip("\n") for line in islice(text, most)]
    return found
