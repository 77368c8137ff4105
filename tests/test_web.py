"""The servers of the page and of the metrics under clients that leave, send nonsense, wait, or come all at once."""

import contextlib
import io
import socket
import struct
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest

from llmcost.commands.serve import pages_of
from llmcost.metrics.serving import Endpoint
from llmcost.page import server as page_server
from tests.command import llmcost
from tests.logs import call, write

HOST = "127.0.0.1"
AT_ONCE = 200
IDLE = 500
LEAVES_AT_ONCE = struct.pack("ii", 1, 0)


@pytest.fixture(scope="module", params=["page", "metrics"])
def port(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("served")
    write(folder / "log.jsonl", [call(n, feature="a") for n in range(5)])
    assert llmcost("ingest", "log.jsonl", cwd=folder).returncode == 0
    db = folder / "llmcost.duckdb"
    if request.param == "metrics":
        pytest.importorskip("prometheus_client")
        endpoint = Endpoint(db, lambda _: [])
        endpoint.look()
        yield int(endpoint.start(HOST, 0).rpartition(":")[2].removesuffix("/metrics"))
        return
    with page_server.server(pages_of(db), 0) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield int(listening.server_address[1])
        listening.shutdown()


def ask(port: int, path: str = "/", **headers: str) -> int:
    connection = HTTPConnection(HOST, port, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


@pytest.fixture
def terminal() -> Iterator[io.StringIO]:
    with contextlib.redirect_stderr(io.StringIO()) as said:
        yield said


@pytest.mark.parametrize("name", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "127.0.0.1@evil"])
def test_only_loopback_names_are_answered(port: int, name: str) -> None:
    assert ask(port, Host=name) == 403
    assert ask(port, Host=f"localhost:{port}") == 200


@pytest.mark.parametrize("sent", [
    b"GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"\r\n" * 50,
    b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\n",
])  # fmt: skip
def test_nonsense_and_clients_that_leave(port: int, sent: bytes, terminal: io.StringIO) -> None:
    for reads in (0, 100):
        with contextlib.suppress(ConnectionError), socket.create_connection((HOST, port), timeout=10) as client:
            client.sendall(sent)
            client.settimeout(0.5)
            if reads:
                with contextlib.suppress(TimeoutError):
                    client.recv(reads)
            client.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
            )  # leaves at once
    time.sleep(0.1)
    assert ask(port) == 200
    assert terminal.getvalue() == ""


def test_idle_connections_and_many_at_once(port: int, terminal: io.StringIO) -> None:
    with contextlib.ExitStack() as idle:
        for _ in range(IDLE):
            idle.enter_context(socket.create_connection((HOST, port), timeout=10))
        assert ask(port) == 200
        with ThreadPoolExecutor(AT_ONCE) as clients:
            found = list(clients.map(lambda _: ask(port), range(AT_ONCE)))
        assert found == [200] * AT_ONCE
    assert terminal.getvalue() == ""


def test_paths_that_are_not_there(port: int, tmp_path: Path) -> None:
    assert ask(port, "/etc/passwd") == 404
    assert ask(port, "/?a=b") == 200
