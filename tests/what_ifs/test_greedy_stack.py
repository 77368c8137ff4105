"""The stack of `--what-if all`: never more expensive than a single step, and a reason for each one left out."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from llmcost.what_ifs.engine.step import parse
from llmcost.what_ifs.search import greedy_stack
from tests.command import llmcost
from tests.logs import Row, call, write

STEPS = [parse(word) for word in ("routing", "prompt-caching", "token-caps", "batch-api")]
BASELINE = 100.0


class Told:
    """A chain whose steps cost what a table of stacks says."""

    costs: dict[tuple[int, ...], float]

    def __init__(self, traffic: Any, name: str, *, after: "Told | None" = None) -> None:
        self.traffic = traffic
        self.steps: list[Any] = list(after.steps) if after else []
        self.points: list[Any] = list(after.points) if after else []

    def add(self, step: Any) -> Any:
        self.steps.append(step)
        self.points.append(type("Point", (), {"cost_usd": self.costs[tuple(map(STEPS.index, self.steps))]}))
        return self.points[-1]

    def until(self, number: int) -> "Told":
        made = Told(self.traffic, "")
        made.steps, made.points = self.steps[:number], self.points[:number]
        return made


STACKS = [tuple(place for place in range(4) if number >> place & 1) for number in range(1, 16)]
ONLY_THE_THIRD = {stack: 50.0 if stack == (2,) else 90.0 - len(stack) for stack in STACKS}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.fixed_dictionaries({stack: st.integers(0, 120).map(float) for stack in STACKS}))
@example(ONLY_THE_THIRD)  # which no step dropped by itself leads to
def test_no_single_step_is_cheaper(monkeypatch: pytest.MonkeyPatch, costs: dict[tuple[int, ...], float]) -> None:
    monkeypatch.setattr(greedy_stack, "Chain", Told)
    Told.costs = costs
    traffic: Any = None
    alone = [costs[place,] for place in range(4)]
    found = greedy_stack.stacked(traffic, STEPS, alone, BASELINE)
    taken = tuple(map(STEPS.index, found.chain.steps))
    assert list(taken) == sorted(taken)
    assert found.cost_usd == (costs[taken] if taken else BASELINE)
    assert found.cost_usd <= min(*alone, BASELINE)
    assert set(taken) | set(found.left_out) == set(range(4))
    assert not set(taken) & set(found.left_out)


def test_a_cache_that_the_batch_api_makes_expensive_is_left_out(tmp_path: Path) -> None:
    """Of 20 prompts 7 are sent twice: a cache saves a little, but in batches loses more reads than that is worth."""
    rows: list[Row | str] = [
        call(
            2 * n + again, prompt_id="p", input_tokens=10_000, output_tokens=10, latency_ms=5.0, system_blocks=1,
            prefix=[{"hash": f"h{n}", "tokens": 10_000}],
        )
        for n in range(20)
        for again in range(2 if n < 7 else 1)
    ]  # fmt: skip
    write(tmp_path / "log.jsonl", rows)
    assert llmcost("ingest", "log.jsonl", cwd=tmp_path).returncode == 0
    done = llmcost("simulate", "--what-if", "all", "--format", "json", cwd=tmp_path)
    found = json.loads(done.stdout)
    alone = {row["what_if"]: row["saved_usd"] for row in found["alone"]}
    assert 0 < alone["prompt-caching"] < alone["batch-api"]
    assert [stage["what_if"] for stage in found["stages"]] == ["batch-api"]
    assert found["result"]["saved_usd"] == alone["batch-api"]
    [why] = [one["why"] for one in found["left_out"] if one["what_if"] == "prompt-caching"]
    assert why == "the stack is $0.0080 cheaper without it"
