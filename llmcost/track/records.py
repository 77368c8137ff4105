"""A call's line, made from what was seen of it. All of it happens in the worker's thread, a task at a time."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from llmcost.track.answers import PROMPT_BUCKETS, Answer, as_object, error_name
from llmcost.track.anthropic_answers import MessagesAnswer
from llmcost.track.guard import guarded
from llmcost.track.hashing import digest
from llmcost.track.labels import Labels
from llmcost.track.log import Log
from llmcost.track.openai_answers import ChatAnswer, ResponsesAnswer
from llmcost.track.prompts import Api, Prompt, read_prompt
from llmcost.track.streams import EventReader

LOG_VERSION = 1
"""Of the log's format; the key `llmcost` of each line."""

Chunk = tuple[float, bytes]
"""A piece of a body and when it came, in seconds of the clock of `Seen`."""

_ANSWERS: dict[Api, type[Answer]] = {"messages": MessagesAnswer, "chat": ChatAnswer, "responses": ResponsesAnswer}

_REGIONAL = re.compile(r"([a-z]{2})\.api\.(?:openai\.com|x\.ai)")
"""Hosts that keep a request in a region, at a price of its own; as region_in of queries/ingest/macros.sql."""
_WRITTEN_WHEN_ZERO = ("input_tokens", "output_tokens", "complexity", "cost_logged_usd", "cache_key")


def region_of(host: str | None) -> str | None:
    """The region that a host keeps its requests in; None where it may be any."""
    found = _REGIONAL.fullmatch(host or "")
    return found[1] if found else None


@dataclass(frozen=True, slots=True)
class Tracker:
    """The arguments of `track`."""

    log: Log
    labels: Labels
    provider: str | None
    record_text: bool
    observe: Callable[[Mapping[str, Any]], object] | None


@dataclass(frozen=True, slots=True)
class Failure:
    """What of an exception is written. Not the exception, whose traceback would hold the application's frames."""

    error_type: str
    http_status: int | None
    request_id: str | None

    @classmethod
    def of(cls, error: BaseException) -> "Failure":
        body = as_object(getattr(error, "body", None))
        return cls(
            error_name(body.get("error", body)) or type(error).__name__,
            getattr(error, "status_code", None),
            getattr(error, "request_id", None),
        )


@dataclass(slots=True)
class Seen:
    """What the application's thread notes of a call, body apart."""

    api: Api
    model: str | None  # as asked for
    provider: str | None
    labels: Labels
    attempts: int = 0
    request: Any = None  # of the last attempt
    at_s: float = 0  # when that was sent, by the wall clock
    started_s: float = 0  # the same by the clock that durations are measured by
    last_s: float = 0  # when the application got the last that is seen
    http_status: int | None = None
    organisation: str | None = None  # the provider's account, as the response's headers name it
    is_event_stream: bool = False
    is_read_out: bool = False
    failure: Failure | None = None

    def ms_until(self, moment_s: float) -> float:
        """Milliseconds from sending the request."""
        return round((moment_s - self.started_s) * 1000, 3)


class Record:
    """Reads an answer piece by piece, and writes the call's line once."""

    def __init__(self, tracker: Tracker, seen: Seen) -> None:
        self._tracker = tracker
        self._seen = seen
        self._answer = _ANSWERS[seen.api]()
        self._events = EventReader()
        self._body: list[bytes] = []
        self._first_token_s: float | None = None
        self._is_written = False

    @guarded
    def read(self, chunks: list[Chunk]) -> None:
        """Takes in pieces of the body."""
        if not self._seen.is_event_stream:
            self._body.extend(chunk for _, chunk in chunks)
            return
        for came_s, chunk in chunks:
            for event in self._events.feed(chunk):
                self._answer.event(event)
                if self._answer.has_begun and self._first_token_s is None:
                    self._first_token_s = came_s
        if self._answer.error_type:
            self.write()  # nothing follows, and not every release of the SDKs closes such a stream

    @guarded
    def write(self) -> None:
        """Writes the line, if it is not written yet."""
        if self._is_written:
            return
        self._is_written = True
        self._read_body()
        line = self._line()
        self._tracker.log.write(line)
        if self._tracker.observe:
            self._tracker.observe(line)

    @guarded
    def _read_body(self) -> None:
        if not self._body:
            return
        try:
            body = json.loads(b"".join(self._body))
        except (ValueError, RecursionError):  # not read to its end, or a proxy's page
            return
        self._answer.whole(as_object(body))

    @guarded
    def _read_prompt(self) -> Prompt:
        return read_prompt(self._seen.api, self._seen.request.content, self._seen.model)

    def _line(self) -> dict[str, Any]:
        """The line, without what there is nothing to say about."""
        seen, answer = self._seen, self._answer
        tokens = answer.tokens()
        error_type = self._error_type()
        sent_at = datetime.fromtimestamp(seen.at_s, UTC)
        line = {
            "llmcost": LOG_VERSION,
            "request_id": answer.id or (seen.failure and seen.failure.request_id) or f"call_{uuid4().hex}",
            "ts": sent_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "provider": seen.provider,
            "model": answer.model or seen.model,
            **seen.labels.said(),
            "tags": self._tags(error_type),
            **tokens,
            "region": region_of(getattr(getattr(seen.request, "url", None), "host", None)),
            **answer.parts(),
            "stop_reason": answer.stop_reason,
            "service_tier": answer.service_tier,
            "status": "error" if error_type else "ok",
            "latency_ms": seen.ms_until(seen.last_s),
            "ttft_ms": self._first_token_s and seen.ms_until(self._first_token_s),
            "output_partial": self._is_partial(),
            "output_hash": answer.hash,
            "cost_logged_usd": answer.cost_usd,
            "organisation": digest(seen.organisation.encode()) if seen.organisation else None,
            **self._asked(sum(tokens[bucket] for bucket in PROMPT_BUCKETS)),
        }
        return {
            name: value for name, value in line.items() if value or (value is not None and name in _WRITTEN_WHEN_ZERO)
        }

    def _asked(self, prompt_tokens: int) -> dict[str, Any]:
        """What the line says about the prompt."""
        prompt = self._read_prompt()
        if not prompt:
            return {}
        prefix = prompt.prefix(prompt_tokens)
        asked: dict[str, Any] = {
            "max_output_tokens": prompt.max_output_tokens,
            "prompt_hash": prompt.hash,
            "prefix": prefix,
            "system_blocks": prompt.system_blocks if prefix else None,
            "complexity": prompt.complexity,
            "cache_key": prompt.cache_key,
            "cache_retention": prompt.cache_retention,
        }
        if self._tracker.record_text:
            text = {"system": prompt.system, "prompt": prompt.last_user_turn or "", "output": self._answer.text}
            asked["text"] = text
        return asked

    def _tags(self, error_type: str | None) -> dict[str, str]:
        seen = self._seen
        tags = {str(name): str(value) for name, value in seen.labels.tags.items()} | self._answer.tags
        if error_type:
            tags["error_type"] = error_type
            http_status = (seen.failure and seen.failure.http_status) or seen.http_status
            if http_status:
                tags["http_status"] = str(http_status)
        elif not self._answer.usage:
            tags["usage"] = "missing"  # OpenAI streams without stream_options={"include_usage": True}
        if seen.attempts > 1:
            tags["retries"] = str(seen.attempts - 1)
        return tags

    def _error_type(self) -> str | None:
        seen, answer = self._seen, self._answer
        if seen.failure:
            return seen.failure.error_type
        if seen.is_event_stream and seen.is_read_out and not (answer.stop_reason or answer.is_complete):
            return answer.error_type or "incomplete_stream"
        return answer.error_type

    def _is_partial(self) -> bool:
        """Whether more may be billed than was seen: not where the provider refused the request."""
        failure = self._seen.failure
        was_refused = failure is not None and failure.http_status is not None
        return not self._answer.is_complete and not was_refused
