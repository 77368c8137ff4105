"""The report on a screen: no two rows print alike, whatever their names are and however narrow it is."""

from pathlib import Path

import pytest

from llmcost.render import terminal
from llmcost.reports import spend
from llmcost.reports.scope import scope
from llmcost.views.report import ReportView
from tests.command import llmcost
from tests.logs import call, ingested, write


@pytest.mark.parametrize("width", ["60", "80", "100"])
@pytest.mark.parametrize("dimensions", [(), ("prompt",)])
def test_prompts_that_share_a_label_are_told_apart(
    tmp_path: Path, width: str, dimensions: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    rows = [call(number, prompt_id=f"prompt-{number % 3}") for number in range(6)]
    write(tmp_path / "log.jsonl", rows)
    with ingested(tmp_path / "llmcost.duckdb", tmp_path / "log.jsonl") as (opened, _):
        found = spend.report(opened, scope(opened), dimensions)
    for row in found.sections.get("prompt", found.rows):
        if row.get("key", row.get("prompt")) != "prompt-2":
            row["label"] = "You are a helpful assistant"
    shown = terminal.plain(ReportView(found).screen(details=False)).splitlines()
    named = [line for line in shown if line.startswith((" You", " prompt-2"))]
    assert len(set(named)) == len(named) == 3
    assert sum("prompt-0" in row or "prompt-1" in row for row in named) == 2


def test_the_trend_of_a_prompt_stays_at_100_columns(tmp_path: Path) -> None:
    rows = [call(n, prompt_id="a-prompt-with-a-long-name/v12", ts=f"2026-11-{n:02d}T10:00:00Z") for n in range(1, 25)]
    write(tmp_path / "log.jsonl", rows)
    llmcost("ingest", "log.jsonl", cwd=tmp_path)
    shown = llmcost("report", "--by", "prompt", cwd=tmp_path, COLUMNS="100").stdout
    assert "trend" in shown
    assert "a request" in shown
    assert "█" in shown
