"""Features by rule and prompts by their text: what the log leaves open."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from llmcost import session
from llmcost.attribution.texts import Texts
from llmcost.engine import access
from llmcost.errors import LlmcostError
from llmcost.reports import spend
from llmcost.reports.scope import Scope, scope
from tests import logs

Row = dict[str, Any]

SYSTEM = "You are the judge of a chess tournament."


def response(number: int, prompt: str, system: str | None = None, **fields: Any) -> Row:
    """A line of the Anthropic API: one call with its texts."""
    return {
        "ts": f"2026-11-02T10:{number // 60:02d}:{number % 60:02d}Z",
        "request": {"messages": [{"role": "user", "content": prompt}], "max_tokens": 10}
        | ({"system": system} if system else {}),
        "response": {
            "id": f"msg_{number}", "type": "message", "role": "assistant", "model": "claude-haiku-4-5",
            "content": [{"type": "text", "text": f"Answer {number}"}],
            "usage": {"input_tokens": 100, "output_tokens": 5},
        },
    } | fields  # fmt: skip


def templated() -> list[Row]:
    """Ten calls of each of two templates, of different lengths, and three that have nothing in common."""
    draw = random.Random(7)
    words = "alder birch cedar dogwood elm fir gum hazel iris juniper".split()
    filled = [
        f"{start} {' '.join(draw.choices(words, k=draw.randint(1, 9)))} {draw.randint(1, 999)}"
        for start in ("Summarize this article for a busy reader:", "Which of our trees is meant here?")
        for _ in range(10)
    ]
    return [response(number, text) for number, text in enumerate([*filled, "Hello", "Good night", "Is it raining"])]


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An llmcost.toml to write rules into."""
    path = tmp_path / "rules.toml"
    path.write_text("")
    monkeypatch.setenv("LLMCOST_CONFIG", str(path))
    return path


def features(db: Path) -> list[str | None]:
    return [row["feature"] for row in logs.contents(db)]


def prompts(db: Path) -> dict[str, str | None]:
    return {row["request_id"]: row["prompt_id"] for row in logs.contents(db)}


def test_the_first_rule_that_fits_names_the_feature_and_the_log_goes_before_any(
    tmp_path: Path, store_path: Path, rules: Path
) -> None:
    rules.write_text(
        """
        [[features]]
        feature = "by tag"
        tag = { team = "disc*" }
        [[features]]
        feature = "by path and model"
        path = "/code/review"
        model = "claude-haiku-*"
        [[features]]
        feature = "by prompt"
        prompt = "triage@?"
        [[features]]
        feature = "by expression"
        matches = "^(ask|answer)-"
        [[features]]
        feature = "too late"
        tag = { team = "discovery" }
        """
    )
    calls = [
        logs.call(1, feature="said", tags={"team": "discovery"}),
        logs.call(2, tags={"team": "discovery"}),
        logs.call(3, project="/code/review/sub"),
        logs.call(4, project="/code/reviewed"),
        logs.call(5, project="/code/review", model="claude-sonnet-4-6"),
        logs.call(6, prompt_id="triage@2"),
        logs.call(7, prompt_id="ask-anything"),
        logs.call(8),
    ]
    with logs.ingested(store_path, logs.write(tmp_path / "a.jsonl", calls)):
        pass
    assert features(store_path) == [
        "said", "by tag", "by path and model", None, None, "by prompt", "by expression", None,
    ]  # fmt: skip


def test_rules_that_change_are_applied_to_what_the_store_holds(tmp_path: Path, store_path: Path, rules: Path) -> None:
    log = logs.write(tmp_path / "a.jsonl", [logs.call(1, project="p"), logs.call(2, project="q", feature="said")])
    with logs.ingested(store_path, log):
        pass
    assert features(store_path) == [None, "said"]

    rules.write_text('[[features]]\nfeature = "one"\nproject = "*"\n')
    with session.reading(store_path):  # as every report does
        pass
    assert features(store_path) == ["one", "said"]

    rules.write_text('[[features]]\nfeature = "two"\nproject = "p"\n')
    with logs.ingested(store_path, log):
        pass
    assert features(store_path) == ["two", "said"]

    rules.write_text("")
    with session.reading(store_path):
        pass
    assert features(store_path) == [None, "said"]


def test_rules_decide_the_same_however_the_log_is_read(tmp_path: Path, rules: Path) -> None:
    rules.write_text('[[features]]\nfeature = "coding"\npath = "/src"\n')
    copies = [logs.claude(1, output, cwd="/src") for output in (5, 50)] + [logs.claude(2, cwd="/elsewhere")]
    stores = []
    for name, order in (("one", [0, 1, 2]), ("other", [2, 1, 0])):
        db = tmp_path / f"{name}.duckdb"
        for place in order:
            with logs.ingested(db, logs.write(tmp_path / name / f"{place}.jsonl", [copies[place]])):
                pass
        stores.append(logs.contents(db))
    assert stores[0] == stores[1]
    assert [row["feature"] for row in stores[0]] == ["coding", None]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('project = "p"', "names no feature"),
        ('feature = "f"', "has no condition"),
        ('feature = "f"\nprojekt = "p"', "there is no projekt"),
        ('feature = "f"\nmodel = 3', "model is not text: 3"),
        ('feature = "f"\ntag = "x"', "tag is not a table"),
        ('feature = "f"\nmatches = "("', "matches is not a valid regular expression"),
        ('feature = "f"\nmatches = "(?=a)"', "matches is not a valid regular expression: invalid perl operator"),
        (
            'feature = "f"\nmatches = "((a{1000}){1000})"',
            "matches is not a valid regular expression: invalid repetition size",
        ),
    ],
)
def test_a_wrong_rule_is_named(entry: str, said: str, tmp_path: Path, store_path: Path, rules: Path) -> None:
    rules.write_text(f'[[features]]\nfeature = "fine"\nmodel = "*"\n[[features]]\n{entry}\n')
    log = logs.write(tmp_path / "a.jsonl", [logs.call()])
    with pytest.raises(LlmcostError, match="features entry 2: " + said), logs.ingested(store_path, log):
        pass


def test_words_of_a_rule_are_never_sql(tmp_path: Path, store_path: Path, rules: Path) -> None:
    hostile = "x' or true; drop table requests; --"
    rules.write_text(
        f"[[features]]\nfeature = {json.dumps(hostile)}\nproject = {json.dumps(hostile)}\n"
        f"tag = {{ {json.dumps(hostile)} = {json.dumps(hostile)} }}\n"
    )
    calls = [logs.call(1, project=hostile, tags={hostile: hostile}), logs.call(2)]
    with logs.ingested(store_path, logs.write(tmp_path / "a.jsonl", calls)):
        pass
    assert features(store_path) == [hostile, None]


def test_a_prompt_without_a_name_is_its_system_prompt(tmp_path: Path, store_path: Path) -> None:
    calls = [response(number, f"Move {number}", SYSTEM) for number in range(3)]
    calls += [response(3, "Move 3", "Another one."), response(4, "Move 4", SYSTEM, prompt_id="named@2")]
    with logs.ingested(store_path, logs.write(tmp_path / "a.jsonl", calls)) as (opened, _):
        by_source = opened.rows("select source, count(*) as prompts from prompts group by all order by source")
        [judge] = opened.rows(
            "select stable_share, label from prompts join requests using (prompt_id) where request_id = 'msg_0'"
        )
    found = prompts(store_path)
    assert found["msg_0"] == found["msg_1"] == found["msg_2"] != found["msg_3"]
    assert found["msg_4"] == "named@2"
    assert by_source == [{"source": "log", "prompts": 1}, {"source": "system", "prompts": 2}]
    # every prompt bills 100 tokens, shared out by length: the system prompt's part is the same in each
    turn = len('{"role":"user","content":"Move 0"}')
    assert judge["stable_share"] == pytest.approx(round(100 * len(SYSTEM) / (len(SYSTEM) + turn)) / 100)
    assert judge["label"].startswith("system prompt of")


def test_templates_are_told_by_what_their_texts_have_in_common(tmp_path: Path, store_path: Path) -> None:
    with logs.ingested(store_path, logs.write(tmp_path / "a.jsonl", templated())):
        pass
    found = prompts(store_path)
    summaries = {found[f"msg_{number}"] for number in range(10)}
    trees = {found[f"msg_{number}"] for number in range(10, 20)}
    assert len(summaries) == len(trees) == 1
    assert summaries != trees
    assert None not in summaries | trees
    assert {found[f"msg_{number}"] for number in range(20, 23)} == {None}


def test_nothing_is_mined_where_there_is_no_text(tmp_path: Path, store_path: Path) -> None:
    with logs.ingested(store_path, logs.write(tmp_path / "a.jsonl", [logs.call(), logs.claude()])) as (opened, _):
        assert opened.value("select count(*) from openings") == 0
    assert set(prompts(store_path).values()) == {None}


def test_templates_are_the_same_in_any_order_and_split(tmp_path: Path) -> None:
    calls = templated()
    with logs.ingested(tmp_path / "whole.duckdb", logs.write(tmp_path / "whole.jsonl", calls)):
        pass
    random.Random(3).shuffle(calls)
    for part in range(3):
        log = logs.write(tmp_path / "parts" / f"{part}.jsonl", calls[part::3])
        with logs.ingested(tmp_path / "parts.duckdb", log):
            pass
    assert logs.contents(tmp_path / "whole.duckdb") == logs.contents(tmp_path / "parts.duckdb")


def test_a_report_by_prompt_shows_labels_and_what_never_changes(tmp_path: Path, store_path: Path) -> None:
    calls = [response(number, f"Move {number}", SYSTEM) for number in range(3)]
    log = logs.write(tmp_path / "a.jsonl", [*calls, logs.call(9, prompt_id="named")])
    with logs.ingested(store_path, log) as (opened, _):
        report = spend.by(opened, ["prompt"], Scope())
        overview = spend.overview(opened, Scope())
    labels = {row["prompt"]: row["label"] for row in report.rows}
    assert labels["named"] == "named"
    assert any(label.startswith("system prompt of") for label in labels.values())
    assert any(note.startswith("4 requests have no feature (100.0% of the cost)") for note in overview.notes)


def test_a_prompt_has_a_trend_and_its_most_expensive_request(tmp_path: Path, store_path: Path) -> None:
    rows: list[logs.Row | str] = [
        logs.call(n, prompt_id="rising", ts=f"2026-11-{n:02}T10:00:00Z", output_tokens=100 * n) for n in range(1, 13)
    ]
    rows.append(logs.call(13, prompt_id="once", ts="2026-11-12T10:00:00Z"))
    log = logs.write(tmp_path / "log.jsonl", rows)
    with logs.ingested(store_path, log) as (opened, _):
        found = {row["prompt"]: row for row in spend.by(opened, ("prompt",), scope(opened)).rows}
    assert found["rising"]["example_request_id"] == "req_12"
    trend = found["rising"]["trend_usd"]
    assert trend == sorted(trend)
    assert sum(trend) == pytest.approx(found["rising"]["cost_usd"])
    assert [spent > 0 for spent in found["once"]["trend_usd"]] == [False] * 11 + [True]


def test_texts_label_prompts_where_they_are_kept(tmp_path: Path, store_path: Path) -> None:
    calls = [*templated(), response(30, "Move", SYSTEM)]
    with access.writing(store_path) as opened:
        from llmcost.ingest import run

        log = str(logs.write(tmp_path / "a.jsonl", calls))
        run.ingest(opened, [log], texts=Texts(keep=True))
        labels = {row["label"] for row in opened.rows("select label from prompts")}
    assert labels == {
        f"“{SYSTEM}”",
        "“Summarize this article for a busy reader: …”",
        "“Which of our trees is meant here? …”",
    }
