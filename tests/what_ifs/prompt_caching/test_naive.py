"""prompt-caching against the plainest possible second version of it, on random small logs and a production trace."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost.engine import store
from tests.what_ifs.calls import Block, Call, fill
from tests.what_ifs.prompt_caching import naive
from tests.what_ifs.prompt_caching.naive_rules import QUESTIONS, RULES
from tests.what_ifs.prompt_caching.replay import provider, replayed, run

SIZES = {"a": 1100, "b": 3000, "c": 130, "d": 600}


def prompt(letters: str) -> tuple[Block, ...]:
    """A prompt of blocks: every prefix has its own hash, and its tokens are counted up."""
    return tuple(
        (letters[: end + 1], sum(SIZES[letter] for letter in letters[: end + 1])) for end in range(len(letters))
    )


def often(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """Mostly the usual value, so that requests have something in common."""
    return st.sampled_from([*[usual] * 3 * len(others), *others])


@st.composite
def logs(draw: st.DrawFn, known: Sequence[str] = tuple(RULES)) -> list[Call]:
    """A short log of few prompts, sent in bursts, within a life of each other, and just beyond it."""
    models = draw(st.lists(st.sampled_from(known), min_size=1, max_size=2)) + draw(often([], ["some-model"]))
    texts = draw(st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=3))
    turns = draw(often("", "c" * 16))  # so that what was written last stands about 20 blocks before the end
    unseen = draw(st.booleans())
    now = 0.0
    calls = []
    for number in range(draw(st.integers(0, 25))):
        now += draw(often(0, 0.5, 1, 2, 30, 299, 300, 301, 450, 451, 600, 1800, 3600, 3601, 10801))
        text = (
            draw(st.sampled_from(texts)) + turns[: draw(st.sampled_from([0, 16]))] + draw(st.text("abcd", max_size=4))
        )
        calls.append(
            Call(
                name=str(number),
                at=draw(often(now, None)),
                provider=provider(model := draw(st.sampled_from(models))),
                model=model,
                blocks=() if unseen and number % 5 else prompt(text),
                system=draw(often(2, None, 0, 1, 3)),
                session=draw(often("s", None, "t")),
                feature=draw(often("f", None)),
                project=draw(often(None, "p")),
                prompt_id=draw(often(None, "i")),
                organisation=draw(often(None, "o")),
                cache_key=draw(often(None, "", "k", "l")),
                retention=draw(often(None, "in_memory", "24h")),
                agent=draw(often(None, "x")),
                copied=draw(often(False, True)),
                continues=draw(often(None, str(draw(st.integers(0, 25))))),
                history_began=draw(often(None, 900, 4000)),
                tier=draw(often("standard", "flex", "batch")),
                took=draw(often(None, 0, 0.5, 400)),
                ttft_s=draw(st.sampled_from([0, 0.5, 1, 2, None, 400])),
                ok=draw(often(True, False)),
                calls=draw(often(1, 4)),
                buckets=(
                    draw(often(20000, 0, 900, 4000, 4100, 6000, 6010, 9000)),
                    *draw(often((0, 0, 0), (5000, 0, 0), (0, 500, 0), (0, 0, 3000))),
                ),
            )
        )
    return calls


questions = st.sampled_from(["none", "all"]) | st.lists(st.sampled_from(QUESTIONS), min_size=1, unique=True).map(
    ",".join
)

parameters = st.fixed_dictionaries(
    {"recorded": often("replay", "keep")},
    optional={
        "automatic": often("replay", "keep"),
        "pessimistic": questions,
        "optimistic": questions,
        "burst": st.integers(1, 3),
        "ttl": st.sampled_from(["5m", "1h", "recorded", "endless"]),
        "breakpoints": often("explicit", "auto", "tools", "system", "implicit", "as-logged"),
        "ttft_ms": st.sampled_from([0, 1000]),
        "slack_s": st.sampled_from([0, 150.5]),
        "base_share": st.sampled_from([0, 0.6, 1]),
        "others_every_s": st.sampled_from([None, 300, 2700]),
        "miss_rate": st.sampled_from([0, 0.25, 1]),
        "rewritten_below": st.sampled_from([0, 0.95, 1]),
    },
)


def together(several: list[list[Call]], names: Any) -> list[Call]:
    """The logs as one, with providers of their own, and names in another order than their own, which decides ties."""
    calls = [replace(c, provider=f"{c.provider} {number}") for number, log in enumerate(several) for c in log]
    order = list(range(len(calls)))
    names.shuffle(order)
    logged = [call.provider.rpartition(" ")[2] for call in calls]
    named = {(log, call.name): f"r{number:02}" for log, call, number in zip(logged, calls, order, strict=True)}
    return [
        replace(call, name=named[log, call.name], continues=named.get((log, call.continues or "")))
        for log, call in zip(logged, calls, strict=True)
    ]


@settings(max_examples=30)
@given(
    several=st.lists(logs(), min_size=1, max_size=3), names=st.randoms(use_true_random=False), given_values=parameters
)
def test_it_agrees_with_the_naive_replay_and_keeps_the_length_of_prompts(
    opened: store.Store, several: list[list[Call]], names: Any, given_values: dict[str, Any]
) -> None:
    """One replay of several logs is that of each, and quicker."""
    calls = together(several, names)
    after = replayed(opened, calls, **given_values)
    assert after == naive.replayed(opened, calls, **given_values)
    assert {name: sum(buckets) for name, buckets in after.items()} == {call.name: call.total for call in calls}
    assert all(min(buckets) >= 0 for buckets in after.values())


def test_requests_of_one_moment_go_one_after_another(opened: store.Store) -> None:
    """In the order of a hash: which one is the first is not said here."""
    calls = [Call(name, blocks=(("sys", 2000),), buckets=(2000, 0, 0, 0), took=None) for name in "abc"]
    assert sorted(replayed(opened, calls, ttft_ms=0).values()) == [(0, 0, 2000, 0), (0, 2000, 0, 0), (0, 2000, 0, 0)]


def test_an_empty_log(opened: store.Store) -> None:
    assert replayed(opened, []) == {}


# --- a production trace -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mooncake(shared_data: Path) -> list[Call]:
    """A chat service's hour: every prompt a list of blocks, counted here as 512 tokens each."""
    lines = (shared_data / "mooncake_conversation_trace.jsonl").read_text(encoding="utf-8").splitlines()
    calls = []
    for number, line in enumerate(lines):
        row = json.loads(line)
        blocks = tuple((str(name), 512 * (end + 1)) for end, name in enumerate(row["hash_ids"]))
        calls.append(
            Call(
                f"{number:05}",
                row["timestamp"] / 1000,
                model="claude-opus-5",
                ttft_s=0,
                blocks=blocks,
                buckets=(blocks[-1][1], 0, 0, 0),
            )
        )
    return calls


def test_an_endless_cache_on_a_production_trace(opened: store.Store, mooncake: list[Call]) -> None:
    after = replayed(opened, mooncake, ttl="endless", breakpoints="explicit")
    read = sum(buckets[1] for buckets in after.values()) // 512
    blocks = sum(len(call.blocks or ()) for call in mooncake)
    assert (read, blocks) == (105710, 288500), "36.64% of the blocks were seen before"


def test_lives_on_a_production_trace(opened: store.Store, mooncake: list[Call]) -> None:
    slow = [replace(call, ttft_s=(number % 7) * 0.8) for number, call in enumerate(mooncake)]
    fill(opened, slow)
    for ttl in ("5m", "1h"):
        given = {"ttl": ttl, "breakpoints": "explicit"}
        assert run(opened, **given) == naive.replayed(opened, slow, **given)
