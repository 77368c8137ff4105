"""--by ticket: found by patterns of llmcost.toml, in branches, sessions and tags."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import Done, llmcost
from tests.logs import call, write

CALLS: list[dict[str, Any]] = [
    {"tags": {"git_branch": "feature/ABC-12-login"}, "session_id": "XYZ-1"},
    {"tags": {"branch": "ABC-12"}},
    {"tags": {"git_branch": "main"}, "session_id": "fix QRS-7 today"},
    {"tags": {"pull_request": "#77 it's done"}},
    {"tags": {"git_branch": "it's"}},
    {},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tickets")
    write(made / "log.jsonl", [call(number, **fields) for number, fields in enumerate(CALLS, start=1)])
    assert llmcost("ingest", "log.jsonl", cwd=made).returncode == 0
    return made


def run(folder: Path, config: str, *words: str) -> Done:
    (folder / "llmcost.toml").write_text(config)
    return llmcost(*words, cwd=folder)


def tickets(folder: Path, config: str) -> dict[str | None, int]:
    done = run(folder, config, "report", "--by", "ticket", "--format", "json")
    assert done.returncode == 0, done.stderr
    return {row["ticket"]: row["requests"] for row in json.loads(done.stdout)["rows"]}


USUAL = '[[tickets]]\nmatches = "[A-Z]+-[0-9]+"\n'


def test_branches_come_before_sessions(folder: Path) -> None:
    assert tickets(folder, USUAL) == {"ABC-12": 2, "QRS-7": 1, None: 3}


def test_the_first_entry_that_finds_something_decides(folder: Path) -> None:
    further = '[[tickets]]\nin = "tag:pull_request"\nmatches = "^#([0-9]+)"\n'
    assert tickets(folder, USUAL + further) == {"ABC-12": 2, "QRS-7": 1, "77": 1, None: 2}
    assert tickets(folder, '[[tickets]]\nin = "session"\nmatches = "[A-Z]+-[0-9]+"\n' + USUAL) == {
        "XYZ-1": 1, "ABC-12": 1, "QRS-7": 1, None: 3,
    }  # fmt: skip


def test_words_of_the_pattern_are_never_syntax(folder: Path) -> None:
    assert tickets(folder, '[[tickets]]\nmatches = "it\'s"\n') == {"it's": 1, None: 5}
    assert tickets(folder, '[[tickets]]\nin = "tag:a\'] || (select 1)"\nmatches = "x"\n') == {None: 6}


def test_explanations_and_simulations_know_them(folder: Path) -> None:
    done = run(folder, USUAL, "simulate", "--what-if", "token-caps", "--by", "ticket", "--format", "json")
    assert {row["ticket"] for row in json.loads(done.stdout)["by"]} == {"ABC-12", "QRS-7", None}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('matches = "("', "matches is not a valid regular expression: missing )"),
        ('matches = "(?=x)"', "matches is not a valid regular expression"),
        ("matches = 3", "matches is not text: 3"),
        ('in = "branch"', "has no pattern"),
        ('matches = "x"\nin = "brunch"', "in = 'brunch' is no place"),
        ('matches = "x"\nin = "tag:"', "in = 'tag:' is no place"),
        ('match = "x"', "there is no match"),
    ],
)
def test_an_entry_that_cannot_be_is_named(folder: Path, entry: str, said: str) -> None:
    done = run(folder, f"{USUAL}[[tickets]]\n{entry}\n", "report")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"llmcost.toml, tickets entry 2: {said}" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_pattern_it_says_what_to_write(folder: Path) -> None:
    done = run(folder, "", "report", "--by", "ticket")
    assert done.returncode == 2
    assert "[[tickets]]" in done.stderr


def test_an_unknown_tag_names_those_there_are(folder: Path) -> None:
    for command in (["report"], ["compare", "logged", "logged"]):
        done = run(folder, "", *command, "--by", "tag:git_brunch")
        assert done.returncode == 2
        assert "did you mean git_branch or branch?" in done.stderr
        assert "tags: git_branch, branch, pull_request" in done.stderr
