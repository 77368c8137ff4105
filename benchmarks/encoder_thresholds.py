"""How near two prompts must be for an encoder before they may share an answer: chosen on judged pairs, not by hand.

    python -m benchmarks.encoder_thresholds quora.csv --encoder minilm

Each file holds pairs of prompts and whether one answer serves both, as for the what-if's labels. A pair is a hit where
no veto speaks against it and its vectors are near enough. For each error rate the script prints the lowest threshold
from which on no more than that part of the hits is wrong. Pairs of the same words but for spaces and case are left out:
any encoder finds them.

The thresholds in llmcost/embeddings/encoders/ come from 598 of the first 800 pairs of task1287_glue_qqp_paraphrasing in
https://github.com/allenai/natural-instructions (Quora's question pairs, read on 2026-11-30): those on one subject.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from llmcost.embeddings.encoders import choice
from llmcost.embeddings.encoders.encoder import Encoder
from llmcost.embeddings.traits import traits, veto
from llmcost.what_ifs.inputs import labels

RATES = {"strict": 0.10, "usual": 0.20, "loose": 0.25}
GRID = [round(0.80 + step / 100, 2) for step in range(20)]  # below, many texts lie near many others
BINS = (0.80, 0.84, 0.88, 0.90, 0.92, 0.94, 0.97, 1.01)


@dataclass(frozen=True)
class Judged:
    """Pairs that no veto speaks against."""

    cosine: npt.NDArray[np.float32]
    wrong: npt.NDArray[np.bool_]

    def between(self, low: float, high: float = 2) -> tuple[int, int]:
        """Hits with such a cosine, and how many of them are wrong."""
        near = (self.cosine >= low) & (self.cosine < high)
        return int(near.sum()), int((near & self.wrong).sum())


def judged(files: list[Path], encoder: Encoder, *, frames: bool) -> Judged:
    """The files' pairs, as the encoder sees them."""
    pairs = [row for file in files for row in labels.read(str(file)).to_pylist()]
    told = [
        row
        for row in pairs
        if _bare(row["one"]) != _bare(row["other"])
        and veto(traits(row["one"]), traits(row["other"]), frames=frames) is None
    ]
    one, other = (encoder.vectors([row[name] for row in told]) for name in ("one", "other"))
    return Judged(np.einsum("ij,ij->i", one, other), np.array([not row["alike"] for row in told], np.bool_))


def lowest(of: Judged, rate: float) -> float | None:
    """The lowest threshold of the grid from which on no more than this part of the hits is wrong."""
    for threshold in GRID:
        hits, wrong = of.between(threshold)
        if hits and wrong <= rate * hits:
            return threshold
    return None


def _bare(text: str) -> str:
    return "".join(text.lower().split())


def _told(of: Judged, encoder: Encoder) -> Iterator[str]:
    yield f"{encoder.name}: {len(of.cosine):,} pairs without a veto"
    for name, rate in RATES.items():
        yield f"  at most {rate:.0%} wrong ({name}): threshold {lowest(of, rate)}"
    for threshold in GRID[::2]:
        hits, wrong = of.between(threshold)
        yield f"  {threshold:.2f}  {hits - wrong:5,} right  {wrong:5,} wrong  {wrong / hits if hits else 0:6.1%}"
    for low, high in pairwise(BINS):
        hits, wrong = of.between(low, high)
        yield f"  {low:.2f} to {high:.2f}: {hits:,} hits, {wrong:,} wrong"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.encoder_thresholds", description=__doc__)
    parser.add_argument("pairs", type=Path, nargs="+", metavar="FILE", help="judged pairs, as for labels=FILE")
    parser.add_argument("--encoder", default="wordllama", help="as for semantic-caching")
    parser.add_argument("--no-frames", action="store_true", help="as frames=false of semantic-caching")
    arguments = parser.parse_args()
    encoder = choice.chosen(arguments.encoder)
    print("\n".join(_told(judged(arguments.pairs, encoder, frames=not arguments.no_frames), encoder)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
