"""Sums do not depend on the order in which files are read, in any output: not in the last digit either."""

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.command import llmcost
from tests.logs import call, moment, write

FILES, CALLS, DAYS = 3, 80, 12
COMMANDS = {
    "report": ("report",),
    "by feature": ("report", "--by", "feature,model"),
    "logged": ("report", "--logged"),
    "tags": ("report", "--tags"),
    "audit": ("audit",),
    "simulate": ("simulate", "--what-if", "batch-api", "--what-if", "token-caps:classification=90", "--by", "feature"),
    "caching": ("simulate", "--what-if", "response-caching"),
    "explain": ("explain", "--from", "2026-11-02..2026-11-06", "--to", "2026-11-07..2026-11-12"),
    "backtest": ("backtest",),
}


def rows(file: int) -> list[dict[str, Any] | str]:
    """Calls whose costs and durations have many digits, a tenth of them with a fault that the audit finds."""
    chance = random.Random(file)
    return [
        call(
            file * CALLS + number,
            ts=moment(chance.randrange(DAYS * 86_400)),
            model=chance.choice(("claude-haiku-4-5", "claude-opus-4-6", "gpt-5-mini")),
            feature=chance.choice(("search", "chat")),
            session_id=f"s{chance.randrange(9)}",
            prompt_hash=f"{chance.randrange(40):016x}",
            output_hash=f"{chance.randrange(3):016x}",
            tags={"team": chance.choice("ab")},
            input_tokens=chance.randrange(1, 30_000),
            output_tokens=chance.randrange(1, 2_000),
            max_output_tokens=100 if number % 10 else 50,
            stop_reason="end_turn" if number % 10 else "max_tokens",
            latency_ms=chance.random() * 9_000,
            cost_logged_usd=chance.random() / 7,
        )
        for number in range(CALLS)
    ]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Stores that read the same files in opposite orders."""
    folder = tmp_path_factory.mktemp("order")
    found = []
    for name, order in (("first", range(FILES)), ("last", reversed(range(FILES)))):
        (folder / name).mkdir()
        for file in order:
            write(folder / "log.jsonl", rows(file))
            shutil.move(folder / "log.jsonl", folder / name / f"{file}.jsonl")
            done = llmcost("ingest", f"{file}.jsonl", cwd=folder / name)
            assert done.returncode == 0, done.stderr
        found.append(folder / name)
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_json_is_the_same(folders: list[Path], name: str) -> None:
    first, last = (llmcost(*COMMANDS[name], "--format", "json", cwd=folder) for folder in folders)
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout) == json.loads(last.stdout)


def test_metrics_are_the_same(folders: list[Path]) -> None:
    first, last = (llmcost("metrics", "--once", cwd=folder) for folder in folders)
    assert first.returncode == 0, first.stderr
    kept = [[line for line in done.stdout.splitlines() if "timestamp" not in line] for done in (first, last)]
    assert len(kept[0]) > 20
    assert kept[0] == kept[1]


def test_exports_have_the_same_sums(folders: list[Path]) -> None:
    sums = []
    for folder in folders:
        assert llmcost("export", "--to", "lake", cwd=folder).returncode == 0
        manifest = json.loads((folder / "lake" / "manifest.json").read_text("utf-8"))
        sums.append({name: manifest[name] for name in ("requests", "unpriced_requests", "cost_usd", "rows")})
    assert sums[0] == sums[1]
