"""Inputs that once took gigabytes stay small, measured in a process of their own."""

import json
import subprocess
import sys
from pathlib import Path

from tests.logs import Row

MOST_MIB = 700
"""A run on a small log takes 230 MiB."""


def peak_mib(*words: str | Path) -> float:
    """The most memory that a command had, which has to succeed.

    A small process starts it: what the tests' own process has in memory would count as what its child once had.
    """
    command = [sys.executable, "-m", "llmcost", *map(str, words)]
    code = (
        "import resource, subprocess, sys;"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True, text=True)
    return int(done.stdout) / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def span(number: int) -> Row:
    """A call with a count that cannot be."""
    counts = {"gen_ai.usage.input_tokens": -5, "gen_ai.usage.output_tokens": 10}
    return {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "name": "chat",
        "startTimeUnixNano": "1785542400000000000",
        "attributes": [
            {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
            {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o-mini"}},
            *({"key": key, "value": {"intValue": str(count)}} for key, count in counts.items()),
        ],
    }


def test_a_line_with_thousands_of_rejected_records_is_held_once(tmp_path: Path) -> None:
    spans = [span(number) for number in range(5000)]
    line = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps(line) + "\n")
    assert peak_mib("ingest", log, "--db", tmp_path / "llmcost.duckdb") < MOST_MIB
