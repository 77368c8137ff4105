"""A file that states counts of tokens and gave no call is named: its cost would be missing in silence."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import llmcost
from tests.logs import call, write

Row = dict[str, Any]
NO_CALL: Row = {"type": "user", "sessionId": "s", "uuid": "u", "timestamp": "2026-11-01T00:00:00Z"}


def _uncounted(folder: Path, *rows: Row) -> list[str]:
    write(folder / "log.jsonl", rows)
    found: list[str] = json.loads(llmcost("ingest", "log.jsonl", "--json", cwd=folder).stdout)["uncounted"]
    return found


@pytest.mark.parametrize("stated", [{"usage_of_it": {"output_tokens": 7}}, {"promptTokenCount": "12"}, {"tokens": 3}])
def test_it_is_named(tmp_path: Path, stated: Row) -> None:
    assert _uncounted(tmp_path, NO_CALL, NO_CALL | {"uuid": "v", "told": stated}) == ["log.jsonl"]
    (tmp_path / "llmcost.duckdb").unlink()
    done = llmcost("ingest", "log.jsonl", cwd=tmp_path)
    assert "log.jsonl states counts of tokens but gave no call" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    "rows",
    [
        [NO_CALL],
        [NO_CALL | {"told": {"output_tokens": 0}}],
        [NO_CALL | {"told": {"max_output_tokens": 4096}}],
        [NO_CALL | {"message": {"role": "user", "content": 'the answer was {"output_tokens": 7}'}}],
        [NO_CALL | {"told": {"output_tokens": 7}}, call(1)],
    ],
)
def test_others_are_not(tmp_path: Path, rows: list[Row]) -> None:
    assert _uncounted(tmp_path, *rows) == []
