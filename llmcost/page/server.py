"""The page, served on loopback: read-only, made again when the store has changed."""

from collections.abc import Callable
from http import HTTPStatus
from threading import Lock

from llmcost import web
from llmcost.errors import LlmcostError
from llmcost.web import Answer, Asked

HOST = "127.0.0.1"


class Pages:
    """The page and its data as of the newest look at the store; the old ones while it cannot be read."""

    def __init__(self, stamp: Callable[[], str], make: Callable[[str], tuple[str, str]]) -> None:
        """`stamp` changes when the store does; `make` gives the page and its data as JSON, both with that stamp."""
        self._stamp = stamp
        self._make = make
        self._lock = Lock()
        self._made: tuple[str, bytes, bytes] | None = None

    def newest(self) -> tuple[str, bytes, bytes]:
        """Stamp, page and data. Raises LlmcostError where the store has never been readable."""
        with self._lock:
            stamp = self._stamp()
            if self._made is None or self._made[0] != stamp:
                try:
                    page, data = self._make(stamp)
                    self._made = (stamp, page.encode(), data.encode())
                except LlmcostError:
                    if self._made is None:
                        raise
            return self._made


def server(pages: Pages, port: int) -> web.Server:
    """A server on loopback, not yet answering. Port 0 picks a free one. Raises LlmcostError for a busy port."""

    def answer(asked: Asked) -> Answer:
        if asked.path not in ("/", "/data.json"):
            return Answer(HTTPStatus.NOT_FOUND, web.TEXT, b"There is only one page here: /\n")
        stamp, page, data = pages.newest()
        if asked.path == "/":
            return Answer(HTTPStatus.OK, "text/html; charset=utf-8", page, stamp)
        if asked.known == stamp:
            return Answer(HTTPStatus.NOT_MODIFIED, "application/json", b"", stamp)
        return Answer(HTTPStatus.OK, "application/json", data, stamp)

    try:
        return web.server(answer, HOST, port)
    except OSError as error:
        raise LlmcostError(f"port {port} cannot be used: {error.strerror}", hint="name another with --port") from None
