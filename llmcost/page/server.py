"""The page, served on loopback: read-only, made again when the store has changed.

The standard library's server is enough: a page, its data, and nothing that writes. It answers only requests that name a
loopback host, so that no web page elsewhere can read it through a name that points here.
"""

from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from llmcost.errors import LlmcostError

HOST = "127.0.0.1"

Answer = tuple[int, str, bytes, str]
"""Status, content type, body, and the stamp of what it was made from."""


class Pages:
    """The page and its data as of the newest look at the store; the old ones while it cannot be read."""

    def __init__(self, stamp: Callable[[], str], make: Callable[[str], tuple[str, str]]) -> None:
        """`stamp` changes when the store does; `make` gives the page and its data as JSON, both with that stamp."""
        self._stamp = stamp
        self._make = make
        self._lock = Lock()
        self._made: tuple[str, str, str] | None = None

    def newest(self) -> tuple[str, str, str]:
        """Stamp, page and data. Raises LlmcostError where the store has never been readable."""
        with self._lock:
            stamp = self._stamp()
            if self._made is None or self._made[0] != stamp:
                try:
                    self._made = (stamp, *self._make(stamp))
                except LlmcostError:
                    if self._made is None:
                        raise
            return self._made


def server(pages: Pages, port: int) -> ThreadingHTTPServer:
    """A server on loopback, not yet answering. Port 0 picks a free one. Raises LlmcostError for a busy port."""

    class Handler(BaseHTTPRequestHandler):
        server_version = "llmcost"
        sys_version = ""
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(_answer(pages, self.headers.get("Host", ""), self.path, self.headers.get("If-None-Match")))

        def do_HEAD(self) -> None:
            self.do_GET()

        def _send(self, answer: Answer) -> None:
            status, kind, body, stamp = answer
            self.send_response(status)
            for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), ("ETag", stamp), *_SAFE):
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD" and status != HTTPStatus.NOT_MODIFIED:
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing: the terminal belongs to the person who started the server."""

    try:
        return ThreadingHTTPServer((HOST, port), Handler)
    except OSError as error:
        raise LlmcostError(f"port {port} cannot be used: {error.strerror}", hint="name another with --port") from None


_SAFE = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
_LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}
_TEXT = "text/plain; charset=utf-8"


def _answer(pages: Pages, host: str, target: str, known: str | None) -> Answer:
    if host.rpartition(":")[0] not in _LOOPBACK and host not in _LOOPBACK:
        return HTTPStatus.FORBIDDEN, _TEXT, b"This server answers to loopback names only.\n", ""
    path = urlsplit(target).path
    if path not in ("/", "/data.json"):
        return HTTPStatus.NOT_FOUND, _TEXT, b"There is only one page here: /\n", ""
    try:
        stamp, page, data = pages.newest()
    except LlmcostError as error:
        said = f"{error.message}\n{error.hint or ''}\n"
        return HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, said.encode(), ""
    if known == stamp and path == "/data.json":
        return HTTPStatus.NOT_MODIFIED, "application/json", b"", stamp
    if path == "/":
        return HTTPStatus.OK, "text/html; charset=utf-8", page.encode(), stamp
    return HTTPStatus.OK, "application/json", data.encode(), stamp
