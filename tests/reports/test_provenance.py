"""What a number rests on: what may have moved a total is told in a line, and everything is in JSON."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from llmcost.prices import update
from tests.command import llmcost
from tests.logs import call, write

RULES = """
[aliases]
"our-model" = "claude-haiku-4-5"

[[prices]]
provider = "anthropic"
multiplier = 0.5

[[features]]
feature = "search"
model = "gpt-*"
"""
EVERY = (["report"], ["report", "--by", "model"], ["audit"], ["simulate", "--what-if", "token-caps"], ["explain"])


def logged(folder: Path) -> None:
    days = [{"ts": f"2026-11-0{day}T10:00:00Z"} for day in (1, 2)]
    rows = [
        call(1, **days[0]),
        call(2, model="our-model", **days[1]),
        call(3, provider="openai", model="gpt-5-mini", **days[1]),
    ]
    write(folder / "log.jsonl", rows)
    assert llmcost("ingest", "log.jsonl", cwd=folder).returncode == 0


def found(folder: Path, *words: str) -> dict[str, Any]:
    done = llmcost(*words, "--format", "json", cwd=folder)
    assert done.returncode == 0, done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def test_an_ingest_names_the_entries_that_moved_its_spend(tmp_path: Path) -> None:
    (tmp_path / "llmcost.toml").write_text(RULES)
    write(tmp_path / "log.jsonl", [call(1), call(2, model="our-model")])
    said = " ".join(llmcost("ingest", "log.jsonl", cwd=tmp_path).stdout.split())
    assert "Unusual: llmcost.toml, prices entry 1: × 0.5, applies to 2 requests here" in said
    assert "our-model is billed as claude-haiku-4-5 (1 request). llmcost report --provenance shows all." in said
    again = llmcost("ingest", "log.jsonl", cwd=tmp_path)
    assert "Unusual" not in again.stdout, "nothing new, so there is no spend that it could have moved"
    assert len(json.loads(llmcost("ingest", "log.jsonl", "--json", cwd=tmp_path).stdout)["unusual"]) == 2


def test_without_entries_nothing_is_said(tmp_path: Path) -> None:
    logged(tmp_path)
    for command in EVERY:
        made = found(tmp_path, *command)
        assert not any("applies to" in note or "billed as" in note for note in made["notes"])
        rests_on = made["provenance"]
        lists = [rests_on[name] for name in ("overrides", "aliases", "features", "formats", "assumed")]
        assert (rests_on["config"], lists) == (None, [[]] * 5)
        assert (rests_on["files_read"], rests_on["files_skipped"], rests_on["lines_rejected"]) == (1, 0, 0)
        assert rests_on["prices"].startswith("genai-prices ")
        assert "Unusual" not in llmcost(*command, cwd=tmp_path).stdout


@pytest.mark.parametrize("command", EVERY, ids=" ".join)
def test_a_multiplier_and_an_alias_are_named_with_their_requests(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "llmcost.toml").write_text(RULES)
    logged(tmp_path)
    made = found(tmp_path, *command)
    [override] = made["provenance"]["overrides"]
    assert override["requests"] == 2
    assert override["entry"].endswith("× 0.5")
    [alias] = made["provenance"]["aliases"]
    assert alias == {"name": "our-model", "model": "claude-haiku-4-5", "requests": 1}
    [feature] = made["provenance"]["features"]
    assert (feature["name"], feature["requests"]) == ("search", 1)
    assert any("× 0.5, applies to 2 requests here" in note for note in made["notes"])
    assert any("our-model is billed as claude-haiku-4-5 (1 request)" in note for note in made["notes"])
    [line] = [line for line in llmcost(*command, cwd=tmp_path, COLUMNS="400").stdout.splitlines() if "Unusual" in line]
    assert "× 0.5" in line
    assert "--provenance shows all" in line


def test_no_total_is_moved_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "llmcost.toml").write_text(RULES + "\n[[budgets]]\nmonth = 100\n")
    logged(tmp_path)
    for command in (["budget"], ["compare", "logged", "logged"]):
        assert any("× 0.5, applies to 2 requests here" in note for note in found(tmp_path, *command)["notes"])
    assert "× 0.5, applies to 2 requests here" in llmcost("report", "--format", "html", cwd=tmp_path).stdout


def test_they_are_those_of_the_requests_covered(tmp_path: Path) -> None:
    (tmp_path / "llmcost.toml").write_text(RULES)
    logged(tmp_path)
    made = found(tmp_path, "report", "--provider", "openai")
    assert (made["provenance"]["overrides"], made["provenance"]["aliases"]) == ([], [])
    assert made["provenance"]["features"] != []


def test_an_explanation_counts_those_of_its_periods(tmp_path: Path) -> None:
    (tmp_path / "llmcost.toml").write_text(RULES)
    rows = [call(number, ts=f"2026-11-0{day}T10:00:00Z") for number, day in enumerate((1, 2, 2, 3), start=1)]
    write(tmp_path / "log.jsonl", rows)
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    for zone, requests in (("UTC", 3), ("Pacific/Kiritimati", 1)):  # 14 hours ahead, where 10 h is midnight
        made = found(tmp_path, "explain", "--from", "2026-11-01", "--to", "2026-11-02", "--timezone", zone)
        told = made["from"]["requests"] + made["to"]["requests"]
        assert (told, sum(row["requests"] for row in made["provenance"]["overrides"])) == (requests, requests)


def test_own_formats_assumed_models_and_skipped_files_are_told(tmp_path: Path) -> None:
    mapping = '[formats.ours]\nmodel = "$.m"\ninput_tokens = "$.i"\noutput_tokens = "$.o"\nts = "$.t"\n'
    (tmp_path / "llmcost.toml").write_text(mapping)
    logs = tmp_path / "logs"
    logs.mkdir()
    lines = [{"m": "gpt-5-mini", "i": 1, "o": 1, "t": f"2026-11-0{day}T00:00:00Z"} for day in (1, 2)]
    (logs / "ours.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (logs / "noise.bin").write_bytes(b"\0" * 40)
    (logs / "trace.csv").write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,374,44\n")
    llmcost("ingest", "logs", cwd=tmp_path)
    rests_on = found(tmp_path, "report")["provenance"]
    assert [(row["name"], row["requests"]) for row in rests_on["formats"]] == [("ours", 2)]
    assert rests_on["files_skipped"] == 1
    assert [row["requests"] for row in rests_on["assumed"]] == [1]
    assert "1 file was skipped (llmcost rejects)" in llmcost("report", cwd=tmp_path, COLUMNS="300").stdout


def test_prices_older_than_the_log_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logged(tmp_path)
    for day, told in (("2026-10-20", False), ("2026-10-01", True)):
        monkeypatch.setattr(update, "as_of", lambda _, day=day: datetime.fromisoformat(day).date())
        said = (
            f"prices are those known on {day}, the log goes on to 2026-11-02"
            in llmcost("report", cwd=tmp_path, COLUMNS="300").stdout
        )
        assert said == told
        assert found(tmp_path, "report")["provenance"]["prices_as_of"] == day


def test_prices_are_as_old_as_their_data(tmp_path: Path) -> None:
    """Those of the package: no newer than its file."""
    logged(tmp_path)
    data = Path(sys.modules["genai_prices"].__file__ or "").with_name("data.py")
    installed = datetime.fromtimestamp(data.stat().st_mtime, UTC).date()
    assert found(tmp_path, "report")["provenance"]["prices_as_of"] == installed.isoformat()


def test_the_screen_shows_all_when_asked(tmp_path: Path) -> None:
    (tmp_path / "llmcost.toml").write_text(RULES)
    logged(tmp_path)
    for command in EVERY:
        assert "Provenance\n" not in llmcost(*command, cwd=tmp_path).stdout
        shown = llmcost(*command, "--provenance", cwd=tmp_path, COLUMNS="300").stdout
        assert "timezone: UTC" in shown
        assert "aliases: our-model billed as claude-haiku-4-5 (1 request)" in shown
        assert "assumed: none" in shown
