"""Codex sessions of one developer: three of their own, and one that was forked from the first."""

from dataclasses import dataclass, field
from typing import Any

from sample_logs.generator.book import Book, Tokens
from sample_logs.generator.days import FIRST_DAY, iso, midnight_ms
from sample_logs.generator.draw import Draw
from sample_logs.generator.figures import CCTRACE_OUTPUT_TOKENS, CLAUDE_CODE_GAP_S, CLAUDE_CODE_GROWTH_TOKENS
from sample_logs.generator.texts import CODE_STEPS, CODE_TASKS

MODEL, SMALL_MODEL = "gpt-5.5", "gpt-5.4-mini"
FOLDER = "/home/dev/helpdesk-web"
BASE_TOKENS = (9_000, 16_000)
CALLS_A_TURN = (2, 5)
CACHE_STEP_TOKENS = 128
REPEAT_SHARE = 0.15
"""Of the counts, those that are emitted once more, unchanged."""

Line = dict[str, Any]
Usage = dict[str, int]


@dataclass
class Rollout:
    """One session while it is being written."""

    book: Book
    draw: Draw
    at_ms: int
    model: str
    forked_from: str | None = None
    total: Usage = field(default_factory=lambda: _usage(Tokens()))
    context_tokens: int = 0
    history: list[tuple[Line, bool]] = field(default_factory=list)  # lines, and whether they carry a call

    def __post_init__(self) -> None:
        self.id = self.draw.uuid()
        self.context_tokens = self.context_tokens or self.draw.between(*BASE_TOKENS)
        day, time = iso(self.at_ms).split("T")
        self.file = f"sessions/{day.replace('-', '/')}/rollout-{day}T{time[:8].replace(':', '-')}-{self.id}.jsonl"
        meta = {
            "id": self.id,
            "timestamp": iso(self.at_ms),
            "cwd": FOLDER,
            "originator": "codex-tui",
            "cli_version": "0.147.0",
            "source": "cli",
            "model_provider": "openai",
            "git": {"branch": "main"},
        }
        if self.forked_from:
            meta["forked_from_id"] = self.forked_from
        self.says("session_meta", meta)

    def says(self, kind: str, payload: Line) -> None:
        line = {"timestamp": iso(self.at_ms), "type": kind, "payload": payload}
        self.book.no_call(self.file, line)
        self.history.append((line, False))

    def counts(self, tokens: Tokens) -> None:
        """The count after a call, and sometimes once more."""
        last = _usage(tokens)
        self.total = {name: count + last[name] for name, count in self.total.items()}
        info = {"total_token_usage": self.total, "last_token_usage": last, "model_context_window": 272_000}
        line = {"timestamp": iso(self.at_ms), "type": "event_msg", "payload": {"type": "token_count", "info": info}}
        self.book.call(self.file, line, tokens)
        self.history.append((line, True))
        if self.draw.chance(REPEAT_SHARE):
            self.book.copy(self.file, {**line, "timestamp": iso(self.at_ms + 900)})

    def turn(self) -> None:
        """A task: several calls, each with a tool's answer, the prompt growing."""
        self.says("turn_context", {"turn_id": self.draw.uuid(), "cwd": FOLDER, "model": self.model})
        self.says("event_msg", {"type": "user_message", "message": self.draw.pick(CODE_TASKS)})
        self.says("event_msg", {"type": "token_count", "info": None})
        cached = 0
        for _ in range(self.draw.between(*CALLS_A_TURN)):
            self.at_ms += 1_000 * self.draw.quantile(CLAUDE_CODE_GAP_S)
            step = self.draw.pick(CODE_STEPS)
            output = self.draw.quantile(CCTRACE_OUTPUT_TOKENS) // 2
            reasoning = output * self.draw.below(60) // 100
            self.counts(Tokens(self.context_tokens - cached, cached, output=output, reasoning=reasoning))
            self.says("response_item", {"type": "function_call_output", "output": step.result})
            cached = self.context_tokens // CACHE_STEP_TOKENS * CACHE_STEP_TOKENS
            self.context_tokens += output + self.draw.quantile(CLAUDE_CODE_GROWTH_TOKENS)

    def compacts(self) -> None:
        """A summary of the conversation: a guess at its size comes as usage of nothing."""
        self.says("compacted", {"message": "The filter drops tickets without an owner; a left join fixes it."})
        self.context_tokens = self.draw.between(*BASE_TOKENS)
        guess = {**_usage(Tokens()), "total_tokens": self.context_tokens}
        self.says(
            "event_msg",
            {"type": "token_count", "info": {"total_token_usage": self.total, "last_token_usage": guess}},
        )

    def undoes(self) -> None:
        """The last turn is taken back: the sum falls, what it cost does not come back."""
        self.total = {name: count // 3 for name, count in self.total.items()}


def write() -> Book:
    book = Book()
    draw = Draw("codex")
    start_ms = midnight_ms(FIRST_DAY)
    hour_ms = 3_600_000

    first = Rollout(book, draw, start_ms + (12 * 24 + 10) * hour_ms, MODEL)
    first.turn()
    first.turn()
    _fork(first, first.at_ms + 20 * hour_ms).turn()
    first.at_ms += hour_ms
    first.turn()  # goes on after the fork

    second = Rollout(book, draw, start_ms + (19 * 24 + 14) * hour_ms, MODEL)
    second.turn()
    second.undoes()
    second.turn()

    third = Rollout(book, draw, start_ms + (22 * 24 + 9) * hour_ms, SMALL_MODEL)
    third.turn()
    third.compacts()
    third.turn()
    return book


def _fork(parent: Rollout, at_ms: int) -> Rollout:
    """A session that begins with another's history, every line of it under a new time."""
    fork = Rollout(parent.book, parent.draw, at_ms, parent.model, parent.id, dict(parent.total), parent.context_tokens)
    for line, is_call in parent.history:
        replayed = {**line, "timestamp": iso(at_ms)}
        if is_call:
            fork.book.copy(fork.file, replayed)
        else:
            fork.book.no_call(fork.file, replayed)
    fork.at_ms += 60_000
    return fork


def _usage(tokens: Tokens) -> Usage:
    """The cached tokens are inside the input."""
    return {
        "input_tokens": tokens.prompt,
        "cached_input_tokens": tokens.cache_read,
        "output_tokens": tokens.output,
        "reasoning_output_tokens": tokens.reasoning,
        "total_tokens": tokens.prompt + tokens.output,
    }
