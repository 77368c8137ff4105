"""Each vendor's cache against its naive reference on many random logs, every parameter random.

    python -m tests.what_ifs.prompt_caching.campaign --count 1000 [--model MODEL] [--seconds 300]

A campaign that finds nothing prints how many logs it tried of each model; the tests run a few.
"""

import argparse
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from llmcost.engine import store
from tests.what_ifs.calls import Call
from tests.what_ifs.prompt_caching import naive, naive_cheapest
from tests.what_ifs.prompt_caching.replay import replayed
from tests.what_ifs.prompt_caching.test_naive import logs, parameters, together

SEARCHED = st.one_of(
    st.fixed_dictionaries({"ttl": st.just("auto")}),
    st.fixed_dictionaries({"breakpoints": st.just("best")}, optional={"ttl": st.sampled_from(["5m", "1h", "auto"])}),
)


TOGETHER = 3
"""How many logs are replayed at once, each of a provider of its own: more than one costs little more."""


class OutOfTime(KeyboardInterrupt):
    """The campaign's time is over: what Hypothesis lets through."""


def several_of(model: str) -> st.SearchStrategy[list[list[Call]]]:
    return st.lists(logs([model]), min_size=TOGETHER, max_size=TOGETHER)


def check(opened: store.Store, calls: list[Call], values: dict[str, Any], searched: dict[str, Any] | None) -> None:
    """Raises AssertionError where the replay and its reference differ."""
    if searched is None:
        assert replayed(opened, calls, **values) == naive.replayed(opened, calls, **values)
        return
    values = {name: value for name, value in values.items() if name not in ("ttl", "breakpoints")} | searched
    after = replayed(opened, calls, **values)
    assert naive_cheapest.disagreements(opened, calls, after, **values) == []


def campaign(opened: store.Store, model: str, count: int, until: float = float("inf")) -> int:
    """Tries so many random logs of a model, or as many as can be until that moment. Returns how many it tried.

    It tries TOGETHER at once, and so up to so many more.
    """
    tried = 0

    @settings(
        max_examples=-(-count // TOGETHER),
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(several_of(model), st.randoms(use_true_random=False), parameters, st.none() | SEARCHED)
    def some(several: list[list[Call]], names: Any, values: dict[str, Any], searched: dict[str, Any] | None) -> None:
        nonlocal tried
        if time.monotonic() > until:
            raise OutOfTime
        check(opened, together(several, names), values, searched)
        tried += len(several)

    with suppress(OutOfTime):
        some()
    return tried


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="random logs of each model")
    parser.add_argument("--model", choices=[*naive.RULES], help="only this one")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="for all models together")
    given_words = parser.parse_args(words)
    models = [given_words.model] if given_words.model else [*naive.RULES]
    started = time.monotonic()
    with store.in_memory() as opened:
        for number, model in enumerate(models, start=1):
            until = started + given_words.seconds * number / len(models)
            print(f"{model}: {campaign(opened, model, given_words.count, until):,} logs agree", flush=True)


if __name__ == "__main__":
    main()
