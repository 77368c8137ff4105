"""What there is one of is said in the singular, in every output of a log that has one of everything."""

import re
from pathlib import Path

import pytest

from tests.command import llmcost
from tests.logs import call, write

PLURAL = re.compile(
    r"(?<![\w.,:/$%-])1 (?:more )?(?:requests|calls|lines|answers|days|files|hits|prompts|features|models|rows|tags|"
    r"sessions|users|pairs|machines|tokens|others|duplicates|rejects|findings|records|errors|months|weeks)\b"
)
COMMANDS = (
    ("report",), ("report", "--by", "feature"), ("report", "--tags"), ("report", "--logged"), ("report", "--details"),
    ("report", "--format", "json"), ("report", "--format", "html", "-o", "-"),
    ("audit",), ("audit", "--details"), ("explain",), ("explain", "--details"), ("backtest",), ("rejects",),
    ("prices",), ("simulate", "--what-if", "all"),
    ("simulate", "--what-if", "response-caching", "--what-if", "token-caps:classification=50", "--details"),
    ("simulate", "--what-if", "semantic-caching", "--details"),
    ("simulate", "--what-if", "request-batching", "--what-if", "batch-api", "--details"),
    ("simulate", "--what-if", "self-hosted:gpu=H100-SXM,usd_per_hour=2", "--details"),
    ("simulate", "--what-if", "routing", "--by", "feature", "--format", "html", "-o", "-"),
    ("metrics", "--once"), ("export", "--to", "lake"),
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("one")
    common = {"task_type": "classification", "prompt_hash": "a" * 16, "output_hash": "b" * 16, "latency_ms": 900.5,
              "cost_logged_usd": 0.5, "stop_reason": "max_tokens", "max_output_tokens": 100, "feature": "search",
              "tags": {"team": "web"}}  # fmt: skip
    asked = call(1, **common)
    again = call(2, ts="2026-11-03T10:00:00Z", **common)
    unpriced = call(3, model="a-model-without-a-price")
    timeless = call(4, ts=None)
    write(made / "log.jsonl", [asked, asked, again, unpriced, timeless, call(5, status="error"), "no json", ""])
    done = llmcost("ingest", "log.jsonl", cwd=made)
    assert done.returncode == 0, done.stderr
    assert not PLURAL.findall(done.stdout + done.stderr)
    return made


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_it_is_in_the_singular(folder: Path, words: tuple[str, ...]) -> None:
    done = llmcost(*words, cwd=folder)
    assert "Traceback" not in done.stderr
    assert not [match.group() for match in PLURAL.finditer(_visible(done.stdout + done.stderr))]


def _visible(text: str) -> str:
    """Of a page, what stands in it outside of scripts that are the same in every page."""
    return re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
