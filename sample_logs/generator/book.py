"""The lines of one folder, and the truth about them: what a reader must come to, kept by who wrote them."""

import gzip
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

Mark = Literal["failed_calls", "partial_calls", "unpriced_calls"]
"""What is special about a call: it failed, its final output count was never logged, no price list knows its model."""


@dataclass(frozen=True)
class Tokens:
    """What one call is billed: disjoint buckets, as in queries/schema.sql."""

    input: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    output: int = 0
    reasoning: int = 0  # a part of output
    web_searches: int = 0

    @property
    def prompt(self) -> int:
        return self.input + self.cache_read + self.cache_write_5m + self.cache_write_1h


@dataclass
class Book:
    """Files of one folder as they grow, with an account of every line."""

    files: dict[str, list[str]] = field(default_factory=dict)
    calls: int = 0
    duplicate_lines: int = 0
    lines_without_a_call: int = 0
    malformed_lines: int = 0
    further_records: int = 0  # those beyond the first of a line that wraps several: each counts as a line
    marks: Counter[Mark] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)

    def call(self, file: str, line: dict[str, Any], tokens: Tokens, *marks: Mark) -> None:
        """A line with a call that no other line has, or, among its copies, the one that counts."""
        self._add(file, as_json(line))
        self.calls += 1
        self.marks.update(marks)
        self.tokens.update(asdict(tokens))

    def copy(self, file: str, line: dict[str, Any]) -> None:
        """A line with a call that another line counts."""
        self._add(file, as_json(line))
        self.duplicate_lines += 1

    def no_call(self, file: str, line: dict[str, Any]) -> None:
        self._add(file, as_json(line))
        self.lines_without_a_call += 1

    def wrapping(
        self, file: str, line: dict[str, Any], calls: Sequence[Tokens], *, copies: int = 0, no_calls: int = 0
    ) -> None:
        """A line that wraps records: calls, records that another one counts, and others; at least one."""
        self._add(file, as_json(line))
        self.calls += len(calls)
        for tokens in calls:
            self.tokens.update(asdict(tokens))
        self.duplicate_lines += copies
        self.lines_without_a_call += no_calls
        self.further_records += len(calls) + copies + no_calls - 1

    def row(self, file: str, text: str, tokens: Tokens | None) -> None:
        """A line that is no JSON, with a call or without."""
        self._add(file, text)
        if tokens is None:
            self.lines_without_a_call += 1
        else:
            self.calls += 1
            self.tokens.update(asdict(tokens))

    def malformed(self, file: str, text: str) -> None:
        """A line that is no JSON."""
        self._add(file, text)
        self.malformed_lines += 1

    def truncated(self, file: str, line: dict[str, Any], share: float) -> None:
        """The first part of a line, as a writer leaves it that is killed; a share in [0, 1) of its text."""
        text = as_json(line)
        self.malformed(file, text[: 1 + int(share * (len(text) - 1))])

    def truth(self) -> dict[str, Any]:
        return {
            "files": len(self.files),
            "lines": sum(len(lines) for lines in self.files.values()) + self.further_records,
            "calls": self.calls,
            **{mark: self.marks[mark] for mark in get_args(Mark)},
            "duplicate_lines": self.duplicate_lines,
            "lines_without_a_call": self.lines_without_a_call,
            "malformed_lines": self.malformed_lines,
            "tokens": dict(self.tokens),
        }

    def save(self, folder: Path) -> None:
        for name, lines in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            content = ("\n".join(lines) + "\n").encode()
            path.write_bytes(_gzipped(content) if path.suffix == ".gz" else content)

    def _add(self, file: str, text: str) -> None:
        self.files.setdefault(file, []).append(text)


def as_json(line: dict[str, Any]) -> str:
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False)


def _gzipped(content: bytes) -> bytes:
    """Compressed, without a time or a name in the header."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0) as file:
        file.write(content)
    return buffer.getvalue()
