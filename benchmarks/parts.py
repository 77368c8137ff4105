"""The comparisons: what llmcost does, and what does the least of it or the same."""

from __future__ import annotations

import json
import multiprocessing
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from benchmarks import ccusage, generate
from benchmarks import gateways as gateway_logs
from benchmarks import replays as replay_store
from benchmarks.measure import LLMCOST, Command, Comparison, Run, rounds, side_by_side


@dataclass(frozen=True)
class Options:
    """How much to do, and where."""

    data: Path  # generated logs and installed programs, kept from run to run
    scratch: Path  # stores, thrown away
    pairs: int
    lines: int
    megabytes: int
    prompts: int


def ingest(options: Options) -> Iterator[Comparison]:
    """A log in llmcost's format, ingested, against DuckDB reading it into a table and doing nothing else."""
    log = _generated(generate.llmcost_log, options.data, options.lines)
    ours = _Llmcost(options.scratch / "ingest.duckdb")
    work = f"ingest {options.lines:,} requests ({_megabytes(log.stat().st_size)})"
    for name, store, aim in (
        ("bare DuckDB read_json, into a file", str(options.scratch / "bare.duckdb"), 1.5),
        ("bare DuckDB read_json, in memory only", ":memory:", None),
    ):
        bare = Command((sys.executable, "-m", "benchmarks.bare_duckdb", str(log), store))
        runs = side_by_side(options.pairs, lambda: ours.fresh("ingest", str(log)), bare.run)
        yield Comparison(work, name, *runs, aim=aim)


def gateways(options: Options) -> Iterator[Comparison]:
    """The logs of a LiteLLM proxy and of OpenTelemetry, ingested, against DuckDB reading the same fields."""
    ours = _Llmcost(options.scratch / "gateways.duckdb")
    calls = options.lines // 5
    for name, generator in (("litellm", gateway_logs.litellm_log), ("opentelemetry", gateway_logs.otlp_log)):
        log = _generated(generator, options.data, calls)
        store = str(options.scratch / "bare.duckdb")
        bare = Command((sys.executable, "-m", "benchmarks.bare_duckdb", str(log), store, name))
        runs = side_by_side(options.pairs, lambda log=log: ours.fresh("ingest", str(log)), bare.run)  # type: ignore[misc]
        work = f"ingest {calls:,} calls of {name} ({_megabytes(log.stat().st_size)})"
        yield Comparison(work, "bare DuckDB read_json of the same fields, into a file", *runs)


def claude_code(options: Options) -> Iterator[Comparison]:
    """Claude Code sessions, from nothing to a report by day, and the report again; against ccusage."""
    program = ccusage.install(options.data)
    home = _generated(generate.claude_code_logs, options.data, options.megabytes)
    theirs = ccusage.daily(program, home)
    ours = _Llmcost(options.scratch / "claude_code.duckdb")
    against = f"ccusage {ccusage.VERSION} claude daily"
    size = f"{options.megabytes} MB of Claude Code sessions"

    def from_nothing() -> Run:
        return ours.fresh("ingest", str(home)).then(ours.run("report", "--by", "day"))

    cold = side_by_side(options.pairs, from_nothing, theirs.run)
    note = _agreement(ours, ccusage.tokens(program, home))
    yield Comparison(f"ingest and report {size}", against, *cold, aim=1.0, note=note)
    at_once = side_by_side(options.pairs, lambda: ours.fresh("report", "--by", "day", str(home)), theirs.run)
    yield Comparison(f"the same in one process: report PATH, {size}", against, *at_once, aim=0.9)
    warm = side_by_side(options.pairs, lambda: ours.run("report", "--by", "day"), theirs.run)
    yield Comparison(f"report again on {size}", against, *warm, aim=1 / 3)


def startup(options: Options) -> Iterator[Comparison]:
    """What a command costs before it has done anything, against starting Python with DuckDB in it."""
    bare = Command((sys.executable, "-c", "import duckdb"))
    ours = _Llmcost(options.scratch / "startup.duckdb")
    ours.fresh("ingest", str(_generated(generate.llmcost_log, options.data, 1000)))
    for work, words in (("--help", ("--help",)), ("report on 1,000 requests", ("report",))):
        runs = side_by_side(options.pairs, lambda words=words: ours.run(*words), bare.run)  # type: ignore[misc]
        yield Comparison(work, 'python -c "import duckdb"', *runs)


def replays(options: Options) -> Iterator[Comparison]:
    """What-ifs on generated requests, against DuckDB sorting the rows that they work on by (key, time)."""
    folder = _generated(replay_store.generated, options.data, options.lines)
    works = [*replay_store.SORTS, *replay_store.SORTED_AS]
    commands = [_replay(folder, work) for work in works] + [_replay(folder, *replay_store.STACK)]
    commands[0].run()  # the store is in the file cache from here on
    *alone, stack = rounds(options.pairs, *(command.run for command in commands))
    took = dict(zip(works, alone, strict=True))
    on = f"on {options.lines:,} requests"
    for what_if, sort in replay_store.SORTED_AS.items():
        against = f"DuckDB sorting {_SORTED[sort]}"
        yield Comparison(f"{what_if} {on}", against, took[what_if], took[sort], aim=3.0, aim_bytes=_REPLAY_BYTES)
    parts = [reduce(Run.then, of) for of in zip(*(took[step] for step in replay_store.STACK), strict=True)]
    words = f"{', '.join(replay_store.STACK)} stacked {on}"
    yield Comparison(words, "each of them alone, added up", stack, parts, aim=1.0, aim_bytes=_REPLAY_BYTES)


def semantic_caching(options: Options) -> Iterator[Comparison]:
    """Semantic caching of distinct prompts, against computing the vectors of the same prompts and nothing else."""
    folder = _generated(replay_store.prompted, options.data, options.prompts)
    ours, theirs = (_replay(folder, work) for work in ("semantic-caching", replay_store.EMBEDDING))
    runs = side_by_side(options.pairs, ours.run, theirs.run)
    yield Comparison(f"semantic-caching on {options.prompts:,} distinct prompts", "embedding them", *runs, aim_s=120.0)


_REPLAY_BYTES = 4 << 30
_SORTED = {"sort-requests": "requests by (prompt_hash, ts)", "sort-blocks": "prefix blocks by (hash, ts)"}


def _replay(folder: Path, *works: str) -> Command:
    return Command((sys.executable, "-m", "benchmarks.replays", str(folder / "replays.duckdb"), *works))


PARTS: Mapping[str, Callable[[Options], Iterator[Comparison]]] = {
    "startup": startup,
    "ingest": ingest,
    "gateways": gateways,
    "claude-code": claude_code,
    "replays": replays,
    "semantic-caching": semantic_caching,
}


@dataclass(frozen=True)
class _Llmcost:
    """llmcost as a user runs it, on one store."""

    store: Path

    def command(self, *words: str) -> Command:
        return Command((*LLMCOST, *words), {"LLMCOST_DB": str(self.store)})

    def run(self, *words: str) -> Run:
        return self.command(*words).run()

    def fresh(self, *words: str) -> Run:
        """The command on a store that is not there yet."""
        for suffix in ("", ".wal"):
            self.store.with_name(self.store.name + suffix).unlink(missing_ok=True)
        return self.run(*words)


def _generated(generator: Callable[[Path, int], Path], data: Path, size: int) -> Path:
    """Generates in a process of its own: a child's peak memory counts from what its parent holds."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(generator, (data, size))


def _agreement(ours: _Llmcost, theirs: Mapping[str, int]) -> str:
    """Whether both counted the same tokens: a faster wrong answer does not count."""
    total = json.loads(ours.command("report", "--by", "day", "--format", "json").output())["total"]
    apart = [f"{name} {total[name]:,} against {count:,}" for name, count in theirs.items() if total[name] != count]
    return f"they differ: {'; '.join(apart)}" if apart else "both count the same tokens"


def _megabytes(size: int) -> str:
    return f"{size / generate.MEGABYTE:,.0f} MB"
