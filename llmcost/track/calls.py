"""One call, as the application's thread sees it. It only records: the worker makes a line of it."""

from time import perf_counter, time
from typing import Any

from llmcost.track.guard import guarded
from llmcost.track.labels import current
from llmcost.track.prompts import Api
from llmcost.track.records import Chunk, Failure, Record, Seen, Tracker
from llmcost.track.streams import watch
from llmcost.track.worker import later

_PATHS: dict[str, Api] = {"/v1/messages": "messages", "/chat/completions": "chat", "/responses": "responses"}

_ORGANISATIONS = ("openai-organization", "anthropic-organization-id")
"""Headers of responses that name the account whose prompt caches are used."""

_MOST_ASIDE = 1 << 14
"""Bytes of a stream that are laid aside before the worker is asked to read them: some hundred events."""


def api_of(method: str, url: str) -> Api | None:
    """The API that a client's request speaks; None for one that is not recorded (batches, files, counting)."""
    return _PATHS.get(url.partition("?")[0]) if method.lower() == "post" else None


class Call:
    """Follows a call to its end.

    The SDK repeats a failed request by itself. That is one call here: the attempt that was
    answered, or the last one, with the number of attempts before it in the tag `retries`.
    """

    def __init__(self, tracker: Tracker, provider: str | None, api: Api, model: str | None) -> None:
        self._seen = Seen(api, model, provider, current(tracker.labels))
        self._record = Record(tracker, self._seen)
        self._aside: list[Chunk] = []
        self._bytes_aside = 0
        self._is_streamed = False  # the application reads the body by itself
        self._is_over = False

    @guarded
    def sent(self, request: Any) -> None:
        """An attempt is about to be sent."""
        seen = self._seen
        seen.attempts += 1
        seen.request = request
        seen.http_status = None
        self._aside = []
        seen.at_s = time()
        seen.started_s = seen.last_s = perf_counter()

    @guarded
    def answered(self, response: Any) -> None:
        """A successful attempt's response is here, with its body or to be read by the application."""
        seen = self._seen
        seen.last_s = perf_counter()
        seen.http_status = response.status_code
        seen.organisation = next(filter(None, map(response.headers.get, _ORGANISATIONS)), None)
        if response.is_closed:
            self._aside = [(seen.last_s, response.content)]
            return
        self._is_streamed = True
        seen.is_event_stream = response.headers.get("content-type", "").startswith("text/event-stream")
        watch(response, self)

    @guarded
    def returned(self) -> None:
        """The application has got its answer, or a stream to read it from."""
        if self._seen.http_status and not self._is_streamed:
            self.closed()

    @guarded
    def failed(self, error: BaseException) -> None:
        """The application gets an error."""
        if self._seen.attempts:  # else nothing was sent: it is not a call
            self.broke(error)

    @guarded
    def received(self, chunk: bytes) -> None:
        """The application has read a piece of the body."""
        if self._is_over:
            return
        self._seen.last_s = came_s = perf_counter()
        self._aside.append((came_s, chunk))
        self._bytes_aside += len(chunk)
        if self._bytes_aside > _MOST_ASIDE or b'"error"' in chunk:
            self._hand_over()

    @guarded
    def broke(self, error: BaseException) -> None:
        """The connection broke, or the call was cancelled."""
        if not self._is_over:
            self._seen.last_s = perf_counter()
            self._seen.failure = Failure.of(error)
            self.closed()

    @guarded
    def ended(self) -> None:
        """The body was read to its end."""
        if not self._is_over:
            self._seen.is_read_out = True
            self.closed()

    @guarded
    def closed(self) -> None:
        """The call is over."""
        if not self._is_over:
            self._is_over = True
            self._hand_over()
            later(self._record.write)

    def _hand_over(self) -> None:
        """Gives the worker what was laid aside."""
        chunks, self._aside, self._bytes_aside = self._aside, [], 0
        record = self._record
        later(lambda: record.read(chunks))
