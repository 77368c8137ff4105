"""One call, from the request that is sent to the line that is written."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from time import perf_counter
from typing import Any
from uuid import uuid4

from llmcost.track.answers import PROMPT_BUCKETS, Answer, as_object, error_name
from llmcost.track.anthropic_answers import MessagesAnswer
from llmcost.track.guard import guarded
from llmcost.track.labels import Labels, current
from llmcost.track.log import Log
from llmcost.track.openai_answers import ChatAnswer, ResponsesAnswer
from llmcost.track.prompts import Api, Prompt, read_prompt
from llmcost.track.streams import EventReader, watch

LOG_VERSION = 1
"""Of the log's format; the key `llmcost` of each line."""

_PATHS: dict[str, Api] = {"/v1/messages": "messages", "/chat/completions": "chat", "/responses": "responses"}
_ANSWERS: dict[Api, type[Answer]] = {"messages": MessagesAnswer, "chat": ChatAnswer, "responses": ResponsesAnswer}

_WRITTEN_WHEN_ZERO = ("input_tokens", "output_tokens", "complexity", "cost_logged_usd")


def api_of(method: str, url: str) -> Api | None:
    """The API that a client's request speaks; None for one that is not recorded (batches, files, counting)."""
    return _PATHS.get(url.partition("?")[0]) if method.lower() == "post" else None


@dataclass(frozen=True, slots=True)
class Tracker:
    """What `track` was told."""

    log: Log
    labels: Labels
    provider: str | None
    record_text: bool
    observe: Callable[[Mapping[str, Any]], object] | None


@dataclass(frozen=True, slots=True)
class _Failure:
    """What of an exception is written. Not the exception, whose traceback would hold the application's frames."""

    error_type: str
    http_status: int | None
    request_id: str | None

    @classmethod
    def of(cls, error: BaseException) -> "_Failure":
        body = as_object(getattr(error, "body", None))
        return cls(
            error_name(body.get("error", body)) or type(error).__name__,
            getattr(error, "status_code", None),
            getattr(error, "request_id", None),
        )


class Call:
    """Gathers what is seen of a call and writes its line once, when the call is over.

    The SDK repeats a failed request by itself. That is one call here: the attempt that was
    answered, or the last one, with the number of attempts before it in the tag `retries`.
    """

    def __init__(self, tracker: Tracker, provider: str | None, api: Api, model: str | None) -> None:
        self._tracker = tracker
        self._provider = provider
        self._api = api
        self._model = model
        self._labels = current(tracker.labels)
        self._answer = _ANSWERS[api]()
        self._attempts = 0
        self._request: Any = None
        self._http_status: int | None = None
        self._body: list[bytes] = []  # of the attempt that is answered
        self._events: EventReader | None = None
        self._is_streamed = False  # the application reads the body by itself
        self._failure: _Failure | None = None
        self._ttft_ms: float | None = None
        self._once = Lock()

    @guarded
    def sent(self, request: Any) -> None:
        """An attempt is about to be sent."""
        self._attempts += 1
        self._request = request
        self._http_status, self._body = None, []
        self._at = datetime.now(UTC)
        self._started = self._last = perf_counter()

    @guarded
    def answered(self, response: Any) -> None:
        """A successful attempt's response is here, with its body or to be read by the application."""
        self._last = perf_counter()
        self._http_status = response.status_code
        if response.is_closed:
            self._body.append(response.content)
            return
        self._is_streamed = True
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            self._events = EventReader()
        watch(response, self)

    @guarded
    def returned(self) -> None:
        """The application has got its answer, or a stream to read it from."""
        if self._http_status and not self._is_streamed:
            self.closed()

    @guarded
    def failed(self, error: BaseException) -> None:
        """The application gets an error."""
        if self._attempts:  # else nothing was sent: it is no call
            self.broke(error)

    @guarded
    def received(self, chunk: bytes) -> None:
        """The application has read a piece of the body."""
        self._last = perf_counter()
        if not self._events:
            self._body.append(chunk)
        elif self._events.add(chunk, self._last):
            self._read_events()
        if self._answer.error_type:
            self.closed()  # nothing follows, and not every release of the SDKs closes such a stream

    @guarded
    def broke(self, error: BaseException) -> None:
        """The connection broke, or the call was cancelled."""
        self._last = perf_counter()
        self._failure = self._failure or _Failure.of(error)
        self.closed()

    @guarded
    def ended(self) -> None:
        """The body was read to its end."""
        self._read_events()
        answer = self._answer
        if self._events and not (answer.stop_reason or answer.is_complete or answer.error_type):
            answer.error_type = "incomplete_stream"
        self.closed()

    @guarded
    def closed(self) -> None:
        """The call is over."""
        if not self._once.acquire(blocking=False):
            return
        self._read_events()
        self._read_body()
        record = self._record()
        self._tracker.log.write(record)
        if self._tracker.observe:
            self._tracker.observe(record)

    @guarded
    def _read_events(self) -> None:
        for at_s, event in self._events.events() if self._events else ():
            self._answer.event(event)
            if self._answer.has_begun and self._ttft_ms is None:
                self._ttft_ms = self._since_start_ms(at_s)

    def _since_start_ms(self, at_s: float) -> float:
        return round((at_s - self._started) * 1000, 3)

    @guarded
    def _read_body(self) -> None:
        if not self._body:
            return
        try:
            body = json.loads(b"".join(self._body))
        except ValueError:  # not read to its end, or a proxy's page
            return
        self._answer.whole(as_object(body))

    @guarded
    def _read_prompt(self) -> Prompt:
        return read_prompt(self._api, self._request.content, self._model)

    def _record(self) -> dict[str, Any]:
        """The line, without what there is nothing to say about."""
        answer = self._answer
        tokens = answer.tokens()
        error_type = self._failure.error_type if self._failure else answer.error_type
        record = {
            "llmcost": LOG_VERSION,
            "request_id": answer.id or (self._failure and self._failure.request_id) or f"call_{uuid4().hex}",
            "ts": self._at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "provider": self._provider,
            "model": answer.model or self._model,
            **self._labels.said(),
            "tags": self._tags(error_type),
            **tokens,
            "stop_reason": answer.stop_reason,
            "service_tier": answer.service_tier,
            "status": "error" if error_type else "ok",
            "latency_ms": self._since_start_ms(self._last),
            "ttft_ms": self._ttft_ms,
            "output_partial": self._is_partial(),
            "output_hash": answer.hash,
            "cost_logged_usd": answer.cost_usd,
            **self._asked(sum(tokens[bucket] for bucket in PROMPT_BUCKETS)),
        }
        return {
            name: value for name, value in record.items() if value or (value is not None and name in _WRITTEN_WHEN_ZERO)
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
        }
        if self._tracker.record_text:
            text = {"system": prompt.system, "prompt": prompt.last_user_turn or "", "output": self._answer.text}
            asked["text"] = text
        return asked

    def _tags(self, error_type: str | None) -> dict[str, str]:
        tags = {str(name): str(value) for name, value in self._labels.tags.items()}
        if error_type:
            tags["error_type"] = error_type
            status = self._failure.http_status if self._failure else None
            if status or self._http_status:
                tags["http_status"] = str(status or self._http_status)
        elif not self._answer.usage:
            tags["usage"] = "missing"  # OpenAI streams without stream_options={"include_usage": True}
        if self._attempts > 1:
            tags["retries"] = str(self._attempts - 1)
        return tags

    def _is_partial(self) -> bool:
        """Whether more may be billed than was seen: not where the provider refused the request."""
        was_refused = self._failure is not None and self._failure.http_status is not None
        return not self._answer.is_complete and not was_refused
