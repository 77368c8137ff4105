"""The exporter under load: a log grows by 10,000 requests a second while it is followed and scraped every second.

    python -m benchmarks.metrics_load [--seconds N] [--rate N] [--kill-at N] [--json FILE]

One request in fifty is written a second time, as a log shipper does that was restarted; one in fifty stands in the log
before it is complete and again in the next second with its last token count, as streamed answers do. Every
`--kill-at` seconds the exporter is killed and started again. At each scrape no counter may have fallen and none
may be ahead of the log; at the end every counter must be what was written, exactly.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from benchmarks.measure import LLMCOST, BenchmarkError
from llmcost.metrics.definitions import COST_STEP_USD

FEATURES = tuple(f"feature-{number}" for number in range(60))  # more than have series of their own
MODELS = ("claude-haiku-4-5", "claude-sonnet-4-6", "our-own-7b")
FIRST_SECOND = 1_785_542_400  # 2026-08-01
REPEATED, COMPLETED_LATER = 0.02, 0.02
PATIENCE_S = 300.0


@dataclass
class Written:
    """What the log contains: the truth that the counters are compared with."""

    requests: int = 0
    lines: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    unpriced: int = 0

    def add(self, model: str, input_tokens: int, output_tokens: int) -> None:
        self.requests += 1
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens
        self.unpriced += model == "our-own-7b"


@dataclass
class Run:
    """What the scrapes saw."""

    scrape_ms: list[float] = field(default_factory=list)
    rss_bytes: list[int] = field(default_factory=list)
    behind: list[int] = field(default_factory=list)  # requests written and not yet counted, at each scrape
    kills: int = 0


class Writer:
    """Appends a second's requests at a time."""

    def __init__(self, log: TextIO, rate: int) -> None:
        self._log = log
        self._rate = rate
        self._random = random.Random(20261127)
        self._unfinished: list[str] = []
        self.written = Written()

    def second(self, number: int) -> None:
        lines, self._unfinished = self._unfinished, []
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(FIRST_SECOND + number))
        for place in range(self._rate):
            model = MODELS[place % 3]
            feature = FEATURES[int(self._random.random() ** 3 * len(FEATURES))]
            input_tokens, output_tokens = 200 + place % 900, 20 + place % 180
            begin = (
                f'{{"llmcost":1,"request_id":"r{number}-{place}","ts":"{at}","model":"{model}","feature":"{feature}",'
                f'"input_tokens":{input_tokens},"latency_ms":{50 + place % 5000},"output_tokens":'
            )
            line = f"{begin}{output_tokens}}}\n"
            self.written.add(model, input_tokens, output_tokens)
            chance = self._random.random()
            if chance < COMPLETED_LATER:
                lines.append(f'{begin}1,"output_partial":true}}\n')
                self._unfinished.append(line)
            else:
                lines += [line] * (2 if chance < COMPLETED_LATER + REPEATED else 1)
        self._write(lines)

    def finish(self) -> None:
        self._write(self._unfinished)

    def _write(self, lines: list[str]) -> None:
        self._log.write("".join(lines))
        self._log.flush()
        self.written.lines += len(lines)


class Exporter:
    """The command under test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._start()

    def _start(self) -> None:
        words = [*LLMCOST, "metrics", "--port", "0", "--follow", "log.jsonl", "--db", "store.duckdb"]
        self.process = subprocess.Popen(words, cwd=self._folder, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        if "http://" not in line:
            raise BenchmarkError(f"the exporter said: {line}{self.process.stderr.read()}")
        self._url = line.split()[2].rstrip(",")

    def restart(self) -> None:
        """As a crash does it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self._start()

    def scrape(self) -> dict[str, float]:
        with urllib.request.urlopen(self._url, timeout=30) as answer:
            text = answer.read().decode()
        samples = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {series: float(value) for series, _, value in samples}

    def rss_bytes(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0]) * 1024

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.metrics_load", description="The exporter under load.")
    parser.add_argument("--seconds", type=int, default=600, help="of traffic, in real time (default: %(default)s)")
    parser.add_argument("--rate", type=int, default=10_000, help="requests a second (default: %(default)s)")
    parser.add_argument("--kill-at", type=int, default=0, metavar="N", help="kill it after every N seconds; 0: never")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="llmcost-load-") as folder:
        found = measure(Path(folder), arguments.seconds, arguments.rate, arguments.kill_at)
    print(json.dumps(found, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


def measure(folder: Path, seconds: int, rate: int, kill_at: int = 0, pace_s: float = 1.0) -> dict[str, Any]:
    """One run's figures. Raises BenchmarkError where a counter fell, ran ahead, or ended otherwise than written."""
    run = Run()
    with (folder / "log.jsonl").open("w", encoding="ascii") as log:
        writer = Writer(log, rate)
        writer.second(0)
        exporter = Exporter(folder)
        try:
            before: dict[str, float] = {}
            for number in _paced(1, seconds, pace_s):
                if kill_at and number % kill_at == 0:
                    exporter.restart()
                    run.kills += 1
                writer.second(number)
                before = _scrape(exporter, writer.written, before, run)
            writer.finish()
            written_s = time.monotonic()
            while before["all"] < writer.written.requests or before[_LINES] < writer.written.lines:
                if time.monotonic() - written_s > PATIENCE_S:
                    raise BenchmarkError(f"{writer.written.requests - before['all']:,.0f} requests were never counted")
                time.sleep(0.2)
                before = _scrape(exporter, writer.written, before, run)
            caught_up_s = time.monotonic() - written_s
            _check(before, writer.written)
        finally:
            exporter.stop()
    _check_cost(folder, before)
    tail = max(1, len(run.rss_bytes) // 10)
    return {
        "requests": writer.written.requests,
        "lines": writer.written.lines,
        "seconds": seconds,
        "requests_a_second": rate,
        "kills": run.kills,
        "scrapes": len(run.scrape_ms),
        "scrape_ms_median": statistics.median(run.scrape_ms),
        "scrape_ms_max": max(run.scrape_ms),
        "behind_requests_median": statistics.median(run.behind),
        "behind_requests_max": max(run.behind),
        "caught_up_s": caught_up_s,
        "rss_bytes_first_tenth_max": max(run.rss_bytes[:tail]),
        "rss_bytes_by_tenth": [max(run.rss_bytes[at : at + tail]) for at in range(0, len(run.rss_bytes), tail)],
        "series": len(before),
        "load": os.getloadavg()[0],
        "python": sys.version.split()[0],
    }


def _paced(first: int, end: int, pace_s: float) -> Iterator[int]:
    """Numbers, one each `pace_s`, later ones not hastened by what earlier ones took too long."""
    begun = time.monotonic()
    for place, number in enumerate(range(first, end)):
        time.sleep(max(0.0, begun + place * pace_s - time.monotonic()))
        yield number


_LINES = "lines"


def _scrape(exporter: Exporter, written: Written, before: dict[str, float], run: Run) -> dict[str, float]:
    begun = time.perf_counter()
    now = exporter.scrape()
    run.scrape_ms.append((time.perf_counter() - begun) * 1000)
    run.rss_bytes.append(exporter.rss_bytes())
    fell = [series for series, value in before.items() if "_total" in series and now.get(series, 0.0) < value]
    if fell:
        raise BenchmarkError(f"counters fell: {fell[:3]}")
    now["all"] = _sum(now, "llm_requests_total")
    now[_LINES] = _sum(now, "llmcost_log_lines_total")
    if now["all"] > written.requests or now[_LINES] > written.lines:
        raise BenchmarkError("more was counted than was written")
    run.behind.append(int(written.requests - now["all"]))
    return now


def _check(seen: dict[str, float], written: Written) -> None:
    found = {
        "requests": _sum(seen, "llm_requests_total"),
        "lines": _sum(seen, "llmcost_log_lines_total"),
        "input_tokens": _sum(seen, "llm_tokens_total", 'type="input"'),
        "output_tokens": _sum(seen, "llm_tokens_total", 'type="output"'),
        "unpriced": _sum(seen, "llm_unpriced_requests_total"),
    }
    wrong = {name: (value, getattr(written, name)) for name, value in found.items() if value != getattr(written, name)}
    if wrong:
        raise BenchmarkError(f"counted and written differ: {wrong}")


def _check_cost(folder: Path, seen: dict[str, float]) -> None:
    words = (*LLMCOST, "report", "--by", "model", "--format", "json", "--db", "store.duckdb")
    reported = json.loads(subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout)
    reported_usd, counted_usd = reported["total"]["cost_usd"], _sum(seen, "llm_cost_usd_total")
    if not math.isclose(reported_usd, counted_usd, rel_tol=1e-9, abs_tol=len(seen) * COST_STEP_USD):
        raise BenchmarkError(f"the report says ${reported_usd}, the counters ${counted_usd}")


def _sum(seen: dict[str, float], metric: str, having: str = "") -> float:
    return sum(value for series, value in seen.items() if series.startswith(f"{metric}{{") and having in series)


if __name__ == "__main__":
    sys.exit(main())
