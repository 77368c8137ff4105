"""Writes docs/article_claims.md, the article's numbers recomputed: `python -m docs.article_claims`.

The article is "LLM Cost Optimization in Production", DevOpsBoys, 2026-05-29. Each number is computed again at the
prices it names and at those of today's price package, where it can be by the same replays that the program offers, on
traffic made for the purpose: synthetic, of the size that the article gives. A test runs this and compares.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from docs import samples
from llmcost.engine import access
from llmcost.engine.store import Store
from llmcost.ingest import run
from llmcost.prices import book
from llmcost.reports.scope import scope
from llmcost.what_ifs import break_even
from llmcost.what_ifs.engine.step import parse
from llmcost.what_ifs.projection import Projection, Stage, simulate
from llmcost.what_ifs.search import run_all

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "article_claims.md"

TODAY = "2026-11-20"  # the day for which today's prices are taken: the newest of the sample logs
THEN_SONNET = "claude-sonnet-4-5"  # $3 and $15 per million tokens, as the article says
NOW_SONNET, NOW_HAIKU, NOW_OPUS = "claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5-5"
HOSTABLE = "search-answers,ticket-triage"  # features of the sample logs that a 7B model might do
HOURS_PER_MONTH = 730

Row = dict[str, Any]


@dataclass(frozen=True)
class Claim:
    """What the article says, what comes out, and what to think of it."""

    said: str
    then: str
    now: str
    verdict: str


def main() -> None:
    """Rewrites the document."""
    DOCUMENT.write_text(document(), encoding="utf-8")


def document() -> str:
    """The whole page."""
    logged = samples.store()
    claims = [*_prices(logged), *_caching(), *_batch(), *_caps(), *_combined(logged), *_hosting(logged)]
    lines = ["| the article | at its own prices | today | verdict |", "| --- | --- | --- | --- |"]
    lines += [f"| {claim.said} | {claim.then} | {claim.now} | {claim.verdict} |" for claim in claims]
    return _HEAD + "\n".join(lines) + _FOOT


def _prices(logged: Store) -> Iterator[Claim]:
    sonnet, haiku, opus = (_price(logged, model)["input_usd_mtok"] for model in (NOW_SONNET, NOW_HAIKU, NOW_OPUS))
    yield Claim(
        "Haiku costs $0.25 per million input tokens, 12 times less than Sonnet",
        "3 / 0.25 = 12: holds",
        f"{NOW_HAIKU} ${haiku:g}, {NOW_SONNET} ${sonnet:g}: {sonnet / haiku:g} times less",
        "the direction holds; the factor depends on the models and the day",
    )
    yield Claim(
        "Opus costs $15 per million input tokens",
        "true of Opus 4.1",
        f"{NOW_OPUS} ${opus:g}",
        "no longer true" if opus != 15 else "holds",
    )


def _caching() -> Iterator[Claim]:
    for said, tokens, calls in (
        (
            "a shared prompt of 1,000 tokens, 10,000 times a day: $30 without a prompt cache, about $3 with",
            1000,
            10_000,
        ),
        ("a shared prompt of 2,000 tokens, 1,000 times a day: $6 a day, 90% less with a prompt cache", 2000, 1000),
    ):
        then, now = (_cached(model, tokens, calls) for model in (THEN_SONNET, NOW_SONNET))
        verdict = "holds where the prompt is long enough for the model's cache and is used within its life"
        if then.saved_usd == 0:
            verdict = f"does not hold at its own model, which caches nothing below 1,024 tokens; {verdict}"
        yield Claim(said, _before_and_after(then), _before_and_after(now), verdict)
    sparse = _cached(NOW_SONNET, 2000, 100)
    yield Claim(
        "cached reads cost 10%, so caching saves 90% of the shared prompt",
        "leaves out the write premium of 25% and the life of five minutes",
        f"100 calls a day, 14 minutes apart: {_before_and_after(sparse)}",
        "false for prompts that are used less often than their cache lives",
    )


def _batch() -> Iterator[Claim]:
    with _traffic(_calls(NOW_SONNET, 1000, 100)) as opened:
        projection = _simulated(opened, "batch-api")
    share = 1 - projection.cost_usd / projection.baseline_usd
    yield Claim(
        "the Batch API costs half", "50% then too", f"{share:.0%} less on {NOW_SONNET}", "holds, within 24 hours"
    )


def _caps() -> Iterator[Claim]:
    answers = [
        _call(NOW_SONNET, 500, n, task_type="classification", output_tokens=8, max_output_tokens=4096)
        for n in range(100)
    ]
    with _traffic(answers) as opened:
        short = _simulated(opened, "token-caps")
    yield Claim(
        "max_tokens of 10, 100, 300 and 1,000 by task instead of 4,096 everywhere saves money",
        "only tokens that are generated are billed",
        f"answers of 8 tokens, capped at 10 instead of 4,096: {_usd(short.baseline_usd - short.cost_usd)} saved",
        "false as stated: a cap saves what it cuts off, and every cut is an answer that ends in the middle",
    )


def _combined(logged: Store) -> Iterator[Claim]:
    found = run_all.simulate(logged, run_all.asked([run_all.WORD]), scope(logged))
    assert found.three_saved_usd is not None, "the sample logs tell of all three"
    share = found.three_saved_usd / found.projection.baseline_usd
    low, high = (
        saved / found.projection.baseline_usd for saved in (found.three_range.low_usd, found.three_range.high_usd)
    )
    yield Claim(
        'prompt caching, routing and response caching together save 60–80% "without touching response quality"',
        "depends on the traffic alone",
        f"{share:.0%} on the sample logs, which are synthetic (range {low:.0%} to {high:.0%})",
        "not a general rule: `simulate --what-if all` computes it for a log; none of the three measures quality",
    )


def _hosting(logged: Store) -> Iterator[Claim]:
    answer = break_even.answer(
        logged, scope(logged), break_even.machines({"features": HOSTABLE}),
        [parse(word) for word in break_even.CACHING],
        (1e6, 3e6, 1e7, 3e7, 1e8),
    )  # fmt: skip
    best = ", ".join(f"{point.tokens_per_day / 1e6:.0f}M {point.cheapest}" for point in answer.found.points)
    yield Claim(
        "below 1M tokens a day the API, 1M to 10M the API with caching, above 10M self-hosted",
        "gives no arithmetic",
        f"two features of the sample logs on a g4dn.xlarge: {best}",
        "the order holds; where it turns depends on prices, lengths and how busy the machine is",
    )
    monthly = answer.price.usd_per_hour * HOURS_PER_MONTH
    yield Claim(
        "a g4dn.xlarge costs $380 a month",
        f"0.526 × {HOURS_PER_MONTH} = ${0.526 * HOURS_PER_MONTH:,.0f}",
        f"${answer.price.usd_per_hour:g} × {HOURS_PER_MONTH} = ${monthly:,.0f}",
        "holds, on demand and always on",
    )
    haiku = _price(logged, NOW_HAIKU)
    mixed = 30 * 30 * haiku["input_usd_mtok"] + 30 * 10 * haiku["output_usd_mtok"]
    yield Claim(
        "it serves about 40M tokens a day at constant load",
        f"{40e6 / 86_400:,.0f} tokens a second, day and night",
        "others measured 390 to 1,131 output tokens a second for 7B in 4 bits on a T4, 60 at once, lengths unknown",
        "not shown: at most 36M at AutoAWQ's measured rates, prompts of 800 and answers of 200 tokens, never idle",
    )
    yield Claim(
        "the API equivalent of these 40M tokens a day is $10,000 a month",
        f"40 × $0.25 × 30 = ${40 * 0.25 * 30:,.0f} a month",
        f"30M in and 10M out a day on {NOW_HAIKU}: ${mixed:,.0f} a month",
        "wrong by a factor of 33 at its own price",
    )


def _cached(model: str, tokens: int, calls: int) -> Stage:
    """A day of calls with nothing but a shared prompt, evenly spread, under prompt caching."""
    with _traffic(_calls(model, tokens, calls)) as opened:
        return _simulated(opened, "prompt-caching:ttl=5m,breakpoints=system").stages[0]


def _calls(model: str, tokens: int, calls: int) -> list[Row]:
    return [
        _call(model, tokens, number * 86_400 / calls, system_blocks=1, prefix=[{"hash": "shared", "tokens": tokens}])
        for number in range(calls)
    ]


def _call(model: str, tokens: int, second: float, **fields: Any) -> Row:
    moment = datetime.fromisoformat(TODAY).replace(tzinfo=UTC) + timedelta(seconds=second)
    return {
        "llmcost": 1, "request_id": f"{second:.3f}", "ts": moment.isoformat(), "provider": "anthropic", "model": model,
        "input_tokens": tokens, "output_tokens": 0, "latency_ms": 1000.0, "ttft_ms": 500.0,
    } | fields  # fmt: skip


def _simulated(opened: Store, *words: str) -> Projection:
    return simulate(opened, [parse(word) for word in words], scope(opened))


@contextmanager
def _traffic(rows: Sequence[Row]) -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.jsonl"
        log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        with access.writing(Path(folder) / "llmcost.duckdb") as opened:
            run.ingest(opened, [str(log)])
            yield opened


def _price(opened: Store, model: str) -> Row:
    """A model's list price of today for a short prompt, US dollars per million tokens."""
    provider, name = book.resolve(opened, model)
    [row] = opened.rows(
        "select input_usd_mtok, output_usd_mtok from prices where provider = $provider and model = $model"
        " and service_tier = 'standard' and region = ''"
        " and valid_from <= $day::date and (valid_to is null or valid_to > $day::date)"
        " and prompt_min = 0 and minute_from = 0",
        {"provider": provider, "model": name, "day": TODAY},
    )
    return row


def _before_and_after(stage: Stage) -> str:
    before = stage.cost_usd + stage.saved_usd
    share = f" ({abs(stage.saved_usd) / before:.0%} {'less' if stage.saved_usd >= 0 else 'more'})" if before else ""
    return f"{stage.what_if.query.name}: {_usd(before)} become {_usd(stage.cost_usd)}{share}"


def _usd(value: float) -> str:
    return f"${value:,.2f}"


_HEAD = f"""# The article's numbers, recomputed

The article behind this project is "LLM Cost Optimization in Production — Caching, Batching, Quantization" (DevOpsBoys,
2026-05-29). Here each of its numbers is computed again: at the prices that it names, and at those of the price package
for {TODAY}. Where the program has a replay for a claim, the replay computes it, on synthetic traffic of the size that
the article gives: evenly spread over a day, nothing in the prompt but what is shared. `python -m docs.article_claims`
writes this page.

"""
_FOOT = """

What the article leaves out of prompt caching is the premium on writes, the life of an entry and the minimum length of a
prompt; out of batching, that cached tokens are read at best effort; out of routing, that a moved request leaves its
cache behind and that the answers are not checked; out of self-hosting, that the machine is paid for while it idles.
"""

if __name__ == "__main__":
    main()
