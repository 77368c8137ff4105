"""The page on loopback: it follows the store, answers nobody else, and changes nothing."""

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from llmcost.commands import serve as command
from llmcost.errors import LlmcostError
from llmcost.page import server
from tests.command import llmcost
from tests.logs import call, write
from tests.page.conftest import Browser


class Served:
    """A server that runs next to the test."""

    def __init__(self, pages: server.Pages) -> None:
        self.listening = server.server(pages, 0)
        self.port = self.listening.server_address[1]
        threading.Thread(target=self.listening.serve_forever, daemon=True).start()

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
        connection = HTTPConnection(server.HOST, self.port, timeout=20)
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "log.jsonl", [call(n, feature="a") for n in range(5)])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    return tmp_path


@pytest.fixture
def served(folder: Path) -> Iterator[Served]:
    running = Served(command.pages_of(folder / "llmcost.duckdb"))
    yield running
    running.listening.shutdown()
    running.listening.server_close()


def test_it_follows_the_store(folder: Path, served: Served) -> None:
    answer, body = served.ask("/data.json")
    stamp = answer.headers["ETag"]
    assert json.loads(body)["stamp"] == stamp
    assert served.ask("/data.json", **{"If-None-Match": stamp})[0].status == 304
    write(folder / "more.jsonl", [call(10 + n, feature="b") for n in range(3)])
    assert llmcost("ingest", "more.jsonl", cwd=folder).returncode == 0
    answer, body = served.ask("/data.json", **{"If-None-Match": stamp})
    assert answer.status == 200
    assert sum(json.loads(body)["tables"]["cube"]["values"]["requests"]) == 8


def test_it_listens_on_loopback_and_answers_loopback_names_only(served: Served) -> None:
    assert served.listening.server_address[0] == "127.0.0.1"
    assert served.ask("/", Host=f"localhost:{served.port}")[0].status == 200
    for host in ("example.org", f"example.org:{served.port}", "127.0.0.1.example.org", ""):
        assert served.ask("/", Host=host)[0].status == 403, host


def test_it_has_one_page_and_takes_nothing(served: Served) -> None:
    assert served.ask("/../llmcost.duckdb")[0].status == 404
    assert served.ask("/", method="POST")[0].status == 501
    answer, body = served.ask("/", method="HEAD")
    assert (answer.status, body) == (200, b"")
    assert "script-src 'sha256-" in served.ask("/")[1].decode()


def test_a_store_that_cannot_be_read_leaves_the_page_as_it_was(folder: Path, served: Served) -> None:
    before = served.ask("/data.json")[1]
    (folder / "llmcost.duckdb").write_bytes(b"no store any more")
    assert served.ask("/data.json")[1] == before


def test_a_busy_port_is_told(served: Served) -> None:
    with pytest.raises(LlmcostError, match=f"port {served.port} cannot be used"):
        server.server(command.pages_of(Path("nowhere")), served.port)


def test_no_store_is_told_before_anything_listens(tmp_path: Path) -> None:
    done = llmcost("serve", "--port", "0", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no store" in done.stderr


def test_an_open_page_shows_what_comes(folder: Path, served: Served, browser: Browser) -> None:
    browser.open(f"http://127.0.0.1:{served.port}/?feature=a")
    assert browser.card("Requests") == 5
    write(folder / "more.jsonl", [call(20 + n, feature="a") for n in range(2)])
    assert llmcost("ingest", "more.jsonl", cwd=folder).returncode == 0
    browser.wait("return document.querySelector(\"[data-name='Requests']\").dataset.value === '7'")
    assert browser.run("return location.search") == "?feature=a"
    assert browser.errors() == []


def test_an_open_page_without_requests_draws_the_first_that_come(
    folder: Path, served: Served, browser: Browser
) -> None:
    (folder / "llmcost.duckdb").unlink()
    write(folder / "log.jsonl", [{"type": "user", "sessionId": "s", "timestamp": "2026-11-02T10:00:00Z"}])
    assert llmcost("ingest", "log.jsonl", cwd=folder).returncode == 0
    browser.open(f"http://127.0.0.1:{served.port}/")
    assert browser.charts() == {}
    write(folder / "more.jsonl", [call(n, ts=f"2026-11-0{1 + n % 5}T10:00:00Z") for n in range(9)])
    assert llmcost("ingest", "more.jsonl", cwd=folder).returncode == 0
    browser.wait("return !!document.getElementById('trend')")
    assert browser.charts()["trend"]
    assert browser.errors() == []
