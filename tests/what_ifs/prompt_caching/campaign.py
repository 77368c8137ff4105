"""Each vendor's cache against its naive reference on many random logs, every parameter random.

    python -m tests.what_ifs.prompt_caching.campaign --count 1000 [--model MODEL] [--seconds 300] [--seed 7]

A campaign that finds nothing prints how many logs it tried of each model; the tests run a few. One that finds a
disagreement prints the smallest log and the parameters that show it.
"""

import argparse
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from llmcost.engine import store
from tests.what_ifs.calls import Call
from tests.what_ifs.prompt_caching import naive, naive_cheapest
from tests.what_ifs.prompt_caching.naive_rules import RULES
from tests.what_ifs.prompt_caching.replay import provider, replayed
from tests.what_ifs.prompt_caching.test_naive import logs, parameters, together

SEARCHED = st.one_of(
    st.fixed_dictionaries({"ttl": st.just("auto")}),
    st.fixed_dictionaries({"breakpoints": st.just("best")}, optional={"ttl": st.sampled_from(["5m", "1h", "auto"])}),
)

TOGETHER = 25
"""How many logs are replayed at once, each of a provider of its own: more than one costs little more."""

SHAPED_AS = "gpt-4o"
"""The model whose place others take in the logs."""


@dataclass
class DisagreementError(Exception):
    """Logs on which the replay and its reference differ, the fewest and shortest that were found."""

    several: list[list[Call]]
    values: dict[str, Any]

    def __str__(self) -> str:
        calls = "\n".join(f"    {call}" for log in self.several for call in log)
        return f"with {self.values}:\n{calls}"


def drawn(strategy: st.SearchStrategy[Any], count: int, seed: int) -> list[Any]:
    """So many examples of a strategy."""
    examples: list[Any] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(example: Any) -> None:
        examples.append(example)

    draw()
    return [examples[number % len(examples)] for number in range(count)]


@cache
def shapes(count: int, seed: int) -> list[list[Call]]:
    """So many logs, for every model the same: drawing them takes as long as replaying them."""
    return drawn(logs([SHAPED_AS]), count, seed)


def of_model(log: list[Call], model: str) -> list[Call]:
    return [replace(call, model=model, provider=provider(model)) if call.model == SHAPED_AS else call for call in log]


def agrees(opened: store.Store, calls: list[Call], values: dict[str, Any], searched: dict[str, Any] | None) -> bool:
    """Whether the replay and its reference say the same."""
    if searched is None:
        return replayed(opened, calls, **values) == naive.replayed(opened, calls, **values)
    values = {name: value for name, value in values.items() if name not in ("ttl", "breakpoints")} | searched
    after = replayed(opened, calls, **values)
    return naive_cheapest.disagreements(opened, calls, after, **values) == []


def campaign(opened: store.Store, model: str, count: int, until: float = float("inf"), seed: int = 0) -> int:
    """Tries so many random logs of a model, or as many as can be until that moment. Returns how many it tried.

    Raises DisagreementError.
    """
    tried = 0
    batches = -(-count // TOGETHER)
    every_log = [of_model(log, model) for log in shapes(count, seed)]
    seed += [*RULES].index(model)
    every_values = drawn(st.tuples(parameters, st.none() | SEARCHED), batches, seed)
    for number in range(batches):
        if time.monotonic() > until:
            break
        several = every_log[number * TOGETHER : (number + 1) * TOGETHER]
        values, searched = every_values[number]
        check(opened, several, values, searched, seed + number)
        tried += len(several)
    return tried


def check(
    opened: store.Store,
    several: list[list[Call]],
    values: dict[str, Any],
    searched: dict[str, Any] | None,
    seed: int = 0,
) -> None:
    """Raises DisagreementError where the replay and its reference differ."""

    def wrong(logs: list[list[Call]]) -> bool:
        return not agrees(opened, together(logs, random.Random(seed)), values, searched)

    if not wrong(several):
        return
    raise DisagreementError(shortest(several, wrong), values | (searched or {}))


def shortest(several: list[list[Call]], wrong: Callable[[list[list[Call]]], bool]) -> list[list[Call]]:
    """Fewer logs and calls that are wrong too: halves are left out, then smaller and smaller parts."""
    calls = [(number, call) for number, log in enumerate(several) for call in log]

    def as_logs(kept: list[tuple[int, Call]]) -> list[list[Call]]:
        return [[call for of, call in kept if of == number] for number in range(len(several))]

    size = len(calls)
    while size := size // 2:
        start = 0
        while start < len(calls):
            fewer = calls[:start] + calls[start + size :]
            calls, start = (fewer, start) if wrong(as_logs(fewer)) else (calls, start + size)
    return [log for log in as_logs(calls) if log]


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="random logs of each model")
    parser.add_argument("--model", choices=[*RULES], help="only this one")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="for all models together")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32), help="repeats the campaign that had it")
    asked = parser.parse_args(words)
    models = [asked.model] if asked.model else [*RULES]
    print(f"seed {asked.seed}", flush=True)
    started = time.monotonic()
    with store.in_memory() as opened:
        for number, model in enumerate(models, start=1):
            until = started + asked.seconds * number / len(models)
            try:
                print(f"{model}: {campaign(opened, model, asked.count, until, asked.seed):,} logs agree", flush=True)
            except DisagreementError as found:
                print(f"{model}: disagreement {found}", flush=True)


if __name__ == "__main__":
    main()
