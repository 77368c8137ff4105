"""Inputs that once took gigabytes stay small, measured in a process of their own."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from llmcost.engine import access
from tests.logs import Row, call

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


BOMB_BYTES = 400 << 20
BOMBS: dict[str, Callable[[int], bytes]] = {
    "zeros": bytes,
    "line breaks": lambda size: b"\n" * size,
    "an endless line": lambda size: b"x" * size,
    "one text": lambda size: b'"' + b"y" * size + b'"',
    "one object": lambda size: b"{" + b'"a":1,' * (size // 6) + b'"b":2}',
    "nested": lambda size: b'{"a":' * (size // 5),
}


@pytest.mark.parametrize(("kind", "ending"), zip(BOMBS, ("gz", "zst") * len(BOMBS), strict=False))
def test_a_small_file_that_unpacks_to_hundreds_of_megabytes_is_never_held_whole(
    tmp_path: Path, kind: str, ending: str
) -> None:
    log = tmp_path / f"log.jsonl.{ending}"
    text = json.dumps(call(1)).encode() + b"\n" + BOMBS[kind](BOMB_BYTES)
    log.write_bytes(zstandard.compress(text) if ending == "zst" else gzip.compress(text, 1))
    del text
    db = tmp_path / "llmcost.duckdb"
    assert peak_mib("ingest", log, "--db", db) < MOST_MIB
    with access.reading(db) as opened:
        assert opened.value("select count(*) from requests") == 1


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
