"""What a shell offers: the names that llmcost and the log know, quickly, and nothing where there is no store."""

from pathlib import Path
from typing import Any

import pytest

from llmcost.engine import access
from tests.command import llmcost
from tests.logs import call, write

CALLS: list[dict[str, Any]] = [
    {"feature": "search", "model": "gpt-5-mini", "provider": "openai", "tags": {"team": "web", "tier": "gold"}},
    {"feature": "support", "tags": {"team": "web\nrm -rf"}},
    {"feature": "$(reboot)", "tags": {"team": "app"}},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("completion")
    write(made / "log.jsonl", [call(number, **fields) for number, fields in enumerate(CALLS, start=1)])
    assert llmcost("ingest", "log.jsonl", cwd=made).returncode == 0
    return made


def offered(folder: Path, *words: str) -> list[str]:
    """What bash is offered for the last of the words."""
    line = {"COMP_WORDS": " ".join(["llmcost", *words]), "COMP_CWORD": str(len(words))}
    done = llmcost(cwd=folder, _LLMCOST_COMPLETE="complete_bash", **line)
    assert done.stderr == ""
    return done.stdout.split()


def test_keys_of_a_report(folder: Path) -> None:
    assert offered(folder, "report", "--by", "pro") == ["prompt", "provider", "project"]
    assert offered(folder, "report", "--by", "tag:") == ["tag:team", "tag:tier"]
    assert offered(folder, "report", "--by", "feature,mod") == ["feature,model"]
    for command in ("explain", "simulate", "compare"):
        assert "tag:team" in offered(folder, command, "--by", "tag")


def test_what_ifs_and_their_parameters(folder: Path) -> None:
    assert "token-caps" in offered(folder, "simulate", "--what-if", "tok")
    assert offered(folder, "simulate", "--what-if", "response-caching:tt") == ["response-caching:ttl="]
    assert offered(folder, "simulate", "--what-if", "nothing:") == []


def test_bash_breaks_words_at_colons_and_equals_signs(folder: Path) -> None:
    assert offered(folder, "report", "--by", "tag", ":") == ["team", "tier"]
    assert offered(folder, "report", "--by", "feature,tag", ":", "te") == ["team"]
    assert offered(folder, "report", "--by", "tag", ":", "team,tag", ":", "ti") == ["tier"]
    assert offered(folder, "report", "--by", "=", "pro") == ["prompt", "provider", "project"]
    assert offered(folder, "report", "--by", "=", "tag", ":", "te") == ["team"]
    assert offered(folder, "report", "--tag", "team", "=") == ["app", "web"]
    assert offered(folder, "simulate", "--what-if", "response-caching", ":", "tt") == ["ttl="]
    assert offered(folder, "report", "--by", "tag", ":", "team", "--top", "5", "--model", "gpt") == ["gpt-5-mini"]
    assert offered(folder, "report", "--feature", '"s') == ["search", "support"]


def test_names_from_the_log(folder: Path) -> None:
    assert offered(folder, "report", "--model", "gpt") == ["gpt-5-mini"]
    assert offered(folder, "audit", "--feature", "s") == ["search", "support"]
    assert offered(folder, "report", "--tag", "te") == ["team="]
    assert offered(folder, "report", "--tag", "team=") == ["team=app", "team=web"]
    assert offered(folder, "prices", "claude") == ["claude-haiku-4-5"]


def test_formats_findings_and_scenarios(folder: Path) -> None:
    assert offered(folder, "ingest", "--format", "claude-c") == ["claude-code"]
    assert offered(folder, "report", "--format", "m") == ["markdown"]
    assert offered(folder, "audit", "--show", "paid") == ["paid-errors"]
    assert offered(folder, "compare", "log") == ["logged"]


def test_a_name_that_is_more_than_a_word_is_not_offered(folder: Path) -> None:
    assert "$(reboot)" not in offered(folder, "report", "--feature", "")
    assert not any("rm" in word for word in offered(folder, "report", "--tag", "team="))


def test_without_a_store_it_is_silent(tmp_path: Path) -> None:
    assert offered(tmp_path, "report", "--model", "") == []
    assert offered(tmp_path, "report", "--by", "mod") == ["model"]
    (tmp_path / "llmcost.duckdb").write_text("not a store")
    assert offered(tmp_path, "report", "--model", "") == []
    assert offered(tmp_path, "report", "--db", "elsewhere.duckdb", "--feature", "") == []


def test_a_store_in_use_is_not_waited_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("it waited"))
    with access.writing(folder / "llmcost.duckdb"):
        offered(folder, "report", "--model", "gpt")
