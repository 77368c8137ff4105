"""Why a step changes nothing: said plainly, and never blamed on requests where a name or a setting is the reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from llmcost.engine import access, registry
from llmcost.engine.compose import compose
from tests.command import llmcost
from tests.logs import Row, call, write

LOG: list[Row | str] = [
    call(n, feature="support-chat", task_type="classification", complexity=0.1, prompt_hash=f"h{n}")
    for n in range(1, 6)
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("reasons")
    write(made / "log.jsonl", LOG)
    assert llmcost("ingest", "log.jsonl", cwd=made).returncode == 0
    return made


def notes(folder: Path, *words: str) -> list[str]:
    stack = [part for word in words for part in ("--what-if", word)]
    done = llmcost("simulate", *stack, "--format", "json", cwd=folder)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    said: list[str] = document["notes"]
    return said


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("batch-api:deadline_hours=0.5", "changes nothing with deadline_hours=0.5, but would with none, the default"),
        (
            "routing:upgrade=false,small_below=0,middle_below=0",
            "changes nothing with small_below=0.0, but would with 0.5",
        ),
        (
            "routing:by=complexity,small=claude-haiku-4-5,upgrade=false",
            "changes nothing with small=claude-haiku-4-5, but",
        ),
        ("routing:by=oracle", "cannot be projected: no request has an outcome"),
        ("response-caching:ttl=2h", "changes nothing: it affects no request"),
    ],
)
def test_what_holds_a_step_back(folder: Path, word: str, reason: str) -> None:
    [note] = notes(folder, word)
    assert note.startswith(f"{word.partition(':')[0]}: {reason}")


def test_a_step_that_changes_nothing_as_assumed_may_save_at_an_end_of_its_range(tmp_path: Path) -> None:
    """Gemini promises no life: entries are assumed to be gone after half an hour, and may live for a day."""
    log: list[Row | str] = [
        call(n, model="gemini-2.5-pro", provider="google", ts=f"2026-11-02T1{n}:00:00Z", input_tokens=8500,
             prefix=[{"hash": "a" * 16, "tokens": 8000}, {"hash": f"{n:016x}", "tokens": 8500}], system_blocks=1)
        for n in range(5)
    ]  # fmt: skip
    write(tmp_path / "log.jsonl", log)
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    said = "prompt-caching: changes nothing as assumed; its range says what it may save"
    assert said in notes(tmp_path, "prompt-caching")


def test_recorded_cache_use_is_named_as_what_holds_prompt_caching_back(tmp_path: Path) -> None:
    log: list[Row | str] = [
        call(n, model="claude-opus-4-6", session_id="s", ts=f"2026-11-02T10:0{n}:00Z", input_tokens=10,
             **{"cache_write_5m_tokens" if n == 1 else "cache_read_tokens": 20_000})
        for n in range(1, 6)
    ]  # fmt: skip
    write(tmp_path / "log.jsonl", log)
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    why = "changes nothing, since sessions and prompts with recorded cache use are kept as logged"
    assert f"prompt-caching: {why}; it would with recorded=replay" in notes(tmp_path, "prompt-caching:ttl=1h")
    assert not any("changes nothing" in note for note in notes(tmp_path, "prompt-caching:recorded=replay"))


@pytest.mark.parametrize(
    ("word", "part", "hint"),
    [
        ("batch-api:features=suport-chat", "no request has the feature 'suport-chat'", "did you mean support-chat?"),
        ("batch-api:tiers=priority", "no request has the service tier 'priority'", "known: standard"),
        ("batch-api:task_types=zz", "no request has the task type 'zz'", "known: classification"),
        ("model-swap:models=claude-haiku-45", "no request has the model", "did you mean claude-haiku-4-5?"),
        ("self-hosted:from_models=zz", "no request has the model 'zz'", "known: claude-haiku-4-5"),
    ],
)
def test_a_name_that_the_log_does_not_have(folder: Path, word: str, part: str, hint: str) -> None:
    for searched in ((), ("--optimize",)) if word.startswith("batch-api") else ((),):
        done = llmcost("simulate", "--what-if", word, *searched, cwd=folder)
        assert done.returncode == 2
        assert part in done.stderr
        assert hint in done.stderr


def test_one_name_of_several_is_a_note(folder: Path) -> None:
    [note] = notes(folder, 'batch-api:features="suport-chat,support-chat"')
    assert note == "batch-api: no request has the feature 'suport-chat'; did you mean support-chat?"


def test_a_model_that_a_step_before_brings_is_known(folder: Path) -> None:
    said = notes(folder, "routing:upgrade=false", "model-swap:models=claude-haiku-5-5,target=gpt-5-mini")
    assert not [note for note in said if note.startswith("model-swap")]


def test_early_stop_says_that_nothing_tells_what_was_used(folder: Path) -> None:
    used = "the number of tokens of the answer that were used (output_used_tokens), which early_stop needs"
    assert notes(folder, "token-caps:early_stop=true") == [f"token-caps: no request has {used}"]
    uncapped = "classification=none,extraction=none,summarization=none,code_generation=none"
    [note] = notes(folder, f"token-caps:early_stop=true,{uncapped}")
    assert note == f"token-caps: cannot be projected: no request has {used}"


def test_a_family_without_rules_is_named(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", [call(n, provider="cohere", model="command-r", session_id="s") for n in range(4)])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    [note] = notes(tmp_path, "prompt-caching")
    assert "cannot be projected: no request has a model whose prompt cache is known" in note
    assert note.endswith("cheaper to read than other input")


def test_the_models_that_prompt_caching_asks_for_are_those_of_its_rules(store_path: Path) -> None:
    query = registry.find("what_ifs", "prompt-caching")
    [needed] = [need for need in query.fields["needs"] if "a model whose prompt cache is known" in need]
    known = {("anthropic", "claude-opus-4-7"), ("aws", "claude-opus-4-7"), ("openai", "gpt-4o"), ("azure", "gpt-4o"),
             (None, "claude-opus-4-7")}  # fmt: skip
    models = ["claude-2.1", "claude-opus-4-7", "gpt-3.5-turbo", "gpt-4o", "command-r"]
    providers = ["anthropic", "openai", "azure", "aws", None]
    with access.writing(store_path) as opened:
        opened.execute(
            "create temp table met as select provider, model from (select unnest($providers::varchar[]) as provider),"
            " (select unnest($models::varchar[]) as model)",
            {"providers": providers, "models": models},
        )
        told = f"select provider, model from requests where {needed.partition(': ')[0]}"
        rows = opened.rows(compose([("requests", "select * from met"), *query.reads], told), query.bind({}))
    found = {(row["provider"], row["model"]) for row in rows}
    assert found >= known
    assert not {model for _, model in found} & {"claude-2.1", "gpt-3.5-turbo", "command-r"}
