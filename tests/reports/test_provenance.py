"""What a number rests on: an entry of `llmcost.toml` that moves a total is told, and everything is in JSON."""

import json
from pathlib import Path

from tests.command import llmcost
from tests.logs import call, write

RULES = """
[aliases]
"our-model" = "claude-haiku-4-5"

[[prices]]
provider = "anthropic"
multiplier = 0.5
"""


def logged(folder: Path) -> None:
    rows = [call(1), call(2, model="our-model"), call(3, provider="openai", model="gpt-5-mini")]
    write(folder / "log.jsonl", rows)
    assert llmcost("ingest", "log.jsonl", cwd=folder).returncode == 0


def test_without_entries_nothing_is_said(tmp_path: Path) -> None:
    logged(tmp_path)
    found = json.loads(llmcost("report", "--by", "model", "--format", "json", cwd=tmp_path).stdout)
    assert not any("llmcost.toml" in note for note in found["notes"] if "no price" not in note)
    rests_on = found["provenance"]
    assert (rests_on["config"], rests_on["overrides"], rests_on["aliases"]) == (None, [], [])
    assert (rests_on["files_read"], rests_on["files_skipped"], rests_on["lines_rejected"]) == (1, 0, 0)
    assert rests_on["prices"].startswith("genai-prices ")


def test_a_multiplier_and_an_alias_are_named_with_their_requests(tmp_path: Path) -> None:
    (tmp_path / "llmcost.toml").write_text(RULES)
    logged(tmp_path)
    found = json.loads(llmcost("report", "--format", "json", cwd=tmp_path).stdout)
    [override] = found["provenance"]["overrides"]
    assert override["requests"] == 2
    assert override["entry"].endswith("× 0.5")
    [alias] = found["provenance"]["aliases"]
    assert alias == {"name": "our-model", "model": "claude-haiku-4-5", "requests": 1}
    assert any("× 0.5, applies to 2 of these requests" in note for note in found["notes"])
    assert any("our-model is billed as claude-haiku-4-5" in note for note in found["notes"])


def test_they_are_those_of_the_requests_covered(tmp_path: Path) -> None:
    (tmp_path / "llmcost.toml").write_text(RULES)
    logged(tmp_path)
    done = llmcost("report", "--provider", "openai", "--format", "json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert (found["provenance"]["overrides"], found["provenance"]["aliases"]) == ([], [])


def test_the_screen_says_so_and_shows_all_when_asked(tmp_path: Path) -> None:
    (tmp_path / "llmcost.toml").write_text(RULES)
    logged(tmp_path)
    assert "× 0.5" in llmcost("report", cwd=tmp_path).stdout
    assert "Provenance" not in llmcost("report", cwd=tmp_path).stdout
    shown = llmcost("report", "--provenance", cwd=tmp_path).stdout
    assert "Provenance" in shown
    assert "timezone: UTC" in shown
