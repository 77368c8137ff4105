"""A streaming client for OpenAI-compatible servers that times every piece of an answer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from llmcost.bench_gpu.observation import Observation, Outcome, Planned
from llmcost.bench_gpu.stream import Answer, BrokenStreamError, Events, error_message, one_line
from llmcost.errors import LlmcostError, UsageError

if TYPE_CHECKING:
    import httpx2

Api = Literal["completions", "chat"]
Result = TypeVar("Result")

NO_KEY = (401, 403)
KEY_HINT = "name the variable that holds its key with --api-key-env NAME"
_CUT = "the stream was cut"
_PATHS: Mapping[Api, str] = {"completions": "/completions", "chat": "/chat/completions"}


@dataclass(frozen=True)
class Dialect:
    """How a server wants to be asked."""

    api: Api
    forced: bool  # it accepts the order to ignore the end of text, so that every answer has the length asked for

    def body(self, model: str, prompt: str, output_tokens: int) -> dict[str, Any]:
        """The request's JSON."""
        asked: dict[str, Any] = (
            {"prompt": prompt} if self.api == "completions" else {"messages": [{"role": "user", "content": prompt}]}
        )
        length: dict[str, Any] = {"max_tokens": output_tokens}
        if self.forced:
            length |= {"min_tokens": output_tokens, "ignore_eos": True}
        stream = {"stream": True, "stream_options": {"include_usage": True}}
        return {"model": model, **asked, **length, "temperature": 0.0, **stream}


class RefusedError(Exception):
    """The server answered with an HTTP error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"HTTP {status}: {message}" if message else f"HTTP {status}")
        self.status = status


class NotStreamedError(Exception):
    """The server answered in one piece though a stream was asked for."""


class Client:
    """Speaks to one server. Use it as an async context manager."""

    def __init__(self, endpoint: str, *, key: str | None = None, timeout_s: float = 600.0) -> None:
        try:
            import httpx2
        except ImportError:
            raise LlmcostError("bench-gpu needs the package httpx2", hint="pip install 'llmcost-cli[bench]'") from None
        self.base = _base(endpoint)
        self._timeout_s = timeout_s
        self._failures = (httpx2.HTTPError,)
        self._http = httpx2.AsyncClient(
            headers={"authorization": f"Bearer {key}"} if key else {},
            timeout=None,  # one limit for the whole request, below
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=None),
            trust_env=False,  # no proxy between us and the machine that is measured
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def document(self, path: str, *, versioned: bool = True) -> tuple[dict[str, Any], Mapping[str, str]] | None:
        """The JSON object under a path, and the answer's headers; null where there is none.

        `versioned`: the path is below /v1. Raises LlmcostError when nobody answers at the endpoint, or wants a key.
        """
        address = (self.base if versioned else self.base.removesuffix("/v1")) + path
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._persist(
                    lambda connection: self._http.get(address, extensions={"trace": connection.trace})
                )
            if answer.status_code in NO_KEY:
                raise LlmcostError(
                    f"the server at {self.base} refused the request: HTTP {answer.status_code}", hint=KEY_HINT
                )
            content = answer.json() if answer.status_code == 200 else None
        except (*self._failures, TimeoutError) as error:
            raise LlmcostError(
                f"no answer from {self.base}: {_reason(error)}",
                hint="check --endpoint and that the server runs",
            ) from None
        except ValueError:
            return None
        return (content, answer.headers) if isinstance(content, dict) else None

    async def ask(self, dialect: Dialect, model: str, prompt: str, planned: Planned) -> Observation:
        """Sends one request and follows its answer to the end. Failures are observed, not raised."""
        seen = Observation(sent_s=perf_counter(), planned=planned)
        try:
            complete = await self._exchange(dialect, model, prompt, seen)
            outcome, failure = _judge(seen, complete)
        except (RefusedError, NotStreamedError, BrokenStreamError) as error:
            outcome, failure = "error", str(error)
        except TimeoutError:
            outcome, failure = "error", f"no end after {self._timeout_s:g} s"
        except self._failures as error:
            outcome = "error" if seen.first_token_s is None else "cut"
            failure = _reason(error) if outcome == "error" else _CUT
        seen.ended_s, seen.outcome, seen.failure = perf_counter(), outcome, failure
        return seen

    async def check(self, dialect: Dialect, model: str, prompt: str, planned: Planned) -> Observation:
        """As `ask`, for the first requests: what keeps the server from being measured is raised.

        Raises RefusedError, NotStreamedError, BrokenStreamError, or LlmcostError when nobody answers.
        """
        seen = Observation(sent_s=perf_counter(), planned=planned)
        try:
            complete = await self._exchange(dialect, model, prompt, seen)
        except (*self._failures, TimeoutError) as error:
            raise LlmcostError(f"the server at {self.base} does not answer: {_reason(error)}") from None
        seen.ended_s = perf_counter()
        seen.outcome, seen.failure = _judge(seen, complete)
        return seen

    async def _exchange(self, dialect: Dialect, model: str, prompt: str, seen: Observation) -> bool:
        """Sends the request and reads the answer into `seen`; whether the answer's end was announced."""
        body = dialect.body(model, prompt, seen.planned.output_tokens)
        address = self.base + _PATHS[dialect.api]

        def attempt(connection: _Connection) -> Awaitable[bool]:
            request = self._http.build_request("POST", address, json=body, extensions={"trace": connection.trace})
            seen.attempts += 1
            seen.sent_s = perf_counter()  # making the request is not a time of the server's
            return self._follow(request, seen, connection)

        async with asyncio.timeout(self._timeout_s):
            return await self._persist(attempt)

    async def _persist(self, attempt: Callable[["_Connection"], Awaitable[Result]]) -> Result:
        """Sends a request, again if need be, until it gets there.

        A server may close a kept connection just as it is used again (llama.cpp's does). That is not a failure of the
        request, which never got there: it is sent again on another connection.
        """
        while True:
            connection = _Connection()
            try:
                return await attempt(connection)
            except self._failures:
                if connection.is_new or connection.answered:
                    raise

    async def _follow(self, request: "httpx2.Request", seen: Observation, connection: "_Connection") -> bool:
        events, answer = Events(), Answer(seen)
        response = await self._http.send(request, stream=True)
        async with aclosing(response):
            connection.answered = True
            if response.status_code != 200:
                await response.aread()
                raise RefusedError(response.status_code, _refusal(response))
            if "application/json" in response.headers.get("content-type", ""):
                raise NotStreamedError("the answer came in one piece")
            async for received in response.aiter_bytes():
                now = perf_counter()
                for data in events.feed(received):
                    answer.take(data, now)
        return answer.complete


class _Connection:
    """What becomes of the connection that a request is sent on."""

    def __init__(self) -> None:
        self.is_new = False
        self.answered = False  # the server began to answer

    async def trace(self, event: str, _: Mapping[str, Any]) -> None:
        """The transport's account of what it does."""
        if event == "connection.connect_tcp.started":
            self.is_new = True


def _judge(seen: Observation, complete: bool) -> tuple[Outcome, str | None]:
    if not complete:
        return "cut", _CUT
    if seen.input_tokens is None or seen.output_tokens is None:
        return "without_usage", "no token usage reported"
    if seen.first_token_s is None:
        return "error", "the answer is empty"
    return "ok", None


def _refusal(response: Any) -> str:
    try:
        return error_message(response.json())
    except ValueError:
        return one_line(response.text)


def _reason(error: Exception) -> str:
    """Why a connection failed, the deepest cause first known."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return "connection refused"
        cause = cause.__cause__ or cause.__context__
    return one_line(str(error)) or type(error).__name__


def _base(endpoint: str) -> str:
    """The address up to and including /v1, however much of it was given."""
    address = endpoint if "://" in endpoint else f"http://{endpoint}"
    scheme, _, rest = address.partition("://")
    if scheme not in ("http", "https") or not rest.strip("/"):
        raise UsageError(f"{endpoint} is not the address of a server", hint="like http://127.0.0.1:8000")
    address = address.rstrip("/")
    for path in ("/chat/completions", "/completions"):
        address = address.removesuffix(path)
    return address if address.endswith("/v1") else f"{address}/v1"
