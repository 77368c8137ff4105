"""Filters of a report: of one kind any name will do, all kinds must hold; a name that nobody has is an error."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmcost.engine import store
from llmcost.engine.store import Store
from llmcost.errors import UsageError
from llmcost.explain.traffic import telling_tags
from llmcost.reports import filters as filters_module
from llmcost.reports.filters import Filters, tag_names
from llmcost.reports.scope import Scope, scope
from llmcost.reports.spend import check, spend
from tests.command import llmcost
from tests.explain.traffic import request, traffic
from tests.logs import call, write


@pytest.fixture(scope="module")
def opened() -> Iterator[Store]:
    rows = [
        request(feature="search", user_id="ann", tags={"team": "web", "env": "prod"}),
        request(feature="search", user_id="bob", tags={"team": "web", "env": "test"}),
        request(feature="chat", user_id="ann", tags={"team": "app", "odd=name": "100%_*"}),
        request(project="p1", session_id="s1", prompt_id="hello"),
    ]
    with traffic(rows, []) as made:
        yield made


@pytest.mark.parametrize(
    ("filters", "requests"),
    [
        (Filters(), 4),
        (Filters(features=("search",)), 2),
        (Filters(features=("search", "chat")), 3),
        (Filters(features=("unattributed",)), 1),
        (Filters(features=("search",), users=("ann",)), 1),
        (Filters(users=("a*",)), 2),
        (Filters(projects=("p1",)), 1),
        (Filters(sessions=("s1",)), 1),
        (Filters(prompts=("hello",)), 1),
        (Filters(providers=("anthropic",)), 4),
        (Filters(models=("claude-haiku-4-5",)), 4),
        (Filters(tags=("team=web",)), 2),
        (Filters(tags=("team=web", "team=app")), 3),
        (Filters(tags=("team=web", "env=prod")), 1),
        (Filters(tags=("team=app", "env=prod")), 0),
        (Filters(tags=("team=*",)), 3),
    ],
)
def test_what_they_cover(opened: Store, filters: Filters, requests: int) -> None:
    assert spend(opened, (), scope(opened, filters=filters))[0]["requests"] == requests


@pytest.mark.parametrize(
    ("filters", "said", "hint"),
    [
        (Filters(models=("claude-haiku",)), "no request has the model 'claude-haiku'", "claude-haiku-4-5"),
        (Filters(features=("serch",)), "feature 'serch'", "search"),
        (Filters(users=("ann", "nobody")), "user 'nobody'", "bob"),
        (Filters(tags=("teem=web",)), "tag 'teem'", "team"),
        (Filters(tags=("team=wob",)), "tag team 'wob'", "web"),
        (Filters(tags=("team",)), "--tag team is not NAME=VALUE", "--tag team=search"),
        (Filters(tags=("=web",)), "is not NAME=VALUE", "--tag"),
    ],
)
def test_a_name_that_nobody_has_is_an_error_with_the_nearest(
    opened: Store, filters: Filters, said: str, hint: str
) -> None:
    with pytest.raises(UsageError) as error:
        scope(opened, filters=filters)
    assert said in error.value.message
    assert hint in (error.value.hint or "")


def test_an_empty_store_knows_no_names_and_is_no_error() -> None:
    with store.in_memory() as empty:
        assert scope(empty, filters=Filters(models=("any",))).filters.models == ("any",)


def test_the_tags_by_how_many_requests_have_them(opened: Store) -> None:
    assert tag_names(opened) == ["team", "env", "odd=name"]


def test_of_countless_tags_those_that_can_be_told_apart_are_fetched(
    opened: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log may have as many tags as requests. One that is not fetched is known all the same."""
    monkeypatch.setattr(filters_module, "_KNOWN", 1)
    assert tag_names(opened) == ["team"]
    assert spend(opened, (), scope(opened, filters=Filters(tags=("env=prod",))))[0]["requests"] == 1
    with pytest.raises(UsageError) as error:
        scope(opened, filters=Filters(tags=("env=prot",)))
    assert "tag env 'prot'" in error.value.message
    check(opened, ["tag:odd=name"])


def test_of_countless_tags_the_most_expensive_are_listed(opened: Store) -> None:
    sql, values = Scope().spend("tags")
    [row] = opened.rows(sql, values | {"most": 1})
    assert (row["tag"], row["tags"]) == ("team", 3)


def test_of_countless_tags_those_that_split_requests_are_keys(opened: Store) -> None:
    """`odd=name` has one value."""
    assert telling_tags(opened, Scope(), 8) == ["team", "env"]
    assert telling_tags(opened, Scope(), 1) == ["team"]
    assert telling_tags(opened, Scope(), 0) == []


def test_every_report_has_them(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", [call(1, user_id="ann"), call(2, user_id="bob")])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    for words in (("report",), ("audit",), ("simulate", "--what-if", "token-caps")):
        done = llmcost(*words, "--user", "an", cwd=tmp_path)
        assert (done.returncode, "did you mean ann?" in done.stderr) == (2, True)
        assert llmcost(*words, "--user", "ann", cwd=tmp_path).returncode == 0


def test_a_key_that_is_none_names_the_tags(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", [call(1, tags={"team": "web"})])
    llmcost("ingest", "log.jsonl", cwd=tmp_path)
    for words in (("report",), ("explain", "--to", "2026-11-02"), ("simulate", "--what-if", "token-caps")):
        done = llmcost(*words, "--by", "team", cwd=tmp_path)
        assert (done.returncode, "did you mean tag:team" in done.stderr) == (2, True)
        done = llmcost(*words, "--by", "tag:teem", cwd=tmp_path)
        assert (done.returncode, "did you mean team" in done.stderr) == (2, True)


def test_tags_with_their_spend(tmp_path: Path) -> None:
    """A request with two tags counts in both rows, and once in the total."""
    rows = [call(1, tags={"team": "web"}), call(2, tags={"team": "app", "env": "prod"}), call(3)]
    write(tmp_path / "log.jsonl", rows)
    llmcost("ingest", "log.jsonl", cwd=tmp_path)
    found = json.loads(llmcost("report", "--tags", "--format", "json", cwd=tmp_path).stdout)
    assert [(row["tag"], row["requests"], row["values"]) for row in found["rows"]] == [("team", 2, 2), ("env", 1, 1)]
    assert found["total"]["requests"] == 3
    assert any("several tags" in note for note in found["notes"])
    assert "team" in llmcost("report", "--tags", cwd=tmp_path).stdout
    assert llmcost("report", "--tags", "--by", "model", cwd=tmp_path).returncode == 2


def test_a_failed_ingest_leaves_no_empty_store(tmp_path: Path) -> None:
    assert llmcost("ingest", "missing.jsonl", cwd=tmp_path).returncode == 1
    assert list(tmp_path.iterdir()) == []
    write(tmp_path / "log.jsonl", [call(1)])
    llmcost("ingest", "log.jsonl", cwd=tmp_path)
    llmcost("ingest", "missing.jsonl", cwd=tmp_path)
    assert (tmp_path / "llmcost.duckdb").exists()


def test_a_row_of_an_empty_value_is_called_by_it(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", [call(1, tags={"team": ""}), call(2, tags={"team": "a"})])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    shown = llmcost("report", "--by", "tag:team", cwd=tmp_path).stdout
    assert [line.split()[0] for line in shown.splitlines() if "1,000" in line] == ['""', "a"]
