"""Seeded draws that come out the same on every machine: only whole numbers and plain arithmetic, no libm."""

import random
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

from sample_logs.generator.figures import PROBABILITIES, Quantiles

SEED = 20261120

T = TypeVar("T")


class Draw:
    """A stream of draws of its own: what one stream draws never changes another."""

    def __init__(self, name: str) -> None:
        self._random = random.Random(f"{SEED}/{name}")

    def unit(self) -> float:
        """A number in [0, 1)."""
        return self._random.random()

    def chance(self, share: float) -> bool:
        return self.unit() < share

    def below(self, count: int) -> int:
        """A whole number in [0, count)."""
        return int(self.unit() * count)

    def between(self, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        return low + self.below(high - low + 1)

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def place(self, weights: Sequence[int]) -> int:
        """An index, drawn by weight."""
        rest = self.below(sum(weights))
        for index, weight in enumerate(weights):
            rest -= weight
            if rest < 0:
                return index
        raise AssertionError("the weights are not positive")

    def by_weight(self, weights: Mapping[T, int]) -> T:
        return list(weights)[self.place(list(weights.values()))]

    def quantile(self, table: Quantiles) -> int:
        """A value with this distribution, linear between the quantiles and cut at the outermost."""
        percent = PROBABILITIES[0] + self.unit() * (PROBABILITIES[-1] - PROBABILITIES[0])
        for (low, below), (high, above) in pairwise(zip(PROBABILITIES, table, strict=True)):
            if percent <= high:
                return below + int((above - below) * (percent - low) / (high - low))
        return table[-1]

    def hex(self, digits: int) -> str:
        return f"{self._random.getrandbits(4 * digits):0{digits}x}"

    def uuid(self) -> str:
        return "-".join(self.hex(digits) for digits in (8, 4, 4, 4, 12))
