"""`llmcost probe` against a server on loopback that caches by a rule of its own: what it measures is that rule."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from llmcost.engine import registry
from llmcost.prices import cache_rules, probe
from tests import logs
from tests.command import Done, llmcost


class Cache:
    """A provider's prompt cache: from a minimum on, in steps, alive for a while, shared between keys or not."""

    def __init__(self, least: int = 1024, step: int = 128, life_s: float = 1e9, *, keys_share: bool = False) -> None:
        self.least, self.step, self.life_s, self.keys_share = least, step, life_s, keys_share
        self.now = 0.0
        self.until: dict[tuple[str, str], float] = {}
        self.asked: list[str] = []

    def ask(self, text: str, key: str) -> probe.Reply:
        self.asked.append(text)
        tokens = len(text.split()) + 20
        entry = (text, "" if self.keys_share else key)
        found = tokens >= self.least and self.now <= self.until.get(entry, -1)
        self.until[entry] = self.now + self.life_s
        return probe.Reply(tokens, tokens - tokens % self.step if found else 0)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize("share", [True, False])
def test_what_is_measured_is_the_rule(share: bool) -> None:
    cache = Cache(1024, 128, 300, keys_share=share)
    planned = probe.plan([60, 299, 301, 900])
    found = probe.measured(planned, cache.ask, cache.sleep)
    assert len(cache.asked) == planned.requests
    assert found.min_tokens is not None
    least, taken, most = found.min_tokens
    assert most <= 1024 <= least
    assert most <= taken <= least
    assert found.step_tokens == 128
    assert found.life_s == (299, 301)
    assert found.keys_share is share
    assert cache.now == 900, "it waits no longer than the longest gap"


def test_exact_boundaries_have_a_step_of_one() -> None:
    cache = Cache(1024, 1)
    assert probe.measured(probe.plan([60]), cache.ask, cache.sleep).step_tokens == 1


def test_a_model_without_a_cache_gives_no_rule() -> None:
    cache = Cache(least=10**9)
    found = probe.measured(probe.plan([60]), cache.ask, cache.sleep)
    assert not found.is_known
    assert (found.min_tokens, found.step_tokens, found.life_s, found.keys_share) == (None, None, None, None)


def test_the_rule_keeps_what_was_not_measured() -> None:
    vendors = cache_rules.rule_of("openai", "gpt-5.5", date(2026, 11, 29))
    cache = Cache(2048, 512, 300)
    found = probe.measured(probe.plan([60, 900]), cache.ask, cache.sleep)
    rule = probe.rule(found, vendors, "openai", "gpt-5.5", date(2026, 11, 30))
    assert (rule["hosts"], rule["models"]) == ("^openai$", "^gpt\\-5\\-5$")
    assert (rule["step_tokens_low"], rule["step_tokens"], rule["step_tokens_high"]) == (512, 512, 512)
    assert (rule["life_s_low"], rule["life_s"], rule["life_s_high"]) == (60, 899, 899)
    assert (rule["read_on"], rule["said_by"]) == (date(2026, 11, 30), "measured by you")
    assert rule["by_tier"] == vendors["by_tier"]


@contextmanager
def serving(cache: Cache) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The cache behind OpenAI's API, in real time."""
    bodies: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            bodies.append(body)
            cache.now = time.monotonic()
            reply = cache.ask(body["messages"][0]["content"], body["prompt_cache_key"])
            usage = {"prompt_tokens": reply.prompt_tokens, "completion_tokens": 1}
            usage_details = {"prompt_tokens_details": {"cached_tokens": reply.cached_tokens}}
            said = json.dumps({"id": "1", "choices": [], "usage": usage | usage_details}).encode()
            self.send_response(200 if self.headers["authorization"] == "Bearer k" else 401)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *words: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", bodies
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def _rules_are_read_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    registry.load.cache_clear()
    yield
    registry.load.cache_clear()


def probing(url: str, tmp_path: Path, *words: str, stdin: str = "", key: str = "k") -> Done:
    said = ("probe", "--provider", "openai", "--model", "gpt-4.1", "--base-url", url, "--gaps", "2,3", *words)
    return llmcost(*said, cwd=tmp_path, stdin=stdin, OPENAI_API_KEY=key)


def test_the_rule_is_kept_shown_and_used(tmp_path: Path) -> None:
    log = [
        logs.call(
            ts=f"2026-11-02T10:0{number}:00Z", request_id=f"r{number}", provider="openai", model="gpt-4.1",
            input_tokens=1500, ttft_ms=500, system_blocks=1,
            prefix=[{"hash": "a" * 16, "tokens": 1300}, {"hash": f"{number:016x}", "tokens": 1500}],
        )
        for number in range(5)
    ]  # fmt: skip
    llmcost("ingest", logs.write(tmp_path / "log.jsonl", log), cwd=tmp_path)
    words = ("simulate", "--what-if", "prompt-caching", "--format", "json")
    before = json.loads(llmcost(*words, cwd=tmp_path).stdout)
    assert before["result"]["saved_usd"] > 0
    with serving(Cache(least=2048, step=64)) as (url, bodies):
        done = probing(url, tmp_path, "--yes")
        assert done.returncode == 0, done.stderr
        assert len(bodies) == 15
        assert "15 requests with" in done.stderr
        assert "at most $" in done.stderr
    shown = json.loads(llmcost("prices", "openai/gpt-4.1", "--cache", "--format", "json", cwd=tmp_path).stdout)["rule"]
    assert shown["said_by"] == "measured by you"
    assert shown["read_on"] == date.today().isoformat()
    assert (shown["step_tokens"], shown["life_s_low"]) == (64, 3)
    assert shown["min_tokens_high"] <= 2048 <= shown["min_tokens_low"]
    registry.load.cache_clear()
    after = json.loads(llmcost(*words, cwd=tmp_path).stdout)
    assert after["result"]["saved_usd"] == 0, "1,300 tokens are too few, measured"
    with serving(Cache(least=1024, step=128)) as (url, _):
        probing(url, tmp_path, "--yes")
    assert (tmp_path / "llmcost_caches.toml").read_text().count("[[rows]]") == 1, (
        "the newer takes the older one's place"
    )


def test_nothing_is_sent_before_somebody_says_yes(tmp_path: Path) -> None:
    with serving(Cache()) as (url, bodies):
        for answer in ("", "n\n", "nope\n"):
            done = probing(url, tmp_path, stdin=answer)
            assert done.returncode == 1
            assert "nothing was sent" in done.stderr
            assert "at most $" in done.stderr, "the cost is shown first"
        assert bodies == []
        assert probing(url, tmp_path, stdin="y\n").returncode == 0
        assert len(bodies) == 15
    assert (tmp_path / "llmcost_caches.toml").exists()


@pytest.mark.parametrize(
    ("words", "key", "status", "said"),
    [
        (("--gaps", "0"), "k", 2, "not a list of seconds"),
        (("--gaps", "x"), "k", 2, "not a list of seconds"),
        (("--gaps", "1_0"), "k", 2, "not a list of seconds"),
        (("--gaps", "2,٣"), "k", 2, "not a list of seconds"),
        (("--base-url", "file:///etc/passwd"), "k", 2, "is not an address"),
        (("--base-url", "http://127.0.0.1:1/v1"), "k", 1, "cannot be asked"),
        (("--model", "no-such-model-at-all"), "k", 1, "price"),
        ((), "", 1, "holds no API key"),
        ((), "wrong", 1, "HTTP 401"),
    ],
)
def test_what_cannot_be_probed(tmp_path: Path, words: tuple[str, ...], key: str, status: int, said: str) -> None:
    with serving(Cache()) as (url, _):
        done = probing(url, tmp_path, "--yes", *words, key=key)
    assert done.returncode in (1, 2) if words[:1] == ("--model",) else done.returncode == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "llmcost_caches.toml").exists()


@pytest.mark.parametrize(
    "text",
    [
        "rows = 3",
        "[[rows]]\nhosts = '('\nmodels = 'x'",
        "[[rows]]\nmodels = 'x'",
        "[[rows]]\nhosts = 'x'\nmodels = 'x'\nmin_tokens = 'many'",
        "[[rows]]\nhosts = 'x'\nmodels = 'x'\nunheard_of = 1",
        "\x00",
    ],
)
def test_a_broken_file_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "llmcost_caches.toml").write_text(text)
    done = llmcost("prices", "openai/gpt-4.1", "--cache", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "llmcost_caches.toml" in done.stderr
    assert "Traceback" not in done.stderr
