"""`llmcost prices --update`: fetched on request only, kept in the store, dated; and nothing changes where it fails."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from llmcost.prices import names, offers
from tests.command import llmcost
from tests.logs import call, write

DATA = [
    {
        "id": "openai",
        "name": "OpenAI",
        "api_pattern": r"https://api\.openai\.com",
        "model_match": {"starts_with": "gpt-"},
        "models": [
            {
                "id": "gpt-9-nova",
                "match": {"equals": "gpt-9-nova"},
                "prices": {"input_mtok": 7, "output_mtok": 70},
            }
        ],
    }
]


@pytest.fixture(autouse=True)
def the_packages_own() -> Iterator[None]:
    yield
    names.use(None, None)


@contextmanager
def served(body: bytes, status: int = 200) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/data.json"
    finally:
        server.shutdown()
        server.server_close()


def cost(folder: Path) -> float | None:
    done = llmcost("report", "--format", "json", cwd=folder)
    found: float | None = json.loads(done.stdout)["total"]["cost_usd"]
    return found


def test_a_newer_model_has_a_price_after_an_update(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "log.jsonl", [call(1, model="gpt-9-nova", provider="openai", input_tokens=1000, output_tokens=0)])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    report = llmcost("report", cwd=tmp_path)
    assert "gpt-9-nova: 1,000 tokens in, 0 out" in " ".join(report.stdout.split())
    assert cost(tmp_path) is None
    with served(json.dumps(DATA).encode()) as address:
        monkeypatch.setenv("LLMCOST_PRICES_URL", address)
        done = llmcost("prices", "--update", "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "downloaded the prices of 20" in done.stderr
    [row] = [row for row in json.loads(done.stdout)["prices"] if row["service_tier"] == "standard"]
    assert row["source"].startswith("genai-prices of 20")
    # the server is gone: the data is in the store
    assert cost(tmp_path) == pytest.approx(0.007)


@pytest.mark.parametrize("body", [b"no json", b"{}", b"[]", b'[{"id": 1}]'])
def test_what_is_no_price_data_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    write(tmp_path / "log.jsonl", [call(1, model="gpt-4o", provider="openai", input_tokens=1000, output_tokens=0)])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    with served(body) as address:
        monkeypatch.setenv("LLMCOST_PRICES_URL", address)
        done = llmcost("prices", "--update", cwd=tmp_path)
    assert done.returncode == 1
    assert "is not price data of genai-prices" in done.stderr
    assert cost(tmp_path) == pytest.approx(0.0025)


def test_an_address_that_does_not_answer_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMCOST_PRICES_URL", "http://127.0.0.1:9/data.json")
    done = llmcost("prices", "--update", cwd=tmp_path)
    assert done.returncode == 1
    assert "the price data cannot be fetched" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("model", "plain"),
    [
        ("meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo", "llama-3-1-8b"),
        ("meta.llama3-1-8b-instruct-v1:0", "llama-3-1-8b"),
        ("mistralai/Mistral-7B-Instruct-v0.2", "mistral-7b"),
        ("regional.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5"),
        ("anthropic/claude-haiku-4.5", "claude-haiku-4-5"),
        ("gpt-4o-mini", "gpt-4o-mini"),
        ("gpt-4-turbo", "gpt-4-turbo"),
    ],
)
def test_plain_names(model: str, plain: str) -> None:
    assert offers.plain(model) == plain


def test_providers_of_a_model_come_cheapest_first() -> None:
    found = offers.offers("gpt-oss-20b", date(2026, 11, 20))
    prices = [row["blended_usd_mtok"] for row in found]
    assert len(found) >= 5
    assert prices == sorted(prices)
    assert ("groq", "openai/gpt-oss-20b") in {(row["provider"], row["model"]) for row in found}
    [groq] = [row for row in found if row["provider"] == "groq"]
    assert groq["blended_usd_mtok"] == pytest.approx((3 * 0.075 + 0.3) / 4)


@pytest.mark.parametrize("name", ["mistral-7b", "gpt-oss-20b"])
def test_a_model_is_found_by_its_plain_name(name: str, tmp_path: Path) -> None:
    done = llmcost("prices", name, "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["providers"]) > 3
