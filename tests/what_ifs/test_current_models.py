"""The models that `model-swap:target=cheaper` may choose: listed, sold today, and for the work that they replace."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from llmcost.engine import facts, registry
from llmcost.prices import names, table
from tests.command import llmcost
from tests.logs import Row, call, write

LISTED = list(facts.expanded(facts.document(registry.queries_dir() / "facts" / "current_models.toml")))


def replaceable(model: str) -> bool:
    """Whether a row of the list is about the model."""
    return any(
        re.search(row["models"], model) and not (row["apart"] and re.search(row["apart"], model)) for row in LISTED
    )


@pytest.mark.parametrize("row", LISTED, ids=lambda row: row["model"])
def test_a_current_model_has_a_price_and_is_one_of_its_vendors(row: dict[str, Any]) -> None:
    [name], prices = table.expand([(None, row["model"])])
    assert name["model"] == row["model"]
    assert [one for one in prices if one["service_tier"] == "standard" and one["valid_to"] is None]
    found = names.find(None, row["model"])
    assert found is None or not found.model.deprecated
    assert replaceable(row["model"])
    assert row["context_tokens"] > 0


@pytest.mark.parametrize(
    ("model", "is_replaceable"),
    [
        ("claude-opus-4-1", True),
        ("regional.anthropic.claude-sonnet-4-6", True),
        ("gpt-4o-mini", True),
        ("o3", True),
        ("gpt-5.1-codex-mini", True),
        ("gemini-2.5-pro", True),
        ("gpt-oss-120b", False),
        ("gpt-image-1", False),
        ("gpt-4o-transcribe", False),
        ("gpt-realtime", False),
        ("o3-deep-research", False),
        ("gemini-2.5-flash-tts", False),
        ("text-embedding-3-small", False),
        ("llama-3.1-8b", False),
    ],
)
def test_only_models_for_text_are_replaced(model: str, is_replaceable: bool) -> None:
    assert replaceable(model) is is_replaceable


def agent(n: int) -> Row:
    """A call of a coding agent: a session that reads its history from the cache."""
    return call(
        n, session_id="s", model="claude-opus-4-6", input_tokens=10, output_tokens=500,
        cache_read_tokens=20_000 * n, cache_write_5m_tokens=1_000,
    )  # fmt: skip


def simulated(folder: Path, *words: str) -> dict[str, Any]:
    done = llmcost("simulate", *words, "--format", "json", cwd=folder)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_an_agents_log_is_told_what_a_cheaper_model_would_cost_and_that_nobody_judged_it(tmp_path: Path) -> None:
    rows: list[Row | str] = [*(agent(n) for n in range(1, 9)), call(9, model="llama-3.1-8b")]
    write(tmp_path / "log.jsonl", rows)
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    [stage] = simulated(tmp_path, "--what-if", "model-swap:target=cheaper")["stages"]
    [move] = stage["moves"]
    assert move["to_model"] in {row["model"] for row in LISTED if row["vendor"] == "Anthropic"}
    assert move["requests"] == 8
    assert move["after_usd"] <= 0.9 * move["before_usd"]
    assert stage["changes_answers"] == "the new model's answers are not judged"

    found = simulated(tmp_path, "--what-if", "all")
    [row] = [row for row in found["alone"] if row["what_if"] == "model-swap"]
    assert row["word"] == "model-swap:target=cheaper"
    assert row["saved_usd"] == pytest.approx(stage["saved_usd"])
    assert (
        f"8 requests from claude-opus-4-6 to {move['to_model']}: the new model's answers are not judged" in row["note"]
    )
    assert "model-swap" not in {stage["what_if"] for stage in found["stages"]}
    shown = " ".join(llmcost("simulate", "--what-if", "all", cwd=tmp_path).stdout.split())
    assert "stacks what changes answers too (not judged: model-swap:target=cheaper)" in shown


def test_a_model_that_is_among_the_cheapest_stays(tmp_path: Path) -> None:
    cheapest = min(
        (row for row in LISTED if row["vendor"] == "Anthropic"),
        key=lambda row: min(
            p["input_usd_mtok"] for p in table.expand([(None, row["model"])])[1] if p["input_usd_mtok"]
        ),
    )
    write(tmp_path / "log.jsonl", [call(n, model=cheapest["model"]) for n in range(3)])
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    [stage] = simulated(tmp_path, "--what-if", "model-swap:target=cheaper")["stages"]
    assert (stage["saved_usd"], stage["moves"]) == (0, [])
