"""A real Prometheus on loopback: it scrapes the exporter, evaluates the rules, and answers the dashboard's queries."""

import json
import re
import shutil
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from monitoring import dashboard, generate, rules
from tests.logs import Row, call, write
from tests.metrics.test_command import appended, scraped, served, until
from tests.reports.test_audit import HOSTILE

PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")

pytestmark = pytest.mark.skipif(
    PROMETHEUS is None or PROMTOOL is None, reason="there is no prometheus: apt-get install prometheus"
)
pytest.importorskip("prometheus_client", reason="pip install prometheus-client")


NAME = HOSTILE + 'a\x00b\r\n"} 9\\ \uffff'
"""Of a feature: what a log may hold, and what must not break a scrape."""


class Prometheus:
    """Its HTTP API."""

    def __init__(self, address: str) -> None:
        self._address = address

    def get(self, path: str, **parameters: str) -> Any:
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self._address}/api/v1/{path}?{query}", timeout=30) as answer:
            return json.load(answer)["data"]

    def query(self, expr: str) -> list[Row]:
        found: list[Row] = self.get("query", query=expr)["result"]
        return found

    def alert(self, name: str) -> str:
        """inactive, pending or firing."""
        groups = self.get("rules", type="alert")["groups"]
        [state] = [rule["state"] for group in groups for rule in group["rules"] if rule["name"] == name]
        return str(state)

    def evaluates(self) -> bool:
        """Whether what is recorded is there: the exporter was scraped, and the rules have run."""
        try:
            return bool(self.query(rules.COST_1D))
        except (urllib.error.URLError, ConnectionError):  # it is starting
            return False


@contextmanager
def running(folder: Path, exporter: str) -> Iterator[Prometheus]:
    """Prometheus with the example's configuration, but for where the exporter is and how often it looks."""
    text = (generate.HERE / "prometheus.yml").read_text(encoding="utf-8")
    text = text.replace("127.0.0.1:9184", exporter.split("/")[2])
    text = re.sub(r"(_interval): \w+", r"\1: 1s", text)
    (folder / "prometheus.yml").write_text(text, encoding="utf-8")
    shutil.copy(generate.HERE / generate.RULES, folder)
    config = subprocess.run(
        [str(PROMTOOL), "check", "config", "prometheus.yml"], cwd=folder, capture_output=True, text=True
    )
    assert config.returncode == 0, config.stdout + config.stderr
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [str(PROMETHEUS), "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=warn",
             f"--web.listen-address=127.0.0.1:{port}"]  # fmt: skip
    with (folder / "prometheus.err").open("w") as said:
        process = subprocess.Popen(words, cwd=folder, stdout=said, stderr=said)
    try:
        yield Prometheus(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()


def traffic(number: int, **fields: Any) -> list[Row]:
    """A few cheap calls of every sort on the last day of the log."""
    common: Row = {"feature": "search", "latency_ms": 700, "cache_read_tokens": 500, "ts": "2026-11-05T10:00:00Z"}
    return [
        call(1, request_id=f"{number}-ok", **common | fields),
        call(2, request_id=f"{number}-error", **common | {"status": "error"}),
        call(3, request_id=f"{number}-own", **common | {"model": "our-own-7b", "provider": None}),
        call(4, request_id=f"{number}-hostile", **common | {"feature": NAME}),
    ]


def test_a_real_prometheus(tmp_path: Path) -> None:
    (tmp_path / "llmcost.toml").write_text("[[budgets]]\nday = 1\nmonth = 30\n")
    past = [call(day, ts=f"2026-11-0{day}T10:00:00Z", request_id=f"day-{day}") for day in range(1, 5)]
    log = write(tmp_path / "log.jsonl", [*past, *traffic(0)])
    with served(tmp_path, "--follow", "log.jsonl") as (_, address), running(tmp_path, address) as prometheus:
        checked = subprocess.run(
            [str(PROMTOOL), "check", "metrics"], input=scraped(address), capture_output=True, text=True
        )
        assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")

        until(prometheus.evaluates)
        assert prometheus.alert("LlmDailyCostOverBudget") == "inactive"
        assert prometheus.alert("LlmBudgetSpent") == "inactive"
        seen = {row["metric"]["feature"] for row in prometheus.query("llm_cost_usd_total")}
        assert seen == {"search", NAME, "unattributed", "other"}

        appended(log, traffic(1))  # within the budget
        until(lambda: bool(prometheus.query(f"{rules.COST_1D} > 0")))
        assert prometheus.alert("LlmDailyCostOverBudget") == "inactive"

        appended(log, traffic(2, model="claude-opus-4-5", input_tokens=1_000_000))  # $5, and the budget is $1
        until(lambda: prometheus.alert("LlmDailyCostOverBudget") == "firing")
        until(lambda: prometheus.alert("LlmBudgetSpent") == "firing")
        assert prometheus.alert("LlmcostStoreUnreadable") == "inactive"

        for panel in dashboard.panels():
            for expr, _ in panel.queries:
                concrete = expr.replace("$feature", ".*").replace("$model", ".*")
                concrete = concrete.replace("$__rate_interval", "5m").replace("$__range", "1h")
                assert prometheus.query(concrete), f"{panel.title}: {concrete}"
        assert (tmp_path / "prometheus.err").read_text() == ""  # no rule failed, no sample was refused
