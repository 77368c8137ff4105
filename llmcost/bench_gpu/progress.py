"""What is going on, on standard error: a line that is rewritten on a terminal, whole lines elsewhere."""

import sys
from time import monotonic
from typing import TextIO

from llmcost.bench_gpu.observation import Observation

_EVERY_S = 0.2
_ERASE_LINE = "\r\x1b[2K"


class Progress:
    """Says what happens; counts a step's requests as they end."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._live = self._out.isatty()
        self._line_open = False

    def say(self, text: str) -> None:
        """One line that stays."""
        self._write((_ERASE_LINE if self._line_open else "") + text + "\n")
        self._line_open = False

    def begin(self, title: str, total: int) -> None:
        """A step begins."""
        self._title, self._total = title, total
        self._ended = self._failed = self._output_tokens = 0
        self._began_s = self._shown_s = monotonic()

    def count(self, seen: Observation) -> None:
        """One of its requests ended."""
        self._ended += 1
        self._failed += seen.outcome != "ok"
        self._output_tokens += seen.output_tokens or 0
        now_s = monotonic()
        if self._live and now_s - self._shown_s >= _EVERY_S:
            self._shown_s = now_s
            rate = self._output_tokens / (now_s - self._began_s)
            failed = f", {self._failed} failed" if self._failed else ""
            self._write(f"{_ERASE_LINE}{self._title}: {self._ended}/{self._total}{failed}, {rate:,.0f} output tokens/s")
            self._line_open = True

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
