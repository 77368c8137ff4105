"""`llmcost judge` against a server on loopback that speaks Anthropic's API."""

import csv
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from llmcost.judging import client, pairs
from llmcost.judging.judge import question, verdict
from tests.command import Done, llmcost

MODEL = "claude-haiku-4-5"
HEAD = "prompt_1,prompt_2,label,note\n"
PAIRS = HEAD + "".join(f"new {n},stored {n},{1 if n < 3 else ''},=n{n}\n" for n in range(30))


def message(text: str) -> dict[str, Any]:
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": MODEL, "stop_reason": "end_turn",
        "stop_sequence": None, "content": [{"type": "text", "text": text}],
        "usage": {"input_tokens": 100, "output_tokens": 1},
    }  # fmt: skip


class Judge:
    """Says that even numbers are right; answers nothing more after so many questions."""

    def __init__(self, answers: int = 1000) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answers = answers
        self.batches: list[list[dict[str, Any]]] = []
        self.polled = 0

    def answer(self, body: dict[str, Any]) -> str:
        self.asked.append(body)
        number = int(body["messages"][0]["content"].split("new ")[1].split("\n")[0])
        return "I cannot say" if number == 7 else "1" if number % 2 == 0 else " 0.\n"


@contextmanager
def serving(judge: Judge) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if self.headers["authorization"] != "Bearer k" or len(judge.asked) >= judge.answers:
                self.reply(401, {"type": "error", "error": {"type": "authentication_error", "message": "no"}})
            elif self.path.endswith("/batches"):
                judge.batches.append(body["requests"])
                self.reply(200, batch("in_progress"))
            else:
                self.reply(200, message(judge.answer(body)))

        def do_GET(self) -> None:
            if not self.path.endswith("/results"):
                judge.polled += 1
                self.reply(200, batch("ended" if judge.polled > 1 else "in_progress"))
                return
            lines = [
                {
                    "custom_id": one["custom_id"],
                    "result": {"type": "succeeded", "message": message(judge.answer(one["params"]))},
                }
                for one in reversed(judge.batches[-1])
            ]
            lines[0]["result"] = {"type": "expired"}
            self.reply(200, *lines)

        def reply(self, status: int, *documents: dict[str, Any]) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json" if len(documents) == 1 else "application/x-jsonl")
            self.end_headers()
            self.wfile.write(b"\n".join(json.dumps(one).encode() for one in documents))

        def log_message(self, format: str, *words: object) -> None:
            """Says nothing."""

    def batch(status: str) -> dict[str, Any]:
        return {
            "id": "msgbatch_1", "type": "message_batch", "processing_status": status,
            "created_at": "2026-11-30T10:00:00Z", "expires_at": "2026-12-01T10:00:00Z",
            "ended_at": None, "archived_at": None, "cancel_initiated_at": None,
            "request_counts": {"processing": 0, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0},
            "results_url": f"http://127.0.0.1:{server.server_address[1]}/v1/messages/batches/msgbatch_1/results",
        }  # fmt: skip

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def judged(url: str, tmp_path: Path, *words: str, key: str = "k", stdin: str = "") -> Done:
    said = ("judge", "pairs.csv", "--model", MODEL, "--base-url", url, *words)
    return llmcost(*said, cwd=tmp_path, stdin=stdin, ANTHROPIC_API_KEY=key)


def rows(tmp_path: Path) -> list[dict[str, str]]:
    with (tmp_path / "pairs.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_answers_are_kept_and_not_asked_for_again(tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text(PAIRS)
    judge = Judge()
    with serving(judge) as url:
        done = judged(url, tmp_path, "--yes")
        assert done.returncode == 0, done.stderr
        assert done.stdout == ""
        assert "30 pairs of prompts, with their texts, to http://127.0.0.1" in done.stderr
        assert "about $0.0" in done.stderr
        assert "judged 29 pairs; 1 got no answer" in " ".join(done.stderr.split())
        found = rows(tmp_path)
        assert [row["judged"] for row in found] == ["" if n == 7 else str(1 - n % 2) for n in range(30)]
        assert {row["judge"] for row in found} == {MODEL}
        assert [row["label"] for row in found] == ["1"] * 3 + [""] * 27, "people's labels stay theirs"
        assert [row["note"] for row in found] == [f"=n{n}" for n in range(30)]
        assert len(judge.asked) == 30
        assert judged(url, tmp_path, "--yes").returncode == 0
        assert len(judge.asked) == 31, "only the one without an answer"


def test_what_was_answered_before_a_failure_is_kept(tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text(PAIRS)
    with serving(Judge(answers=20)) as url:
        done = judged(url, tmp_path, "--yes")
    assert done.returncode == 1
    assert "answers HTTP 401" in done.stderr
    assert sum(bool(row["judge"]) for row in rows(tmp_path)) == 20
    judge = Judge()
    with serving(judge) as url:
        assert judged(url, tmp_path, "--yes").returncode == 0
    assert len(judge.asked) == 11, "the ten that are left, and the one without an answer"


def test_a_batch_is_waited_for_and_not_sent_twice(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text(PAIRS)
    judge, ticket = Judge(), tmp_path / "pairs.csv.batch"
    asked = [question(row) for row in pairs.read(file).rows]

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    with serving(judge) as url:
        with pytest.raises(KeyboardInterrupt):
            list(client.in_batch(client.client(url, "k"), MODEL, asked, ticket, stop))
        assert "new 3" not in ticket.read_text(), "no text is kept next to the file"
        assert judged(url, tmp_path, "--yes", "--batch").returncode == 0
    assert len(judge.batches) == 1
    assert not ticket.exists()
    found = rows(tmp_path)
    assert [row["judged"] for row in found] == ["" if n in (7, 29) else str(1 - n % 2) for n in range(30)]


def test_nothing_is_sent_before_somebody_says_yes(tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text(PAIRS)
    judge = Judge()
    with serving(judge) as url:
        done = judged(url, tmp_path, stdin="n\n")
    assert done.returncode == 1
    assert "nothing was sent" in done.stderr
    assert "about $" in done.stderr, "the cost is shown first"
    assert judge.asked == []
    assert (tmp_path / "pairs.csv").read_text() == PAIRS


@pytest.mark.parametrize(
    ("text", "words", "key", "status", "said"),
    [
        (None, (), "k", 1, "cannot be read"),
        ("", (), "k", 1, "has no columns"),
        ("a,b\n1,2\n", (), "k", 1, "has no columns"),
        (HEAD, (), "k", 1, "holds no pairs"),
        (PAIRS, ("--base-url", "file:///etc"), "k", 2, "is not an address"),
        (PAIRS, ("--model", "no-such-model-at-all"), "k", 1, "price"),
        (PAIRS, (), "", 1, "holds no API key"),
        (PAIRS, (), "wrong", 1, "HTTP 401"),
        (PAIRS, ("--base-url", "http://127.0.0.1:1"), "k", 1, "cannot be asked"),
    ],
)
def test_what_cannot_be_judged(
    tmp_path: Path, text: str | None, words: tuple[str, ...], key: str, status: int, said: str
) -> None:
    if text is not None:
        (tmp_path / "pairs.csv").write_text(text)
    with serving(Judge()) as url:
        done = judged(url, tmp_path, "--yes", *words, key=key)
    assert done.returncode in (1, 2) if words[:1] == ("--model",) else done.returncode == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [("1", "1"), ("0", "0"), (" 1.\n", "1"), ("Yes", "1"), ("no, since", "0"), ("**0**", "0"), ("", ""), ("10", ""),
     ("maybe 1", "")],
)  # fmt: skip
def test_what_an_answer_says(words: str, said: str) -> None:
    assert verdict(words) == said
