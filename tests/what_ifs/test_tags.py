"""The tags belong to the log: no step reads or changes them, whatever keys they hold."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmcost.engine import registry, store
from llmcost.prices import book
from llmcost.reports.scope import Scope
from llmcost.what_ifs.engine.chain import Chain, Traffic
from llmcost.what_ifs.engine.step import parse, settled
from tests.command import llmcost
from tests.logs import call, write
from tests.what_ifs import traffic
from tests.what_ifs.test_laws import MODELS, NAMES, calls, fill

Row = dict[str, Any]

STEERED = (
    "added_to", "served_by", "served_from", "match", "cached_answer", "joined_items", "joined_to", "sidechain", "agent",
    "fork", "response_cache", "error_type", "http_status", "usage",
)  # fmt: skip
"""Keys that replays, the ingest or the tracker have given a meaning."""
SAID = ("cart", "response-caching", "semantic-caching", "request-batching", "true", "hit", "differs", "7", "-1", "r000")

CASES = [
    *NAMES,
    "routing:by=cascade,small=claude-haiku-4-5,escalate=0.5",
    "request-batching:task_types=all,seconds=600,items=2",
    "response-caching:ttl=none,differing=asked",
    "prompt-caching:recorded=replay",
    "token-caps:percentile=0.5",
]


def columns() -> list[str]:
    with store.in_memory() as opened:
        return [row["column_name"] for row in opened.rows("describe requests")]


keys = st.one_of(st.sampled_from([*STEERED, *columns()]), st.text(max_size=8))
tagged = st.lists(
    st.one_of(st.none(), st.dictionaries(keys, st.one_of(st.sampled_from(SAID), st.text(max_size=4)), max_size=4)),
    min_size=10,
    max_size=10,
)


@pytest.fixture(scope="module")
def empty() -> Iterator[store.Store]:
    with store.in_memory() as opened:
        book.learn(opened, [(None, model) for model in MODELS])
        yield opened


def replayed(opened: store.Store, words: list[str]) -> tuple[list[Row], list[tuple[float, Row | None]]]:
    """The requests after a stack, and what each of its steps costs and says."""
    chain = Chain(Traffic.of(opened, Scope(), ("feature",)), "")
    for word in words:
        chain.add(settled(opened, parse(word)))
    rows = opened.rows(f"select * from {chain.stage} order by request_id")
    told = [(point.cost_usd, point.summary) for point in chain.points]
    return rows, [*told, *((0.0, row) for row in chain.savings()), (0.0, chain.answers())]


def tag(opened: store.Store, tags: list[dict[str, str] | None]) -> dict[str, dict[str, str] | None]:
    """Gives the requests these tags, and returns them by request."""
    made = {f"r{number:03}": given for number, given in enumerate(tags)}
    rows = [
        {"request_id": request, "given": list(given.items())} for request, given in made.items() if given is not None
    ]
    kind = pa.schema([("request_id", pa.string()), ("given", pa.map_(pa.string(), pa.string()))])
    with opened.relation("tagged", pa.Table.from_pylist(rows, kind)):
        opened.execute("update requests set tags = given from tagged where tagged.request_id = requests.request_id")
    return made


@pytest.mark.parametrize("word", CASES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=5, deadline=None)
@given(rows=st.lists(calls, min_size=2, max_size=10), tags=tagged)
def test_no_step_reads_or_changes_them(
    empty: store.Store, word: str, rows: list[Row], tags: list[dict[str, str] | None]
) -> None:
    stack = [word] if registry.find("what_ifs", word.split(":")[0]).field("kernel") else ["response-caching", word]
    fill(empty, rows)
    plain, plainly = replayed(empty, stack)
    given = tag(empty, tags)
    found, told = replayed(empty, stack)
    assert told == plainly
    for with_tags, without in zip(found, plain, strict=True):
        assert with_tags | {"tags": None} == without | {"tags": None}
        assert with_tags["tags"] == given[with_tags["added_to"] or with_tags["request_id"]]
    assert len({row["request_id"] for row in found}) == len(found)


@pytest.fixture
def repeated(tmp_path: Path) -> Path:
    """The same log twice, of which one carries a tag named like what a replay has to remember."""
    for name, tags in ("plain", {}), ("tagged", {"tags": {"added_to": "cart", "joined_items": "7"}}):
        folder = tmp_path / name
        write(
            folder / "log.jsonl", [call(n, feature="cart", prompt_hash="p", latency_ms=10.0, **tags) for n in range(9)]
        )
        assert llmcost("ingest", "log.jsonl", cwd=folder).returncode == 0
    return tmp_path


@pytest.mark.parametrize("word", ["response-caching", "batch-api", "routing:by=cascade,small=gpt-4o-mini,escalate=1"])
def test_a_log_with_such_a_tag_saves_what_it_saves_without(repeated: Path, word: str) -> None:
    def simulated(folder: Path) -> tuple[Row, list[Row]]:
        done = llmcost("simulate", "--what-if", word, "--by", "feature", "--format", "json", cwd=folder)
        assert done.returncode == 0, done.stderr
        document = json.loads(done.stdout)
        return document["result"], document["by"]

    result, by = simulated(repeated / "tagged")
    assert (result, by) == simulated(repeated / "plain")
    assert result["cost_usd"] > 0
    assert by[0]["saved_usd"] == pytest.approx(result["saved_usd"]) != 0, "the step does something"


def test_a_call_that_answers_several_is_said_in_columns(empty: store.Store) -> None:
    row: Row = {"model": MODELS[0], "task_type": "classification", "input_tokens": 1000, "output_tokens": 10,
                "system_blocks": 1, "prefix": [{"hash": "s", "tokens": 900}]}  # fmt: skip
    traffic.fill(empty, [row | {"ts": traffic.START_US + n} for n in range(3)])
    rows, _ = replayed(empty, ["request-batching:items=2"])
    told = [(row["answered_by"], row["answered_from"], row["requests_answered"]) for row in rows]
    assert told == [("model", None, 2), ("joint_call", "r000", 0), ("model", None, 1)]


def test_a_joint_call_is_no_prompt_that_a_cache_holds(empty: store.Store) -> None:
    """Its text is that of several requests, so that the first one's alone finds nothing, and is nothing to find."""
    row: Row = {"model": MODELS[0], "task_type": "classification", "input_tokens": 1000, "output_tokens": 10,
                "system_blocks": 1, "prefix": [{"hash": "s", "tokens": 900}], "latency_ms": 1.0}  # fmt: skip
    traffic.fill(empty, [row | {"ts": traffic.START_US + n * 1_000_000} for n in range(4)])
    empty.execute("insert into texts select request_id, null, 'Is this one a refund?', null from requests")
    _, told = replayed(empty, ["request-batching:items=2", "semantic-caching"])
    assert told[1][0] == told[0][0]


def test_a_cap_by_what_was_seen_does_not_count_what_a_cache_answered(empty: store.Store) -> None:
    row: Row = {"model": MODELS[0], "input_tokens": 10, "latency_ms": 1.0}
    outputs = [100, 100, 100, 100, 300]
    traffic.fill(empty, [
        row | {"ts": traffic.START_US + n * 1_000_000, "output_tokens": tokens, "prompt_hash": "p" if n < 4 else "q"}
        for n, tokens in enumerate(outputs)
    ])  # fmt: skip
    rows, _ = replayed(empty, ["response-caching", "token-caps:percentile=0.5"])
    assert [row["output_tokens"] for row in rows] == [100, 0, 0, 0, 100]
