"""Watching a response body while the application reads it, whatever it reads it with."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, closing
from functools import cache
from typing import Any, Protocol


class Watcher(Protocol):
    """Callbacks about a body. None of these may raise."""

    def received(self, chunk: bytes) -> None: ...
    def broke(self, error: BaseException) -> None: ...
    def ended(self) -> None: ...
    def closed(self) -> None:
        """The application will read no more of it. May come after any of the others, and more than once."""


def watch(response: Any, watcher: Watcher) -> None:
    """Tells the watcher what the application reads of the body of an httpx response not read yet.

    The response becomes an instance of a subclass of its class. Its own attribute in
    place of a method would tie it into a cycle, and a stream that the application drops
    would keep its connection until the next run of the garbage collector.
    """
    response.llmcost_watcher = watcher
    kind: Any = type(response)
    response.__class__ = _watched(kind)


class EventReader:
    """Splits a stream of server-sent events into the JSON objects of their data."""

    def __init__(self) -> None:
        self._unfinished = b""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> Iterator[dict[str, Any]]:
        """The events that this chunk completes."""
        *lines, self._unfinished = (self._unfinished + chunk).split(b"\n")
        for line in map(bytes.rstrip, lines):
            if line.startswith(b"data:"):
                self._data.append(line[5:])
            elif not line and self._data:
                data, self._data = b"\n".join(self._data), []
                try:
                    event = json.loads(data)
                except (ValueError, RecursionError):  # [DONE], and anything that is not an event of these APIs
                    continue
                if isinstance(event, dict):
                    yield event


@cache
def _watched(kind: Any) -> Any:
    """The subclass of httpx's response class, of whichever generation of httpx the client uses."""

    class Watched(kind):  # type: ignore[misc]
        llmcost_watcher: Watcher
        llmcost_is_reading = False  # within httpx, which closes the body at its end and on errors

        def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
            with closing(super().iter_bytes(chunk_size)) as chunks:
                while True:
                    self.llmcost_is_reading = True
                    try:
                        chunk = next(chunks, None)
                    except BaseException as error:
                        self.llmcost_watcher.broke(error)
                        raise
                    finally:
                        self.llmcost_is_reading = False
                    if chunk is None:
                        break
                    self.llmcost_watcher.received(chunk)
                    yield chunk
            self.llmcost_watcher.ended()

        async def aiter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
            async with aclosing(super().aiter_bytes(chunk_size)) as chunks:
                while True:
                    self.llmcost_is_reading = True
                    try:
                        chunk = await anext(chunks, None)
                    except BaseException as error:
                        self.llmcost_watcher.broke(error)
                        raise
                    finally:
                        self.llmcost_is_reading = False
                    if chunk is None:
                        break
                    self.llmcost_watcher.received(chunk)
                    yield chunk
            self.llmcost_watcher.ended()

        def close(self) -> None:
            super().close()
            self._llmcost_closed()

        async def aclose(self) -> None:
            await super().aclose()
            self._llmcost_closed()

        def __del__(self) -> None:
            self._llmcost_closed()

        def _llmcost_closed(self) -> None:
            if not self.llmcost_is_reading:
                self.llmcost_watcher.closed()

    Watched.__name__, Watched.__qualname__, Watched.__module__ = kind.__name__, kind.__qualname__, kind.__module__
    return Watched
