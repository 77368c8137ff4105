"""Tracking a client: three methods of it are followed, nothing else is touched.

Both SDKs send every call, whichever method of theirs the application uses, through
`request`, and within it call `_prepare_request` for each attempt and `_process_response`
for the attempt that succeeds. Their wrappers for raw and streamed responses, their
helpers for streams and parsed answers, and their cloud clients all rest on these.
"""

import inspect
import os
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any, TypeVar
from urllib.parse import urlsplit

from llmcost.track.calls import Call, api_of
from llmcost.track.guard import guarded
from llmcost.track.labels import Labels
from llmcost.track.log import Log
from llmcost.track.records import Tracker

_Client = TypeVar("_Client")

_FOLLOWED = ("request", "_prepare_request", "_process_response", "copy")

_HOSTS = {
    "anthropic.com": "anthropic",
    "openai.com": "openai",
    "amazonaws.com": "aws",
    "googleapis.com": "google",
    "azure.com": "azure",
    "openrouter.ai": "openrouter",
    "groq.com": "groq",
    "mistral.ai": "mistral",
    "deepseek.com": "deepseek",
    "x.ai": "x-ai",
    "together.xyz": "together",
    "fireworks.ai": "fireworks",
    "cerebras.ai": "cerebras",
    "perplexity.ai": "perplexity",
    "cohere.ai": "cohere",
    "cohere.com": "cohere",
    "moonshot.ai": "moonshotai",
    "moonshot.cn": "moonshotai",
}
"""Who bills for calls to a host, by the end of its name, as the price table calls them."""

_current: ContextVar[Call | None] = ContextVar("llmcost_call", default=None)


def track(
    client: _Client,
    *,
    log: str | os.PathLike[str] = "usage.jsonl",
    feature: str | None = None,
    task_type: str | None = None,
    prompt_id: str | None = None,
    user_id: str | None = None,
    session_id: str | None = None,
    project: str | None = None,
    tags: Mapping[str, str] | None = None,
    provider: str | None = None,
    record_text: bool = False,
    observe: Callable[[Mapping[str, Any]], object] | None = None,
) -> _Client:
    """Records each call of the client in `log`, and returns the client.

    The client is one of the packages anthropic and openai, synchronous or asynchronous. It
    stays itself; copies made of it (`with_options`) are tracked too. To track a client again
    replaces its earlier settings; for a second feature over the same connections, track
    `client.with_options()`.

    `feature` to `tags` are the labels of calls that no `context` says otherwise about.
    `provider` is who bills; by default the host decides; an unknown host leaves it open.
    `record_text` writes the system prompt, the last user turn and the answer into the log,
    which is then readable by its owner only. `observe` is called with each record after it
    was written, in the tracker's own thread, for metrics in the application's own process.

    Raises TypeError where the client is not one of these.
    """
    missing = [name for name in _FOLLOWED if not callable(getattr(client, name, None))]
    if missing:
        raise TypeError(f"track() accepts a client of the packages anthropic or openai, not a {type(client).__name__}")
    labels = Labels(feature, task_type, prompt_id, user_id, session_id, project, dict(tags or {}))
    _follow(client, Tracker(Log(log, private=record_text), labels, provider, record_text, observe))
    return client


def _follow(client: Any, tracker: Tracker) -> None:
    followed = vars(client).get("_llmcost")
    if followed is None:
        kind = _AsyncFollower if inspect.iscoroutinefunction(client.request) else _Follower
        client._llmcost = kind(client, tracker)
    else:
        followed.tracker = tracker


class _Follower:
    """Replaces some methods of one synchronous client."""

    def __init__(self, client: Any, tracker: Tracker) -> None:
        self.tracker = tracker
        self._client = client
        self._request = client.request
        self._prepare_request = client._prepare_request
        self._process_response = client._process_response
        self._copy = client.copy
        client.request = self.request
        client._prepare_request = self.prepare_request
        client._process_response = self.process_response
        client.copy = client.with_options = self.copy

    def request(self, *args: Any, **kwargs: Any) -> Any:
        call = self._begin(*args, **kwargs)
        token = _current.set(call)
        try:
            answer = self._request(*args, **kwargs)
        except BaseException as error:
            if call:
                call.failed(error)
            raise
        finally:
            _current.reset(token)
        if call:
            call.returned()
        return answer

    def prepare_request(self, request: Any) -> None:
        self._prepare_request(request)
        if call := _current.get():
            call.sent(request)

    def process_response(self, *args: Any, **kwargs: Any) -> Any:
        if call := _current.get():
            call.answered(kwargs.get("response"))
        return self._process_response(*args, **kwargs)

    def copy(self, *args: Any, **kwargs: Any) -> Any:
        copied = self._copy(*args, **kwargs)
        guarded(_follow)(copied, self.tracker)
        return copied

    @guarded
    def _begin(self, cast_to: Any, options: Any, **_: Any) -> Call | None:
        """The call that these options ask for; None for one that is not recorded."""
        api = api_of(options.method, options.url)
        if api is None:
            return None
        body = options.json_data
        model = body.get("model") if isinstance(body, Mapping) else None
        return Call(self.tracker, self.tracker.provider or _billed_by(str(self._client.base_url)), api, model)


class _AsyncFollower(_Follower):
    """The same for an asynchronous client."""

    _request: Callable[..., Awaitable[Any]]

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        call = self._begin(*args, **kwargs)
        token = _current.set(call)
        try:
            answer = await self._request(*args, **kwargs)
        except BaseException as error:
            if call:
                call.failed(error)
            raise
        finally:
            _current.reset(token)
        if call:
            call.returned()
        return answer

    async def prepare_request(self, request: Any) -> None:  # type: ignore[override]
        await self._prepare_request(request)
        if call := _current.get():
            call.sent(request)

    async def process_response(self, *args: Any, **kwargs: Any) -> Any:
        if call := _current.get():
            call.answered(kwargs.get("response"))
        return await self._process_response(*args, **kwargs)


def _billed_by(url: str) -> str | None:
    """The provider that a host belongs to; None for a gateway or the user's own server."""
    host = urlsplit(url).hostname or ""
    return next((provider for end, provider in _HOSTS.items() if host == end or host.endswith(f".{end}")), None)
