"""Requests, and those without a price, are as many in an ingest as in a report and an audit."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import llmcost
from tests.logs import Row, call, write

SAMPLES = Path(__file__).resolve().parents[2] / "sample_logs"


def asked(folder: Path, *words: str | Path) -> Any:
    form = ("--json",) if words[0] == "ingest" else ("--format", "json")
    done = llmcost(*words, *form, cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


LOGS = [("openrouter_activity",), ("provider_usage", "claude_code"), ("llmcost", "qwen_code")]


@pytest.mark.parametrize("names", LOGS, ids="+".join)
def test_from_ingest_to_audit(tmp_path: Path, names: tuple[str, ...]) -> None:
    read = asked(tmp_path, "ingest", *(SAMPLES / name for name in names))
    total = asked(tmp_path, "report")["total"]
    audit = asked(tmp_path, "audit")
    unpriced = [found["requests"] for found in audit["findings"] if found["finding"] == "models-without-price"]
    assert read["calls"] == total["requests"] == audit["requests"]
    assert read["unpriced_requests"] == total["unpriced_requests"] == sum(unpriced)


def test_aggregates_are_told_apart_from_lines(tmp_path: Path) -> None:
    done = llmcost("ingest", SAMPLES / "openrouter_activity", cwd=tmp_path)
    requests = asked(tmp_path, "report")["total"]["requests"]
    assert f"With aggregates, {requests:,} requests." in done.stdout
    assert "With aggregates" not in llmcost("ingest", SAMPLES / "openrouter_activity", cwd=tmp_path).stdout


def test_copies_rejects_and_requests_without_tokens_and_price(tmp_path: Path) -> None:
    unknown: Row = {"model": "our-own-7b", "provider": None}
    failed = {"input_tokens": 0, "output_tokens": 0, "status": "error"}
    rows: list[Row | str] = [call(1), call(1), call(2, **unknown), call(3, **unknown, **failed), "{", '{"llmcost": 1}']
    write(tmp_path / "log.jsonl", rows)
    read = asked(tmp_path, "ingest", "log.jsonl")
    total, [found] = asked(tmp_path, "report")["total"], asked(tmp_path, "audit")["findings"]
    assert (read["lines"], read["requests"], read["duplicates"], read["rejects"]) == (6, 3, 1, 2)
    assert read["calls"] == total["requests"] == 3
    assert read["unpriced_requests"] == total["unpriced_requests"] == found["requests"] == 2
