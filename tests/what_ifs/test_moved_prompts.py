"""A prompt that moves to a model with another tokenizer is cached, and batched, like one that was always there."""

from pathlib import Path

import pytest

from llmcost.engine import access
from llmcost.reports.scope import Scope
from llmcost.what_ifs.engine.chain import Chain, Traffic
from llmcost.what_ifs.engine.step import parse, settled
from tests.logs import Row, call, ingested, write
from tests.what_ifs.traffic import START_US, fill, replayed

SHARED: Row = {"system_blocks": 1, "ttft_ms": 500, "latency_ms": 1000, "task_type": "classification"}
SWAP = "model-swap:target=claude-sonnet-5"


def last_step(folder: Path, rows: list[Row], *steps: str) -> tuple[Row, float]:
    """What the last of these steps does to a log of these rows, and what it saves in US dollars."""
    with ingested(folder / "db", write(folder / "log.jsonl", rows)) as (opened, _):
        traffic = Traffic.of(opened, Scope(), ())
        chain = Chain(traffic, "")
        for step in steps:
            chain.add(settled(opened, parse(step)))
        costs = [traffic.cost_usd("cost_0"), *(point.cost_usd for point in chain.points)]
        return chain.effects(len(steps)), costs[-2] - costs[-1]


def prompts(model: str, *sizes: int, question: bool, output: int) -> list[Row]:
    """Three calls with the same instructions and, where asked for, a question of their own."""
    return [
        call(
            n * 10, model=model, input_tokens=sizes[-1], output_tokens=output, **SHARED,
            prefix=[{"hash": f"q{n}" if place and question else f"s{place}", "tokens": size}
                    for place, size in enumerate(sizes)],
        )
        for n in range(3)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sizes", "native"),
    [((2000,), (2600,)), ((1000,), (1300,)), ((1000, 1200), (1300, 1560)), ((801, 1335), (1041, 1736))],
)
@pytest.mark.parametrize("step", ["prompt-caching", "request-batching"])
def test_as_if_logged_there(tmp_path: Path, step: str, sizes: tuple[int, ...], native: tuple[int, ...]) -> None:
    question = len(sizes) > 1
    logged = prompts("claude-sonnet-4-5", *sizes, question=question, output=10)
    moved, saved_usd = last_step(tmp_path / "moved", logged, SWAP, step)
    logged_there = prompts("claude-sonnet-5", *native, question=question, output=13)
    there, saved_there_usd = last_step(tmp_path / "native", logged_there, step)
    assert any(there.values())
    assert moved == there
    assert saved_usd == pytest.approx(saved_there_usd)


def test_a_prefix_is_never_longer_than_its_prompt(tmp_path: Path) -> None:
    """1.3 tokens round to 1 in each of the four parts of a prompt, but 5.2 to 5 in one prefix of all four."""
    parts = {"input_tokens": 1, "cache_read_tokens": 1, "cache_write_5m_tokens": 1, "cache_write_1h_tokens": 1}
    row: Row = {"model": "claude-sonnet-4-5", "ts": START_US, "output_tokens": 1, **parts}
    with access.writing(tmp_path / "a.duckdb") as opened:
        fill(opened, [row | {"prefix": [{"hash": "s", "tokens": 1}, {"hash": "q", "tokens": 4}]}])
        [found] = replayed(opened, SWAP).rows
    assert found["prefix"] == [{"hash": "s", "tokens": 1}, {"hash": "q", "tokens": 4}]


@pytest.mark.parametrize("cache", ["kept", "lost"])
def test_every_count_of_tokens_moves_by_its_ratio(tmp_path: Path, cache: str) -> None:
    """Prompts by the ratio of the tokenizers, answers by how much the new model writes as well."""
    row: Row = {
        "model": "claude-haiku-4-5", "ts": START_US, "input_tokens": 1000, "cache_read_tokens": 200,
        "cache_write_5m_tokens": 30, "cache_write_1h_tokens": 4, "output_tokens": 500, "reasoning_tokens": 300,
        "output_used_tokens": 100,
    }  # fmt: skip
    with access.writing(tmp_path / "a.duckdb") as opened:
        fill(opened, [row])
        word = f"model-swap:target=gpt-4o-mini,input_ratio=1.5,verbosity=0.5,cache={cache}"
        [found] = replayed(opened, word).rows
    prompt = {"input_tokens": 1500, "cache_read_tokens": 300, "cache_write_5m_tokens": 45, "cache_write_1h_tokens": 6}
    if cache == "lost":
        prompt = dict.fromkeys(prompt, 0) | {"input_tokens": 1851}
    answer = {"output_tokens": 375, "reasoning_tokens": 225, "output_used_tokens": 75}
    expected = prompt | answer | {"model": "gpt-4o-mini", "provider": "openai"}
    assert {name: found[name] for name in expected} == expected


def test_what_stays_keeps_its_prefix(tmp_path: Path) -> None:
    logged = prompts("claude-sonnet-4-5", 2000, question=False, output=10)
    stays, _ = last_step(tmp_path / "a", logged, "model-swap:target=none", "prompt-caching")
    assert stays == last_step(tmp_path / "b", logged, "prompt-caching")[0]
