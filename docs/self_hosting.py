"""The tables of docs/self_hosting.md: what the commands say of the sample logs."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from docs import samples
from llmcost.engine import store
from llmcost.ingest import run
from llmcost.reports.scope import scope
from llmcost.self_hosting.volumes import VOLUMES
from llmcost.views import break_even as screen
from llmcost.what_ifs import break_even
from llmcost.what_ifs.engine.step import parse
from llmcost.what_ifs.projection import simulate

ROOT = Path(__file__).resolve().parents[1]
PUBLIC = ROOT.parent / "shared" / "data"
ASSUMED = {"assume_model": "gpt-4.1-mini"}
TRACES = {
    "A production chat service's hour (Mooncake), as if answered by gpt-4.1-mini": "mooncake_conversation_trace.jsonl",
    "A production coding service's hour (Azure, 2023), as if answered by gpt-4.1-mini": "azure_llm_code_2023.csv",
    "Claude Code, 91 sessions, as logged": "claude_code_usage.jsonl.gz",
}
TRACED = (1e6, 1e7, 1e8, 1e9)  # tokens a day
FEATURES = "search-answers,doc-summaries,ticket-triage,nightly-digest,contract-extraction"
WAYS = {
    "always on": "",
    "scale to zero": ",hours=scale-to-zero",
    "office hours": ",hours=office",
    "L4, 8-bit, always on": ",instance=g6.xlarge,quantization=fp8",
}

Row = dict[str, Any]

_COSTS = {"API": "api_usd", "API with caching": "cached_usd", "managed": "managed_usd"}


def ways() -> str:
    """Four ways to host the features, side by side."""
    columns = [_hosted(words) for words in WAYS.values()]
    first = columns[0]
    lines = [
        _line("", list(WAYS)),
        _line("---", ["---:"] * len(WAYS)),
        _line("machines for the target (95% within 10 s to the first token)", [_machines(row) for row in columns]),
        _line(f"requests hosted, of {first['requests']:,}", [f"{row['requests_hosted']:,}" for row in columns]),
        _line("time to first token, p95", [f"{row['ttft_ms']['p95'] / 1e3:,.1f} s" for row in columns]),
        _line("time per output token, p95", [f"{row['tpot_ms']['p95']:,.0f} ms" for row in columns]),
        _line("later than the target", [f"{row['requests_late']:,}" for row in columns]),
        _line("GPU busy", [f"{row['gpu_busy']:.1%}" for row in columns]),
        _line("dollars a million tokens", [f"${row['total_usd_mtok']:,.2f}" for row in columns]),
        _line("the machines' bill for the log's time", [f"${row['bill_usd']:,.0f}" for row in columns]),
        _line("the same requests at the API", [f"${row['api_usd']:,.0f}" for row in columns]),
        _line("dollars a month", [f"${row['usd_per_month']:,.0f}" for row in columns]),
    ]
    return "\n".join(lines) + "\n"


def volumes() -> str:
    """The features at rising volumes."""
    return "\n".join(_points(_answer(FEATURES))) + "\n"


def _points(answer: break_even.Answer) -> list[str]:
    """A table of the three columns and how busy the machines are."""
    lines = [
        _line("tokens a day", [*_COSTS, "machines", "busy", "self-hosted", "range", "cheapest"]),
        _line("---:", ["---:"] * 7 + ["---"]),
    ]
    for row in screen.rows(answer):
        to = f"{row['hosted_low_usd']:,.0f} to {row['hosted_high_usd']:,.0f}"
        lines.append(_line(f"{row['tokens_per_day'] / 1e6:g}M", [
            *("–" if row[name] is None else screen.dollars(row[name]).plain for name in _COSTS.values()),
            f"{row['machines']}", f"{row['busy']:.0%}",
            f"{row['hosted_usd']:,.0f}", to, row["cheapest"],
        ]))  # fmt: skip
    return lines


def crossings() -> str:
    """Where the lines cross: the features, on an expensive machine; the whole log; the article's table."""
    cases = {
        "The five features on a g4dn.xlarge": _answer(FEATURES),
        "The five features on a g6e.xlarge (L40S), 16-bit": _answer(
            FEATURES, TRACED, instance="g6e.xlarge", quantization="none"
        ),
        "The whole log, code assistance and all, on a g4dn.xlarge": _answer(None, TRACED),
    }
    lines = [f"- {name}: {'; '.join(screen.crossings(answer))}." for name, answer in cases.items()]
    lines += ["", "The article's table, for the five features on a g4dn.xlarge:", ""]
    lines += [f"- {line}" for line in screen.recomputed(_answer(FEATURES))]
    return "\n".join(lines) + "\n"


def traces() -> str:
    """Public logs and traces on one L4 at rising volumes."""
    lines = []
    for name, file in TRACES.items():
        with store.in_memory() as opened:
            run.ingest(opened, [str(PUBLIC / file)], assumed=ASSUMED)
            asked = break_even.machines({"instance": "g6.xlarge", "model": "llama-3.1-8b"})
            caching = [parse(word) for word in break_even.CACHING]
            answer = break_even.answer(opened, scope(opened), asked, caching, TRACED)
        lines += [f"{name}:", "", *_points(answer), "", *(f"- {line}." for line in screen.crossings(answer)), ""]
    return "\n".join(lines)


def _hosted(words: str) -> Row:
    step = parse(f"self-hosted:features={FEATURES}{words}")
    [stage] = simulate(samples.store(), [step], scope(samples.store())).stages
    assert stage.summary is not None
    return stage.summary | {"api_usd": sum(move["before_usd"] for move in stage.moves)}


@cache
def _answer(features: str | None, volumes: tuple[float, ...] = VOLUMES, **given: str) -> break_even.Answer:
    asked = break_even.machines(given | ({"features": features} if features else {}))
    caching = [parse(word) for word in break_even.CACHING]
    return break_even.answer(samples.store(), scope(samples.store()), asked, caching, volumes)


def _machines(row: Row) -> str:
    low, high = row["machines_range"]
    if high is None:
        return f"{row['machines']} (to out of reach)"
    return str(row["machines"]) if low == high else f"{row['machines']} ({low} to {high})"


def _line(first: str, others: Sequence[str]) -> str:
    return f"| {first} | {' | '.join(others)} |"
