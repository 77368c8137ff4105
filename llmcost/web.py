"""A small HTTP server for this machine: the page and the metrics answer through it.

The standard library's is enough: it gives a document, and nothing that writes. On loopback it answers only requests
that name a loopback host, so that no web page elsewhere can read it through a name that points here.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from llmcost.errors import LlmcostError

TEXT = "text/plain; charset=utf-8"
IDLE_S = 20.0
"""A connection on which nothing is asked for so long is closed."""
_WAITING = 1024
"""Connections that wait to be accepted; the system may allow fewer."""
_SAFE = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
_LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}


@dataclass(frozen=True)
class Asked:
    """A request: its path, and two headers."""

    path: str
    accept: str
    known: str | None  # the stamp of what the client has


@dataclass(frozen=True)
class Answer:
    """What a request is answered with; `stamp` tells one content from another."""

    status: int
    kind: str
    body: bytes
    stamp: str = ""


class Server(ThreadingHTTPServer):
    """One thread a connection. Clients that leave, or send what is not HTTP, are no news for the terminal."""

    daemon_threads = True
    request_queue_size = _WAITING

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing: what goes wrong in making an answer is answered, and all else is the client's doing."""


def server(answer: Callable[[Asked], Answer], host: str, port: int) -> Server:
    """A server that is not answering yet. Port 0 picks a free one. Raises OSError where it cannot listen."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    is_loopback = ip_address(str(address[0]).partition("%")[0]).is_loopback

    class Handler(BaseHTTPRequestHandler):
        server_version = "llmcost"
        sys_version = ""
        protocol_version = "HTTP/1.1"
        timeout = IDLE_S

        def do_GET(self) -> None:
            self._send(self._answer())

        def do_HEAD(self) -> None:
            self._send(self._answer())

        def _answer(self) -> Answer:
            name = self.headers.get("Host", "")
            if is_loopback and name.rpartition(":")[0] not in _LOOPBACK and name not in _LOOPBACK:
                return Answer(HTTPStatus.FORBIDDEN, TEXT, b"This server answers to loopback names only.\n")
            try:
                path = urlsplit(self.path).path
            except ValueError:
                return Answer(HTTPStatus.BAD_REQUEST, TEXT, b"This is not an address.\n")
            try:
                return answer(Asked(path, self.headers.get("Accept", ""), self.headers.get("If-None-Match")))
            except LlmcostError as error:
                said = f"{error.message}\n{error.hint or ''}\n"
                return Answer(HTTPStatus.SERVICE_UNAVAILABLE, TEXT, said.encode())
            except Exception as error:
                return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, TEXT, f"{type(error).__name__}\n".encode())

        def _send(self, given: Answer) -> None:
            self.send_response(given.status)
            headers = (("Content-Type", given.kind), ("Content-Length", str(len(given.body))), ("ETag", given.stamp))
            for name, value in (*headers, *_SAFE):
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD" and given.status != HTTPStatus.NOT_MODIFIED:
                self.wfile.write(given.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing: the terminal belongs to the person who started the server."""

    made = type("OfFamily", (Server,), {"address_family": family})
    listening: Server = made(address[:2] if family == socket.AF_INET else address, Handler)
    return listening
