"""Seeded logs to benchmark on, written once per size into a folder that git ignores.

Sizes and shapes follow published logs: the median and spread of each kind of Claude Code line are those
of a real 536-line session (100 calls, 1.6 MB; tool results are two thirds of the bytes, since each stands
in its line twice), so a reader has the same share of text to skip.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SEED = 20260801
GENERATION = 2  # part of every folder's name: raise it when what is generated changes
MEGABYTE = 1_000_000

_FIRST_SECOND = datetime(2026, 8, 1, tzinfo=UTC).timestamp()
_WORDS = (
    "request token price model cache prefix store report session prompt answer column query reads writes "
    "total daily budget ledger return import assert value index config handler parse stream retry schema "
    "the of to and in is that for with as on by not are from this it at or be an was can each when where"
).split()
_CODE = ("\n    ", "\n\n", " = ", "(", ")", ': "', '",', " -> ", "/", "\\n", "\t", "→", "—", "✓")


def llmcost_log(data: Path, lines: int) -> Path:
    """The log of a product in llmcost's own format: one file, `lines` requests."""
    return once(data / f"llmcost_log_{lines}_v{GENERATION}", lambda out: _write_llmcost_log(out, lines)) / "log.jsonl"


def claude_code_logs(data: Path, megabytes: int) -> Path:
    """A Claude Code home, `projects/PROJECT/SESSION.jsonl`, of about `megabytes` (10^6 bytes)."""
    return once(
        data / f"claude_code_{megabytes}mb_v{GENERATION}",
        lambda out: _write_claude_code(out, megabytes * MEGABYTE),
    )


def once(folder: Path, write: Callable[[Path], None]) -> Path:
    """`folder` as `write` fills it; an interrupted run leaves only a `.partial` folder behind."""
    if not folder.exists():
        partial = folder.with_name(folder.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        write(partial)
        partial.rename(folder)
    return folder


def _iso(second: float) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _around(rng: random.Random, median: float, sigma: float) -> int:
    """A log-normal whole number >= 1: the shape of text lengths and token counts."""
    return max(1, round(median * rng.lognormvariate(0, sigma)))


# --- llmcost's own format -----------------------------------------------------------------------------

_FEATURES = {  # feature: (share of requests, model, system prompt tokens, median input, median output)
    "search": (0.34, "claude-haiku-4-5", 900, 400, 60),
    "support-chat": (0.27, "claude-sonnet-4-6", 4200, 900, 280),
    "summarise": (0.17, "claude-haiku-4-5", 1100, 2600, 220),
    "extract": (0.12, "claude-sonnet-4-6", 2300, 1800, 150),
    "code-review": (0.07, "claude-opus-4-7", 6100, 5200, 700),
    "translate": (0.03, "claude-haiku-4-5", 300, 700, 690),
}


def _write_llmcost_log(out: Path, lines: int) -> None:
    rng = random.Random(SEED)
    with (out / "log.jsonl").open("w", encoding="utf-8", buffering=1 << 20) as log:
        for number in range(lines):
            log.write(json.dumps(llmcost_line(rng, number, lines), separators=(",", ":")))
            log.write("\n")


def llmcost_line(rng: random.Random, number: int, lines: int) -> dict[str, Any]:
    """One request out of `lines` spread evenly over 60 days; its prefix is tools, system, conversation."""
    feature = rng.choices(list(_FEATURES), [share for share, *_ in _FEATURES.values()])[0]
    _, model, system_tokens, median_input, median_output = _FEATURES[feature]
    prompt = rng.randrange(5)
    session = rng.randrange(max(1, lines // 12))
    input_tokens = _around(rng, median_input, 0.8)
    output_tokens = _around(rng, median_output, 0.7)
    cached = system_tokens if feature == "support-chat" and rng.random() < 0.8 else 0
    latency_ms = 300 + output_tokens * rng.uniform(8, 25)
    failed = rng.random() < 0.006
    return {
        "llmcost": 1,
        "request_id": f"req_{number:012x}",
        "ts": _iso(_FIRST_SECOND + number * (60 * 86_400 / lines)),
        "provider": "anthropic",
        "model": model,
        "feature": feature,
        "task_type": "classification" if feature == "search" else "generation",
        "prompt_id": f"{feature}-v{prompt}",
        "user_id": f"user-{session % 5000}",
        "session_id": f"session-{session}",
        "project": "shop",
        "tags": {"env": "production", "release": f"2026.{8 + 2 * number // lines}"},
        "input_tokens": input_tokens,
        "cache_read_tokens": cached,
        "cache_write_5m_tokens": 0,
        "cache_write_1h_tokens": 0,
        "output_tokens": 0 if failed else output_tokens,
        "reasoning_tokens": output_tokens // 3 if feature == "code-review" else None,
        "web_searches": 0,
        "max_output_tokens": 4096,
        "stop_reason": None if failed else "end_turn",
        "service_tier": "standard",
        "status": "error" if failed else "ok",
        "latency_ms": round(latency_ms, 3),
        "ttft_ms": round(latency_ms * rng.uniform(0.05, 0.3), 3),
        "output_partial": False,
        "prompt_hash": f"{rng.getrandbits(64):016x}",
        "output_hash": f"{rng.getrandbits(64):016x}",
        "prefix": [
            {"hash": f"{hash_of:016x}", "tokens": tokens}
            for hash_of, tokens in (
                (prompt * 2 + 1, system_tokens // 4),
                (prompt * 2 + 2 + 64 * len(feature), system_tokens),
                (rng.getrandbits(64), system_tokens + input_tokens),
            )
        ],
        "system_blocks": 2,
        "complexity": round(rng.random(), 4),
        "cost_logged_usd": round(input_tokens * 3e-6 + output_tokens * 15e-6, 8),
    }


# --- Claude Code --------------------------------------------------------------------------------------

_MODELS = ("claude-opus-4-7", "claude-opus-4-7", "claude-sonnet-4-6", "claude-haiku-4-5-20251001")
_TOOLS = ("Bash", "Read", "Edit", "Grep", "Write")


@dataclass
class _Session:
    """One running session: what its lines share, and how far its context has grown."""

    rng: random.Random
    text: str  # a pool to cut texts from: drawing every character would take minutes
    project: str
    second: float
    sidechain: bool = False
    session_id: str = ""
    model: str = ""
    context_tokens: int = 0
    parent: str | None = None
    lines: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session_id = self.uuid()
        self.model = self.rng.choice(_MODELS)
        self.context_tokens = _around(self.rng, 18_000, 0.3)

    def uuid(self) -> str:
        digits = f"{self.rng.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def words(self, median: float, sigma: float = 0.8) -> str:
        length = min(_around(self.rng, median, sigma), 60_000)
        start = self.rng.randrange(len(self.text) - length)
        return self.text[start : start + length]

    def add(self, kind: str, **rest: Any) -> None:
        self.second += self.rng.expovariate(1 / 2.0)
        uuid = self.uuid()
        self.lines.append(
            {
                "parentUuid": self.parent,
                "isSidechain": self.sidechain,
                "userType": "external",
                "cwd": f"/home/dev/{self.project}",
                "sessionId": self.session_id,
                "version": "2.1.39",
                "gitBranch": "main",
                "slug": "calm-walking-otter",
                **rest,
                "type": kind,
                "uuid": uuid,
                "timestamp": _iso(self.second),
            }
        )
        self.parent = uuid

    def user(self) -> None:
        """The person writes, and Claude Code notes a snapshot of the files it tracks."""
        content = self.words(120)
        self.add("user", message={"role": "user", "content": content}, todos=[])
        self.lines.append(
            {
                "type": "file-history-snapshot",
                "messageId": self.parent,
                "snapshot": {
                    "messageId": self.parent,
                    "trackedFileBackups": {},
                    "timestamp": _iso(self.second),
                },
                "isSnapshotUpdate": False,
            }
        )

    def call(self) -> None:
        """One API call: a line a block, only the last with the final output count. Then the results."""
        rng = self.rng
        calls = rng.choices((0, 1, 2, 3), (10, 60, 20, 10))[0]
        blocks: list[dict[str, Any]] = []
        if rng.random() < 0.9:
            blocks.append({"type": "thinking", "thinking": self.words(320), "signature": self.signature()})
        if rng.random() < 0.75 or not (blocks or calls):
            blocks.append({"type": "text", "text": self.words(170)})
        tools = [f"toolu_{rng.getrandbits(96):024x}" for _ in range(calls)]
        blocks += [self.tool_use(tool) for tool in tools]
        written = _around(rng, 900, 1.0)
        output_tokens = _around(rng, 330, 0.9)
        usage = {
            "input_tokens": rng.randrange(1, 12),
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": self.context_tokens,
            "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
            "service_tier": "standard",
        }
        message_id, request_id = f"msg_{rng.getrandbits(96):024x}", f"req_{rng.getrandbits(96):024x}"
        for block in blocks:
            last = block is blocks[-1]
            message = {
                "model": self.model,
                "id": message_id,
                "type": "message",
                "role": "assistant",
                "content": [block],
                "stop_reason": ("tool_use" if tools else "end_turn") if last else None,
                "stop_sequence": None,
                "usage": {**usage, "output_tokens": output_tokens if last else min(output_tokens, 3)},
            }
            self.add("assistant", message=message, requestId=request_id)
        self.context_tokens += written
        if self.context_tokens > 160_000:
            self.context_tokens = 20_000  # the session was compacted
        for tool in tools:
            self.tool_result(tool)

    def signature(self) -> str:
        return f"{self.rng.getrandbits(4 * _around(self.rng, 520, 0.5)):x}"

    def tool_use(self, tool: str) -> dict[str, Any]:
        given = {"command": self.words(140, 1.1), "description": self.words(30)}
        return {"type": "tool_use", "id": tool, "name": self.rng.choice(_TOOLS), "input": given}

    def tool_result(self, tool: str) -> None:
        output = self.words(500, 1.8)
        content = [{"tool_use_id": tool, "type": "tool_result", "content": output, "is_error": False}]
        result = {"stdout": output, "stderr": "", "interrupted": False, "isImage": False}
        self.add("user", message={"role": "user", "content": content}, toolUseResult=result)


def _write_claude_code(out: Path, size: int) -> None:
    """Sessions until `size` bytes; one in ten is a subagent's, one in twenty repeats the one before it."""
    rng = random.Random(SEED)
    text = "".join(_words(rng, 4 * MEGABYTE))
    written = 0
    previous: list[dict[str, Any]] = []
    while written < size:
        project = f"project-{rng.randrange(12)}"
        second = _FIRST_SECOND + rng.random() * 90 * 86_400
        session = _Session(rng, text, project, second, sidechain=rng.random() < 0.1)
        if previous and rng.random() < 0.05:  # resumed: the new file starts with the old one's history
            session.lines = [{**line, "sessionId": session.session_id} for line in previous]
        for turn in range(_around(rng, 60, 0.8)):
            if turn % 6 == 0:
                session.user()
            session.call()
        folder = out / "projects" / f"-home-dev-{project}"
        folder.mkdir(parents=True, exist_ok=True)
        name = f"agent-{session.session_id[:8]}" if session.sidechain else session.session_id
        lines = "".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n" for line in session.lines)
        written += (folder / f"{name}.jsonl").write_bytes(lines.encode())
        previous = session.lines


def _words(rng: random.Random, length: int) -> Iterator[str]:
    """Prose and code in the mixture that tool results have: escapes and a little non-ASCII included."""
    while length > 0:
        word = rng.choice(_CODE) if rng.random() < 0.2 else rng.choice(_WORDS) + " "
        length -= len(word)
        yield word
