"""Metrics in the application's process: the same as those of the store that the tracker's log is ingested into."""

import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anthropic
import pytest

from llmcost.metrics import definitions, exporter
from llmcost.prices.one_call import CallPrices
from llmcost.prices.overrides import Overrides
from llmcost.track import context, flush, track
from llmcost.track.prometheus import metrics
from tests.conftest import ROOT
from tests.logs import call, ingested
from tests.pricing import as_logged
from tests.track.server import Reply, Server, anthropic_error, message, message_events

prometheus_client = pytest.importorskip("prometheus_client", reason="pip install prometheus-client")

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def exposed(registry: Any) -> Series:
    """Every sample but those that are zero, and the times at which series were begun."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.value and not sample.name.endswith("_created")
    }


def test_the_application_and_the_store_count_the_same(server: Server, log: Path, tmp_path: Path) -> None:
    registry = prometheus_client.CollectorRegistry()
    client = track(
        anthropic.Anthropic(api_key="k", base_url=server.url, max_retries=0), log=log, provider="anthropic",
        feature="search", observe=metrics(registry),
    )  # fmt: skip
    asked: Any = {"model": "claude-haiku-4-5", "max_tokens": 99, "messages": [{"role": "user", "content": "x"}]}
    usage = {
        "input_tokens": 700,
        "cache_read_input_tokens": 5000,
        "cache_creation_input_tokens": 300,
        "output_tokens": 41,
    }
    server.says(
        Reply(body=message(id="msg_3", usage=usage)),
        Reply(body=message(id="msg_2", model="our-own-7b")),
        Reply(events=message_events()),
        Reply(529, anthropic_error("overloaded_error")),
    )
    client.messages.create(**asked)
    with context(task_type="qa", feature="chat"):
        client.messages.create(**asked)
    with client.messages.stream(**asked) as stream:
        stream.until_done()
    with pytest.raises(anthropic.APIStatusError):
        client.messages.create(**asked)
    assert flush(60)
    with ingested(tmp_path / "llmcost.duckdb", log) as (opened, _):
        stored = exporter.Exposed("1", exporter.read(opened))
    in_store, here = exposed(stored.registry()), exposed(registry)
    of_calls = {key: value for key, value in in_store.items() if key[0].startswith("llm_")}
    assert set(here) == set(of_calls)
    for key, value in here.items():
        assert value == pytest.approx(of_calls[key], rel=1e-3, abs=1e-8), key


def test_a_call_costs_what_the_store_says_it_costs() -> None:
    """Random calls of models with all that prices have: context tiers, hours, dates, service tiers, reasoning."""
    rng = random.Random(7)
    models = [("anthropic", "claude-sonnet-4-5"), ("openai", "gpt-5.4-mini"), ("google", "gemini-2.5-pro"),
              ("deepseek", "deepseek-chat"), (None, "our-own-7b"), (None, "claude-haiku-4-5"),
              ("x-ai", "grok-4-fast")]  # fmt: skip
    counts = [f"{kind}_tokens" for kind in (*definitions.TOKEN_TYPES, "reasoning")]
    rows: list[dict[str, Any]] = []
    for _ in range(400):
        provider, model = rng.choice(models)
        rows.append(
            {
                "provider": provider, "model": model,
                "ts": datetime(2025, 1, 1) + timedelta(minutes=rng.randrange(700 * 24 * 60)),
                "service_tier": rng.choice(["standard", "batch", "flex", "priority"]),
                **{name: rng.choice([0, 10, 90_000, 250_000]) for name in counts},
                "web_searches": rng.choice([0, 0, 3]),
            }
        )  # fmt: skip
    ours = CallPrices(Overrides())
    costs = [row["cost_usd"] for row in as_logged(rows)]
    assert None in costs
    assert len({cost for cost in costs if cost}) > 200
    for row, cost in zip(rows, costs, strict=True):
        assert ours.cost_usd(row, row["ts"]) == (None if cost is None else pytest.approx(cost)), row


def test_labels_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(definitions, "TOP_VALUES", 2)
    registry = prometheus_client.CollectorRegistry()
    observe = metrics(registry)
    for n in range(50):
        observe(call(n, feature=f"f{n}", status="ok"))
    features = {dict(labels)["feature"]: value for (name, labels), value in exposed(registry).items()
                if name == "llm_requests_total"}  # fmt: skip
    assert features == {"f0": 1, "f1": 1, "f2": 1, "f3": 1, "other": 46}


def test_combinations_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(definitions, "MOST_SERIES", 3)
    registry = prometheus_client.CollectorRegistry()
    observe = metrics(registry)
    for n in range(20):
        observe(call(n, feature=f"f{n % 4}", task_type=f"t{n % 5}", status="ok"))
    series = {labels: value for (name, labels), value in exposed(registry).items() if name == "llm_requests_total"}
    assert len(series) == 4
    assert sum(series.values()) == 20


def test_clients_share_the_metrics_of_a_registry() -> None:
    registry = prometheus_client.CollectorRegistry()
    assert metrics(registry) == metrics(registry)
    assert metrics() == metrics()


def test_the_prices_are_those_of_llmcost_toml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "llmcost.toml").write_text(
        '[aliases]\nprod = "acme-7b"\n[[prices]]\nmodel = "acme-7b"\ninput_usd_mtok = 1000\noutput_usd_mtok = 0\n'
    )
    registry = prometheus_client.CollectorRegistry()
    metrics(registry)(call(1, provider=None, model="prod", status="ok", ts=datetime.now(UTC).isoformat()))
    cost = {labels: value for (name, labels), value in exposed(registry).items() if name == "llm_cost_usd_total"}
    assert cost == {(("feature", "unattributed"), ("model", "acme-7b")): pytest.approx(1.0)}


def test_what_metrics_need_is_imported_when_they_are_asked_for() -> None:
    program = (
        "import sys, llmcost.track, llmcost.track.prometheus\n"
        "print([name for name in ('prometheus_client', 'genai_prices', 'duckdb', 'tomllib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
