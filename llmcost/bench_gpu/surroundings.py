"""What bench-gpu asks of the program around it."""

from collections.abc import Sequence
from typing import Protocol

from llmcost.bench_gpu.dollars import OwnLoad
from llmcost.bench_gpu.measurement import Row
from llmcost.bench_gpu.serving import Arrival


class Surroundings(Protocol):
    """The store, the price table and the screen. Each method may raise LlmcostError."""

    def prepare(self) -> None:
        """Makes sure that steps can be kept, before any is measured."""

    def save(self, row: Row) -> None:
        """Keeps a finished step, at once: one key for every column of `measurements`."""

    def saved(self) -> list[Row]:
        """The steps kept so far, oldest first."""

    def usd_per_hour(self, instance: str) -> float:
        """What an hour of an instance costs; UsageError when it is not known."""

    def arrivals(self) -> Sequence[Arrival]:
        """The logged requests, for --replay."""

    def own_load(self) -> OwnLoad | None:
        """The logged traffic in tokens a day; null when nothing is logged."""

    def show(self, rows: Sequence[Row], *, as_json: bool) -> None:
        """Writes steps to standard output."""
