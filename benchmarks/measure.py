"""Whole processes, timed side by side: what a run took, and how two commands compare over several pairs."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LLMCOST = (sys.executable, "-m", "llmcost")

_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # getrusage: bytes there, KiB on Linux


class BenchmarkError(Exception):
    """A command under test failed, so that its time means nothing."""


@dataclass(frozen=True)
class Run:
    """What one process, or several one after another, used.

    `peak_bytes` is never less than what this process held when it started them: keep it small.
    """

    wall_s: float
    cpu_s: float
    peak_bytes: int

    def then(self, other: Run) -> Run:
        return Run(self.wall_s + other.wall_s, self.cpu_s + other.cpu_s, max(self.peak_bytes, other.peak_bytes))


@dataclass(frozen=True)
class Command:
    """One command line and what its environment has besides ours."""

    words: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self) -> Run:
        """Runs it to its end, its output thrown away; BenchmarkError with its last words when it fails."""
        return self._run()[0]

    def output(self) -> str:
        """What it prints on stdout."""
        return self._run()[1]

    def _run(self) -> tuple[Run, str]:
        os.sync()  # what the run before left to be written is not charged to this one
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            start = time.perf_counter()
            process = subprocess.Popen(
                self.words,
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
            _, status, used = os.wait4(process.pid, 0)
            wall_s = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                err.seek(0)
                said = err.read().decode("utf-8", "replace").strip()[-500:]
                raise BenchmarkError(f"{' '.join(self.words)} ended with {process.returncode}: {said}")
            out.seek(0)
            run = Run(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss * _MAXRSS_UNIT)
            return run, out.read().decode("utf-8", "replace")


@dataclass(frozen=True)
class Comparison:
    """llmcost and another program at the same work, in pairs of runs."""

    work: str
    against: str
    ours: Sequence[Run]
    theirs: Sequence[Run]
    aim: float | None = None  # the ratio of wall times to reach, llmcost over the other
    aim_s: float | None = None  # the median time to reach
    aim_bytes: int | None = None  # the peak to keep within, of every run
    note: str = ""

    def ratios(self, of: Callable[[Run], float]) -> list[float]:
        """llmcost over the other, pair by pair: what slows the machine for a while slows both of a pair."""
        return [of(mine) / of(other) for mine, other in zip(self.ours, self.theirs, strict=True)]

    def summary(self) -> dict[str, Any]:
        wall, peak = self.ratios(lambda run: run.wall_s), self.ratios(lambda run: run.peak_bytes)
        ratio = statistics.median(wall)
        return {
            "work": self.work,
            "against": self.against,
            "pairs": len(wall),
            "wall_ratio": ratio,
            "wall_ratio_min": min(wall),
            "wall_ratio_max": max(wall),
            "aim": self.aim,
            "aim_met": None if self.aim is None else ratio <= self.aim,
            "aim_s": self.aim_s,
            "aim_s_met": None if self.aim_s is None else _medians(self.ours)["wall_s"] <= self.aim_s,
            "peak_bytes_max": max(run.peak_bytes for run in self.ours),
            "aim_bytes": self.aim_bytes,
            "aim_bytes_met": None
            if self.aim_bytes is None
            else max(run.peak_bytes for run in self.ours) <= self.aim_bytes,
            "peak_ratio": statistics.median(peak),
            "llmcost": _medians(self.ours),
            "other": _medians(self.theirs),
            "note": self.note,
        }


def _medians(runs: Sequence[Run]) -> dict[str, float]:
    return {
        "wall_s": statistics.median(run.wall_s for run in runs),
        "cpu_s": statistics.median(run.cpu_s for run in runs),
        "peak_bytes": statistics.median(run.peak_bytes for run in runs),
    }


def side_by_side(pairs: int, ours: Callable[[], Run], theirs: Callable[[], Run]) -> tuple[list[Run], list[Run]]:
    """`pairs` runs of each, alternating who goes first, after one of each that warms the file cache."""
    theirs()
    ours()
    mine, others = rounds(pairs, ours, theirs)
    return mine, others


def rounds(count: int, *sides: Callable[[], Run]) -> list[list[Run]]:
    """`count` runs of each side; every round goes through all of them, in turn backwards and forwards."""
    made: list[list[Run]] = [[] for _ in sides]
    for number in range(count):
        for side, runs in list(zip(sides, made, strict=True))[:: 1 if number % 2 else -1]:
            runs.append(side())
    return made
