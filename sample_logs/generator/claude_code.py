"""Claude Code sessions of the people who build the product, as its client keeps them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sample_logs.generator.book import Book, Mark, Tokens
from sample_logs.generator.days import DAYS, END_MS, arrivals, iso
from sample_logs.generator.draw import Draw
from sample_logs.generator.figures import (
    CCTRACE_OUTPUT_TOKENS,
    CLAUDE_CODE_BASE_TOKENS,
    CLAUDE_CODE_GAP_S,
    CLAUDE_CODE_GROWTH_TOKENS,
    CLAUDE_CODE_LINES_PERMILLE,
)
from sample_logs.generator.prompts import FIVE_MINUTES_MS, ONE_HOUR_MS
from sample_logs.generator.texts import CODE_FILES, CODE_STEPS, CODE_TASKS, Step

FOLDERS = {
    "-home-dev-helpdesk-api": "/home/dev/helpdesk-api",
    "-home-dev-helpdesk-web": "/home/dev/helpdesk-web",
}
MODEL, SUBAGENT_MODEL = "claude-opus-5-5", "claude-haiku-4-5-20251001"
OLD_VERSION, VERSION = "2.0.76", "2.3.14"
"""The old client never logs the final output count."""
SESSION_TASKS = (2, 7, 3, 1, 6, 4, 9, 2, 5)
"""What each session was asked to do, in number of tasks: one session for each entry."""
OLD_SESSION, SUBAGENT_SESSION, RESUMED_SESSION = 3, 4, 2
TRUNCATED_SHARE = 0.004
"""Lines of which a first part was written before the whole."""
COMPACT_TOKENS = 150_000
"""A context of this size is summarised and begun again."""


@dataclass
class Session:
    """One session while it is being written: a line to write, and how far the conversation has come."""

    draw: Draw
    folder: str
    at_ms: int
    version: str = VERSION
    life_ms: int = ONE_HOUR_MS
    model: str = MODEL
    agent: str | None = None
    id: str = ""
    parent: str | None = None
    base_tokens: int = 0
    context_tokens: int = 0  # what the cache holds
    last_ms: int = 0
    written: list[tuple[str, dict[str, Any], Tokens | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = self.id or self.draw.uuid()
        self.base_tokens = self.draw.quantile(CLAUDE_CODE_BASE_TOKENS)

    @property
    def file(self) -> str:
        return f"projects/{self.folder}/{f'agent-{self.agent}' if self.agent else self.id}.jsonl"

    def line(self, **fields: Any) -> dict[str, Any]:
        """A line of the conversation, following the one before it."""
        uuid = self.draw.uuid()
        line = {
            "parentUuid": self.parent,
            "isSidechain": self.agent is not None,
            "userType": "external",
            "cwd": FOLDERS[self.folder],
            "sessionId": self.id,
            "version": self.version,
            "gitBranch": "main",
            **({"agentId": self.agent} if self.agent else {}),
            **fields,
            "uuid": uuid,
            "timestamp": iso(self.at_ms),
        }
        self.parent = uuid
        return line

    def says(self, content: str | list[dict[str, Any]]) -> None:
        self.keep("no_call", self.line(type="user", message={"role": "user", "content": content}))

    def keep(self, kind: str, line: dict[str, Any], tokens: Tokens | None = None) -> None:
        """`kind` is call, copy or no_call."""
        self.written.append((kind, line, tokens))


def write() -> Book:
    book = Book()
    draw = Draw("claude-code")
    days = [day for day in DAYS if day.weekday() < 5]
    sessions = []
    for number, tasks in enumerate(SESSION_TASKS):
        start = arrivals(draw, days[1 + number * (len(days) - 2) // len(SESSION_TASKS)], 12)[0]
        session = Session(draw, draw.pick(list(FOLDERS)), start)
        if number == OLD_SESSION:
            session.version, session.life_ms = OLD_VERSION, FIVE_MINUTES_MS
        _open(session)
        for task in range(tasks):
            _task(session)
            if number == SUBAGENT_SESSION and task == 1:
                sessions.append(_subagent(session))
        sessions.append(session)
        if number == RESUMED_SESSION:
            sessions.append(_resumed(session))
    for session in sessions:
        _store(book, draw, session)
    return book


def _store(book: Book, draw: Draw, session: Session) -> None:
    marks: list[Mark] = ["partial_calls"] if session.version == OLD_VERSION else []
    for kind, line, tokens in session.written:
        if tokens is not None:
            book.call(session.file, line, tokens, *marks)
        elif kind == "copy":
            book.copy(session.file, line)
        else:
            book.no_call(session.file, line)
        if draw.chance(TRUNCATED_SHARE):
            book.truncated(session.file, line, draw.unit())


def _open(session: Session) -> None:
    message = session.draw.uuid()
    snapshot = {"messageId": message, "trackedFileBackups": {}, "timestamp": iso(session.at_ms)}
    line = {
        "type": "file-history-snapshot",
        "messageId": message,
        "snapshot": snapshot,
        "isSnapshotUpdate": False,
    }
    session.keep("no_call", line)


def _task(session: Session) -> None:
    """A task, the calls that work on it, and the hook that runs when it is done."""
    draw = session.draw
    session.at_ms += 1_000 * draw.between(20, 900)
    session.says(draw.pick(CODE_TASKS))
    for _ in range(draw.between(2, 9)):
        _pass_time(session)
        for result in _call(session, last=False):
            session.says([result])
    _pass_time(session)
    _call(session, last=True)
    if draw.chance(0.12):
        _failure(session)
    session.keep("no_call", session.line(type="system", subtype="stop_hook_summary", hookCount=1, level="suggestion"))


def _pass_time(session: Session) -> None:
    session.at_ms = min(session.at_ms + 1_000 * session.draw.quantile(CLAUDE_CODE_GAP_S), END_MS - 60_000)


def _call(session: Session, *, last: bool) -> list[dict[str, Any]]:
    """One API call, logged as a line for each block of its answer; the results of the tools it asks for."""
    draw = session.draw
    lines = 1 + draw.place(CLAUDE_CODE_LINES_PERMILLE)
    tokens = _billed(session)
    usage = _usage(session, tokens)
    unfinished = session.version == OLD_VERSION
    step = draw.pick(CODE_STEPS)
    blocks = list(_blocks(draw, step, lines, last))
    message_id, request_id = f"msg_01{draw.hex(22)}", f"req_011C{draw.hex(20)}"
    for place, block in enumerate(blocks):
        final = place == len(blocks) - 1
        output = tokens.output if final and not unfinished else min(1 + place * 2, 9)
        message = {
            "model": session.model,
            "id": message_id,
            "type": "message",
            "role": "assistant",
            "content": [block],
            "stop_reason": ("end_turn" if last else "tool_use") if final and not unfinished else None,
            "stop_sequence": None,
            "usage": {**usage, "output_tokens": output},
        }
        logged_id = None if message_id.endswith("0") else request_id  # now and then the client has none
        line = session.line(type="assistant", message=message, requestId=logged_id)
        session.keep("call" if final else "copy", line, replace(tokens, output=output) if final else None)
        session.at_ms += draw.between(150, 1_900)
    session.last_ms = session.at_ms
    return [
        {"type": "tool_result", "tool_use_id": block["id"], "content": step.result}
        for block in blocks
        if block["type"] == "tool_use"
    ]


def _billed(session: Session) -> Tokens:
    """What the call reads from the cache the session has built so far, and what it adds to it."""
    draw = session.draw
    grown = draw.quantile(CLAUDE_CODE_GROWTH_TOKENS)
    if session.context_tokens == 0:
        read, written = 0, session.base_tokens + grown
        if draw.chance(0.5):  # another session has just written the base
            read, written = session.base_tokens, grown
    elif session.at_ms - session.last_ms > session.life_ms:
        read, written = 0, session.context_tokens + grown
    elif session.context_tokens > COMPACT_TOKENS:
        read, written = session.base_tokens, draw.between(4_000, 9_000)
    else:
        read, written = session.context_tokens, grown
    session.context_tokens = read + written
    hour = session.life_ms == ONE_HOUR_MS
    return Tokens(
        input=draw.between(1, 10),
        cache_read=read,
        cache_write_5m=0 if hour else written,
        cache_write_1h=written if hour else 0,
        output=draw.quantile(CCTRACE_OUTPUT_TOKENS),
    )


def _usage(session: Session, tokens: Tokens) -> dict[str, Any]:
    usage: dict[str, Any] = {
        "input_tokens": tokens.input,
        "cache_creation_input_tokens": tokens.cache_write_5m + tokens.cache_write_1h,
        "cache_read_input_tokens": tokens.cache_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": tokens.cache_write_5m,
            "ephemeral_1h_input_tokens": tokens.cache_write_1h,
        },
        "output_tokens": tokens.output,
        "service_tier": None if session.draw.chance(0.02) else "standard",
    }
    if session.version == OLD_VERSION:
        del usage["cache_creation"]
    else:
        usage["inference_geo"] = session.draw.pick(["not_available", "not_available", ""])
    return usage


def _blocks(draw: Draw, step: Step, count: int, last: bool) -> Iterator[dict[str, Any]]:
    for place in range(count):
        if count > 1 and place == 0:
            yield {"type": "thinking", "thinking": step.thought, "signature": draw.hex(24)}
        elif last or (count > 2 and place == 1):
            yield {"type": "text", "text": step.says}
        else:
            tool_input = {"command": step.command} if step.tool == "Bash" else {"file_path": draw.pick(CODE_FILES)}
            yield {
                "type": "tool_use",
                "id": f"toolu_01{draw.hex(22)}",
                "name": step.tool,
                "input": tool_input,
            }


def _failure(session: Session) -> None:
    """An error that the client shows as if the model had said it: no call, no cost."""
    usage = dict.fromkeys(
        ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"], 0
    )
    message = {
        "id": session.draw.uuid(),
        "model": "<synthetic>",
        "role": "assistant",
        "type": "message",
        "stop_reason": "stop_sequence",
        "content": [{"type": "text", "text": "API Error: 529 overloaded_error"}],
        "usage": usage,
    }
    session.keep("no_call", session.line(type="assistant", message=message, isApiErrorMessage=True))


def _subagent(parent: Session) -> Session:
    """A search handed to a smaller model. Some of its calls stand in the parent's file too."""
    draw = parent.draw
    agent = Session(draw, parent.folder, parent.at_ms, model=SUBAGENT_MODEL, agent=draw.hex(8), id=parent.id)
    agent.life_ms = FIVE_MINUTES_MS
    agent.base_tokens //= 3
    agent.says("Find every place that compares ticket priorities and list the files.")
    for turn in range(6):
        _call(agent, last=turn == 5)
        _pass_time(agent)
    for number, (_, line, tokens) in enumerate(list(agent.written)):
        if tokens is None or number % 2:
            continue
        nested = {
            "type": "assistant",
            "timestamp": line["timestamp"],
            **{k: line[k] for k in ("requestId", "message")},
        }
        data = {"type": "agent_progress", "agentId": agent.agent, "message": nested}
        parent.keep("copy", parent.line(type="progress", data=data))
    parent.at_ms = agent.at_ms
    return agent


def _resumed(old: Session) -> Session:
    """A session taken up again a day later in a file of its own, which begins with the old one's history."""
    session = Session(old.draw, old.folder, old.at_ms + 24 * ONE_HOUR_MS)
    session.base_tokens, session.context_tokens, session.last_ms = (
        old.base_tokens,
        old.context_tokens,
        old.last_ms,
    )
    summary = {"type": "summary", "summary": "Ticket priorities in the API", "leafUuid": old.parent}
    session.keep("no_call", summary)
    for kind, line, tokens in old.written:
        if "sessionId" in line:
            session.keep("copy" if tokens else kind, {**line, "sessionId": session.id})
    session.parent = old.parent
    _task(session)
    return session
