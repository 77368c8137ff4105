"""The stream of an OpenAI-compatible answer: server-sent events to times, lengths and how it ended."""

from collections.abc import Iterator, Mapping
from typing import Any

from llmcost.bench_gpu.observation import Observation
from llmcost.parsing import json_value

_DONE = b"[DONE]"
_MAX_REASON = 160


class BrokenStreamError(Exception):
    """The stream holds something that is not a piece of an answer: the server's error, or not JSON."""


class Events:
    """Cuts bytes, as they come in, into the data of server-sent events."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, received: bytes) -> Iterator[bytes]:
        """The data of every event line that is whole by now. These servers put one JSON document on a line."""
        *lines, self._rest = (self._rest + received).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].strip()


class Answer:
    """Writes what an answer's events say into the observation of its request."""

    def __init__(self, observation: Observation) -> None:
        self._seen = observation
        self.complete = False  # its end was announced

    def take(self, data: bytes, now: float) -> None:
        """One event, at the time it was read. Raises BrokenStreamError."""
        if data == _DONE:
            self.complete = True
            return
        event = _object(data)
        if event.get("error"):
            raise BrokenStreamError(error_message(event))
        if isinstance(usage := event.get("usage"), dict):
            self._seen.input_tokens = _count(usage.get("prompt_tokens"))
            self._seen.output_tokens = _count(usage.get("completion_tokens"))
        for choice in event.get("choices") or ():
            self._take_choice(choice, now)

    def _take_choice(self, choice: Mapping[str, Any], now: float) -> None:
        seen = self._seen
        brings_tokens = _brings_tokens(choice)
        if brings_tokens and seen.first_token_s is None:
            seen.first_token_s = now
        elif brings_tokens and seen.last_token_s is not None:
            seen.gaps_s.append(now - seen.last_token_s)
        if choice.get("finish_reason"):
            self.complete = True
        if brings_tokens or self.complete:
            seen.last_token_s = now


def _object(data: bytes) -> dict[str, Any]:
    try:
        event = json_value(data)
    except ValueError:
        raise BrokenStreamError("a piece of the stream is not JSON") from None
    if not isinstance(event, dict):
        raise BrokenStreamError("a piece of the stream is not a JSON object")
    return event


def _brings_tokens(choice: Mapping[str, Any]) -> bool:
    """Whether an event's choice brings generated tokens, and not only a role or the end.

    A token may have no text, being a part of a character; so in plain completions every event counts but a bare end.
    """
    delta = choice.get("delta")
    if delta is None:
        return bool(choice.get("text")) or not choice.get("finish_reason")
    return any(delta.get(key) for key in ("content", "reasoning_content", "reasoning", "tool_calls"))


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def error_message(document: Any) -> str:
    """What an error document says, on one printable line."""
    error = document.get("error", document) if isinstance(document, dict) else document
    message = error.get("message", error) if isinstance(error, dict) else error
    return one_line(str(message))


def one_line(text: str) -> str:
    """A server's words, safe to print and short enough to be counted as one reason."""
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= _MAX_REASON else line[: _MAX_REASON - 1] + "…"
