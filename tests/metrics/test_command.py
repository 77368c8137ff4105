"""`llmcost metrics`: the text, the file, the endpoint, and what it says when something is missing."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks import metrics_load
from llmcost.engine import access
from llmcost.engine.store import Store
from llmcost.errors import LlmcostError
from llmcost.metrics.serving import Endpoint
from llmcost.reports import budgets
from tests.command import llmcost
from tests.logs import Row, call, ingested, write
from tests.reports.test_audit import HOSTILE

pytest.importorskip("prometheus_client", reason="pip install prometheus-client")

Series = dict[str, float]


def parsed(text: str) -> Series:
    """Every sample of a text in Prometheus's format, its labels sorted as prometheus-client writes them."""
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {series: float(value) for series, _, value in lines}


def scraped(address: str, accept: str = "text/plain") -> str:
    with urllib.request.urlopen(urllib.request.Request(address, headers={"Accept": accept}), timeout=30) as answer:
        return str(answer.read().decode())


def until(seen: Callable[[], bool], seconds: float = 60) -> None:
    """Waits for something that must come to pass."""
    end = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < end, "it never came to pass"
        time.sleep(0.1)


@contextmanager
def served(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command at a free port, ended as a service manager would, and its address."""
    command = [sys.executable, "-m", "llmcost", "metrics", "--port", "0", *words]
    environment = {name: value for name, value in os.environ.items() if name != "LLMCOST_DB"}
    process = subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)
    end = threading.Timer(120, process.kill)  # a reader below never waits for ever
    end.start()
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert "http://127.0.0.1:" in line, line + process.stderr.read()
        yield process, line.split()[2].rstrip(",")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()
        end.cancel()


def appended(log: Path, rows: list[Row]) -> None:
    with log.open("a", encoding="utf-8") as file:
        file.write("".join(json.dumps(row) + "\n" for row in rows))


COST = 'llm_cost_usd_total{feature="search",model="claude-haiku-4-5"}'


def test_once_writes_the_text_format(tmp_path: Path, store_path: Path) -> None:
    with ingested(store_path, write(tmp_path / "log.jsonl", [call(1, feature="search", latency_ms=700)])):
        pass
    done = llmcost("metrics", "--once", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    seen = parsed(done.stdout)
    assert seen[COST] == pytest.approx(1500e-6)
    assert (
        seen['llm_cost_usd_total{feature="other",model="other"}'] == 0
    )  # there from the start, or no increase is seen
    bucket = 'llm_request_duration_seconds_bucket{le="%s",model="claude-haiku-4-5"}'
    assert [seen[bucket % end] for end in ("0.64", "1.28", "+Inf")] == [0, 1, 1]
    assert seen["llmcost_store_readable"] == 1
    assert seen["llmcost_newest_request_timestamp_seconds"] == 1793613601


def test_once_into_a_file(tmp_path: Path, store_path: Path) -> None:
    with ingested(store_path, write(tmp_path / "log.jsonl", [call(1, feature="search")])):
        pass
    assert llmcost("metrics", "--once", "-o", "llm.prom", cwd=tmp_path).returncode == 0
    assert COST in parsed((tmp_path / "llm.prom").read_text())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["llm.prom", "llmcost.duckdb", "log.jsonl"]
    done = llmcost("metrics", "--once", "-o", "no/such/folder.prom", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 2)


def test_hostile_names_break_no_line(tmp_path: Path, store_path: Path) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    rows = [call(1, feature=HOSTILE), call(2, feature='a"} 7\nllm_cost_usd_total 9\\'), call(3, model="\x00</script>")]
    with ingested(store_path, write(tmp_path / "log.jsonl", rows)):
        pass
    done = llmcost("metrics", "--once", cwd=tmp_path)
    samples = [sample for family in text_string_to_metric_families(done.stdout) for sample in family.samples]
    features = {sample.labels["feature"] for sample in samples if sample.name == "llm_cost_usd_total"}
    assert features == {HOSTILE, rows[1]["feature"], "other"}


def test_an_empty_store_has_series_at_zero(tmp_path: Path, store_path: Path) -> None:
    access.writing(store_path).close()
    (tmp_path / "llmcost.toml").write_text("[[budgets]]\nday = 1\n")
    done = llmcost("metrics", "--once", cwd=tmp_path)
    assert done.returncode == 0
    seen = parsed(done.stdout)
    assert seen['llm_cost_usd_total{feature="other",model="other"}'] == 0
    assert not [series for series in seen if series.startswith(("llm_budget", "llmcost_newest", "llmcost_last"))]


def test_it_says_what_is_missing(tmp_path: Path, store_path: Path) -> None:
    for words, status, said in (
        (["metrics"], 1, "there is no store"),
        (["metrics", "--once"], 1, "there is no store"),
        (["metrics", "--once", "--follow", "x"], 2, "--once and --follow"),
        (["metrics", "-o", "x"], 2, "-o needs --once"),
        (["metrics", "--follow", "no-such-log", "--port", "0"], 1, "no-such-log"),
        (["metrics", "--port", "70000"], 2, "--port"),
    ):
        done = llmcost(*words, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (status, ""), words
        assert said in done.stderr
        assert done.stderr.count("\n") == 2, done.stderr  # an error and a hint
    store_path.write_bytes(b"no store of ours")
    assert "is not an llmcost store" in llmcost("metrics", "--once", cwd=tmp_path).stderr


def test_a_port_that_is_taken(tmp_path: Path, store_path: Path) -> None:
    access.writing(store_path).close()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = llmcost("metrics", "--port", str(taken.getsockname()[1]), cwd=tmp_path)
    assert done.returncode == 1
    assert "cannot listen at 127.0.0.1" in done.stderr
    assert done.stderr.count("\n") == 2


def test_it_listens_to_this_machine_alone(tmp_path: Path, store_path: Path) -> None:
    access.writing(store_path).close()
    endpoint = Endpoint(store_path, budgets.now)
    endpoint.look()
    address = endpoint.start("127.0.0.1", 0)
    port = int(address.rpartition(":")[2].partition("/")[0])
    with socket.socket(socket.AF_INET6) as other:
        assert other.connect_ex(("::1", port)) != 0
    assert "llmcost_build_info" in scraped(address)
    assert scraped(address, "application/openmetrics-text").endswith("# EOF\n")


def test_a_store_that_cannot_be_read_is_told_and_the_last_values_stay(tmp_path: Path, store_path: Path) -> None:
    log = write(tmp_path / "log.jsonl", [call(1, feature="search")])
    with ingested(store_path, log):
        pass
    endpoint = Endpoint(store_path, budgets.now)
    endpoint.look()
    before = parsed(endpoint.text())
    store_path.rename(tmp_path / "away")
    with pytest.raises(LlmcostError, match="no store"):
        endpoint.look()
    seen = parsed(endpoint.text())
    assert (seen["llmcost_store_readable"], seen[COST]) == (0, before[COST])
    (tmp_path / "away").rename(store_path)
    appended(log, [call(2, feature="search")])
    with ingested(store_path, log):
        pass
    endpoint.look()
    seen = parsed(endpoint.text())
    assert seen["llmcost_store_readable"] == 1
    assert seen[COST] == pytest.approx(2 * before[COST])


def test_a_scrape_while_the_store_is_looked_at_says_that_it_can_be_read(
    tmp_path: Path, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = write(tmp_path / "log.jsonl", [call(1)])
    with ingested(store_path, log):
        pass
    endpoint = Endpoint(store_path, budgets.now)
    endpoint.look()
    with ingested(store_path, write(log, [call(1), call(2)])):
        pass
    seen: list[float] = []

    def read(path: Path) -> AbstractContextManager[Store]:
        seen.append(parsed(endpoint.text())["llmcost_store_readable"])
        return reading(path)

    reading = access.reading
    monkeypatch.setattr(access, "reading", read)
    endpoint.look()
    assert seen == [1]


def test_budgets_are_exposed_and_computed_again_when_llmcost_toml_changes(
    tmp_path: Path, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    toml = tmp_path / "llmcost.toml"
    toml.write_text("[[budgets]]\nday = 0.01\nmonth = 2\n")
    with ingested(store_path, write(tmp_path / "log.jsonl", [call(1)])):
        pass
    endpoint = Endpoint(store_path, budgets.now)
    endpoint.look()
    seen = parsed(endpoint.text())
    assert seen['llm_budget_usd{budget="overall",period="month",scope="all"}'] == 2
    assert seen['llm_budget_spent_usd{budget="overall",period="day",scope="all"}'] == pytest.approx(1500e-6)
    toml.write_text("[[budgets]]\nday = 0.02\n")
    os.utime(toml, ns=(1, 1))
    monkeypatch.setattr("time.monotonic", lambda: 1e9)  # long after
    endpoint.look()
    assert [value for series, value in parsed(endpoint.text()).items() if series.startswith("llm_budget_usd")] == [0.02]


def test_it_follows_a_log_and_survives_being_killed(tmp_path: Path) -> None:
    log = write(tmp_path / "log.jsonl", [call(n, feature="search") for n in range(10)])
    with served(tmp_path, "--follow", "log.jsonl") as (process, address):
        assert parsed(scraped(address))[COST] == pytest.approx(10 * 1500e-6)
        appended(log, [call(n, feature="search") for n in range(8, 20)])  # two of them again
        until(lambda: parsed(scraped(address))[COST] > 19.5 * 1500e-6)
        process.kill()
        process.wait()
    appended(log, [call(20, feature="search")])
    with served(tmp_path, "--follow", "log.jsonl") as (_, address):
        until(lambda: parsed(scraped(address))[COST] == pytest.approx(21 * 1500e-6))


def test_without_follow_it_sees_what_another_process_ingests(tmp_path: Path, store_path: Path) -> None:
    log = write(tmp_path / "log.jsonl", [call(1, feature="search")])
    with ingested(store_path, log):
        pass
    with served(tmp_path) as (_, address):
        assert parsed(scraped(address))[COST] == pytest.approx(1500e-6)
        appended(log, [call(2, feature="search")])
        done: Any = None
        while done is None or "in use by another process" in done.stderr:  # it may be looking right now
            done = llmcost("ingest", "log.jsonl", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        until(lambda: parsed(scraped(address))[COST] == pytest.approx(2 * 1500e-6))


def test_it_starts_while_another_process_holds_the_store(tmp_path: Path, store_path: Path) -> None:
    with ingested(store_path, write(tmp_path / "log.jsonl", [call(1, feature="search")])):
        pass
    hold = "import duckdb, sys; c = duckdb.connect('llmcost.duckdb'); print('held', flush=True); sys.stdin.read()"
    holder = subprocess.Popen([sys.executable, "-c", hold], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    process = subprocess.Popen(
        [sys.executable, "-m", "llmcost", "metrics", "--port", "0"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    end = threading.Timer(120, process.kill)  # a reader below never waits for ever
    end.start()
    try:
        assert process.stderr is not None
        assert "in use by another process" in process.stderr.readline()
        address = process.stderr.readline().split()[2].rstrip(",")
        seen = parsed(scraped(address))
        assert (seen["llmcost_store_readable"], COST in seen) == (0, False)
        holder.communicate()
        until(lambda: parsed(scraped(address)).get(COST) == pytest.approx(1500e-6))
        assert parsed(scraped(address))["llmcost_store_readable"] == 1
    finally:
        process.terminate()
        process.communicate()
        end.cancel()


def test_a_reader_waits_for_its_turn(tmp_path: Path, store_path: Path) -> None:
    """Who follows a log holds the store for moments."""
    access.writing(store_path).close()
    hold = "import duckdb, time; c = duckdb.connect('llmcost.duckdb'); print('held', flush=True); time.sleep(0.5)"
    holder = subprocess.Popen([sys.executable, "-c", hold], cwd=tmp_path, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with access.reading(store_path) as opened:
        assert opened.value("select count(*) from requests") == 0
    assert holder.wait() == 0


def test_under_load_nothing_is_lost_or_counted_twice(tmp_path: Path) -> None:
    """The benchmark's check, which raises, on a small load; killed and started again on the way."""
    found = metrics_load.measure(tmp_path, seconds=4, rate=500, kill_at=2, pace_s=0.3)
    assert (found["requests"], found["kills"]) == (2000, 1)
    assert found["lines"] > 2000


def test_dollars_are_exposed_in_steps_whose_sums_are_exact(tmp_path: Path, store_path: Path) -> None:
    """A sum of series must not fall by a rounding, which Prometheus takes for a counter that restarted."""
    import random

    rows = [call(n, feature=f"f{n % 20}", input_tokens=1 + 7 * n, output_tokens=n) for n in range(60)]
    with ingested(store_path, write(tmp_path / "log.jsonl", rows)):
        pass
    seen = parsed(llmcost("metrics", "--once", cwd=tmp_path).stdout)
    costs = [value for series, value in seen.items() if series.startswith("llm_cost_usd_total")]
    sums = {sum(random.Random(seed).sample(costs, len(costs))) for seed in range(100)}
    assert len(sums) == 1
    spent = sum(1e-6 * row["input_tokens"] + 5e-6 * row["output_tokens"] for row in rows)
    assert sums.pop() == pytest.approx(spent, abs=20 * 2**-28)
