"""The Python API gives what the commands give, as typed tables."""

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import llmcost
from llmcost.render import text
from llmcost.render.cells import usd
from llmcost.reports.spend import DIMENSIONS
from tests.command import llmcost as command
from tests.logs import Row, call, write

LOG: list[Row] = [
    call(
        n, feature=f"f{n % 3}", model="claude-opus-4-7", session_id=f"s{n % 4}", prompt_hash=f"h{n // 2}",
        prefix=[{"hash": "shared", "tokens": 5000}, {"hash": f"own {n}", "tokens": 6000}], input_tokens=6000 + 50 * n,
        ts=f"2026-{10 + n % 2}-{1 + n % 20:02d}T10:00:{n:02d}Z", latency_ms=5.0,
    )
    for n in range(1, 41)
] + [call(50, model="a-model-without-a-price", ts="2026-11-20T10:00:00Z", feature="<b>f0</b>")]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("library")
    write(made / "log.jsonl", [*LOG])
    account = llmcost.open(made / "llmcost.duckdb", read_only=False).ingest(made / "log.jsonl")
    assert (account.total("lines"), account.total("requests"), account.skipped) == (41, 41, {})
    return made


@pytest.fixture(scope="module")
def store(folder: Path) -> llmcost.Store:
    return llmcost.open(folder / "llmcost.duckdb")


def said(folder: Path, *words: str) -> dict[str, Any]:
    done = command(*words, "--format", "json", cwd=folder)
    assert done.returncode in (0, 1), done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


ASKED: dict[str, tuple[Callable[[llmcost.Store], llmcost.Result], tuple[str, ...]]] = {
    "report": (
        lambda store: store.report(by="feature", since="2026-11"),
        ("report", "--by", "feature", "--since", "2026-11"),
    ),
    "overview": (lambda store: store.report(), ("report",)),
    "filtered": (
        lambda store: store.report(by=["model", "day"], feature=["f1", "f2"], top=3),
        ("report", "--by", "model,day", "--feature", "f1", "--feature", "f2", "--top", "3"),
    ),
    "explain": (
        lambda store: store.explain("2026-10", "2026-11", by="feature"),
        ("explain", "--from", "2026-10", "--to", "2026-11", "--by", "feature"),
    ),
    "simulate": (
        lambda store: store.simulate(["prompt-caching:ttl=1h", "batch-api"], by="feature", details=True),
        ("simulate", "--what-if", "prompt-caching:ttl=1h", "--what-if", "batch-api", "--by", "feature"),
    ),
    "optimize": (
        lambda store: store.optimize("batch-api", limits="added-latency-ms=500", details=True),
        ("simulate", "--optimize", "--what-if", "batch-api", "--limit", "added-latency-ms=500"),
    ),
    "audit": (lambda store: store.audit(model="claude-*"), ("audit", "--model", "claude-*")),
    "backtest": (lambda store: store.backtest(), ("backtest",)),
}  # fmt: skip


@pytest.mark.parametrize("name", ASKED)
def test_an_answer_is_that_of_the_command(folder: Path, store: llmcost.Store, name: str) -> None:
    ask, words = ASKED[name]
    result = ask(store)
    document = said(folder, *words)
    got = json.loads(text.as_json(result.document()))
    for one in (got, document):
        one.get("provenance", {}).pop("store", None)  # as it was named
    assert got == document
    assert result.notes == document.get("notes", [])
    assert len(result.table) == len(result.view.flat().rows)
    assert isinstance(result.arrow(), pa.Table)
    for column, kind in result.table.dtypes.items():
        if str(column).endswith(("_usd", "_share")):
            assert kind == "float64", column
        elif str(column).endswith(("requests", "_tokens")):
            assert kind == "Int64", column


def test_requests_are_those_of_the_view(store: llmcost.Store) -> None:
    requests = store.requests()
    assert len(requests) == 41
    assert requests.equals(store.sql("select * from priced order by ts, request_id"))
    assert requests["cost_usd"].isna().sum() == 1, "an unknown cost is not 0"
    assert requests["ts"].is_monotonic_increasing
    assert requests.dtypes[["input_tokens", "cost_usd", "feature"]].astype(str).tolist() == [
        "Int64",
        "float64",
        "string",
    ]
    few = store.requests(since="2026-11", feature="f1")
    assert 0 < len(few) < 41
    assert set(few["feature"]) == {"f1"}
    assert isinstance(store.requests(arrow=True), pa.Table)
    assert store.sql("select count(*) as n from priced where feature = $it", {"it": "f1"})["n"].tolist() == [
        int((requests["feature"] == "f1").sum())
    ]


def test_an_empty_table_has_the_types_of_a_full_one(store: llmcost.Store) -> None:
    full = store.report(by="feature").table
    empty = store.report(by="feature", since="2030-01-01").table
    assert len(empty) == 0
    both = [column for column in full if column in empty]
    assert len(both) > 5
    assert empty.dtypes[both].equals(full.dtypes[both])


def test_there_is_a_table_for_every_key(store: llmcost.Store) -> None:
    for key in set(DIMENSIONS) - {"ticket"}:  # which needs settings
        table = store.report(by=key).table
        assert table["requests"].sum() == 41, key
    assert store.report(by="prompt").arrow().schema.field("trend_usd").type == pa.list_(pa.float64())


def test_a_simulation_has_its_ranges_and_draws_itself(store: llmcost.Store) -> None:
    found = store.simulate(["prompt-caching", "batch-api"])
    assert found.ranges["of"].tolist() == ["prompt-caching", "batch-api", "together"]
    assert (found.ranges["low_usd"] <= found.ranges["high_usd"]).all()
    assert found.assumptions
    figure = found.figure()
    bars = figure.data[0]
    assert list(bars.y) == ["as logged", "prompt-caching", "batch-api", "together"]
    cost = found.table["cost_usd"].tolist()
    assert (bars.x[0], bars.x[-1]) == pytest.approx((cost[0], cost[-1]))
    assert [base + size for base, size in zip(bars.base, bars.x, strict=True)][1:3] == pytest.approx(
        [max(before, after) for before, after in pairwise(cost)]
    )
    assert bars.hovertext[-1] == usd(cost[-1]).plain


def test_an_explanation_and_a_report_draw_themselves(store: llmcost.Store) -> None:
    found = store.explain("2026-10", "2026-11")
    bars = found.figure().data[0]
    document = found.document()
    assert (bars.x[0], bars.x[-1]) == pytest.approx((document["from"]["cost_usd"], document["to"]["cost_usd"]))
    spend = store.report(by="feature")
    drawn = spend.figure().data[0]
    assert sum(drawn.x) == pytest.approx(spend.table["cost_usd"].sum())
    assert "&lt;b&gt;f0&lt;/b&gt;" in spend._repr_html_()
    assert "<b>" not in spend._repr_html_()
    with pytest.raises(llmcost.LlmcostError, match="no figure"):
        store.audit().figure()


def test_all_of_its_ranges_and_notes_come_with_every_technique(store: llmcost.Store) -> None:
    found = store.simulate("all")
    assert "prompt-caching" in found.table["what_if"].tolist()
    assert found.table["saved_usd"].dtype == "float64"


@pytest.mark.parametrize(
    ("ask", "part"),
    [
        (lambda store: store.report(by="featur"), "featur"),
        (lambda store: store.report(top=3), "need by"),
        (lambda store: store.report(by="model", logged=True), "exclude one another"),
        (lambda store: store.simulate([]), "no what-if"),
        (lambda store: store.simulate("prompt-cachin"), "no what-if named"),
        (lambda store: store.simulate("batch-api", allow_changed_answers=True), "is for all"),
        (lambda store: store.explain(by="day"), "contributes nothing"),
        (lambda store: store.sql("select nothing_such from priced"), "nothing_such"),
        (lambda store: store.sql("drop table requests"), "cannot be run"),
        (lambda store: store.requests(feature="nobody"), "nobody"),
    ],
)
def test_what_is_wrong_is_said(store: llmcost.Store, ask: Any, part: str) -> None:
    with pytest.raises(llmcost.UsageError, match=part):
        ask(store)


def test_a_store_is_not_written_to_unless_asked(folder: Path, store: llmcost.Store, tmp_path: Path) -> None:
    with pytest.raises(llmcost.LlmcostError, match="read-only") as caught:
        store.ingest(folder / "log.jsonl")
    assert "read_only=False" in str(caught.value.hint)
    with pytest.raises(llmcost.LlmcostError, match="there is no store"):
        llmcost.open(tmp_path / "none.duckdb")
    with pytest.raises(TypeError, match="featuer"):
        store.report(featuer="f1")


def test_nothing_is_held_open_between_calls(folder: Path) -> None:
    with llmcost.open(folder / "llmcost.duckdb") as store:
        store.requests()
        assert command("ingest", "log.jsonl", cwd=folder).returncode == 0
        assert len(store.requests()) == 41


def test_days_are_those_of_a_zone(store: llmcost.Store) -> None:
    days = store.in_zone("Pacific/Kiritimati").report(by="day").table["day"]
    assert set(days) != set(store.report(by="day").table["day"])
    assert isinstance(days, pd.Series)


def test_importing_it_is_cheap() -> None:
    code = (
        "import sys, llmcost; llmcost.__version__\n"
        "heavy = ('duckdb', 'pandas', 'pyarrow', 'plotly', 'rich', 'llmcost.engine')\n"
        "print([name for name in heavy if name in sys.modules])\n"
        "print(llmcost.open.__name__, sorted(set(llmcost.__all__) - set(dir(llmcost))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "open_store []"]
