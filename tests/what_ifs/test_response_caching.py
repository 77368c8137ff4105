"""response-caching against the plainest possible second version of it, and against cases worked out by hand."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost.engine import registry, store
from llmcost.engine.compose import compose
from llmcost.errors import UsageError
from llmcost.what_ifs.engine import replay, step
from llmcost.what_ifs.kernels import cached_answers
from llmcost.what_ifs.kernels.kernel import Replayed, ordered, selected
from llmcost.what_ifs.kernels.response_caching import KERNEL, Hits
from tests.what_ifs.calls import Call, fill, for_kernel


def hits(calls: list[Call], **given: Any) -> dict[str, str]:
    """The names of the calls that were answered, each with how the answers compare."""
    parameters = {"ttl": "10", "refresh": False, "scope": "shared", "capacity": None} | given
    replayed = KERNEL.replay(for_kernel(KERNEL, calls), **parameters).decisions
    return dict(zip(replayed["request_id"].to_pylist(), replayed["cached_answer"].to_pylist(), strict=True))


def naive(calls: list[Call], life: float, refresh: bool, scope: str, capacity: float) -> dict[str, str]:
    """The same, one event after another over a plain list of entries, the least recently used first."""
    asking = [
        call
        for call in calls
        if (call.at is not None and call.prompt is not None and call.calls == 1)
        and (call.buckets[0] + call.output or not call.ok)
        and (scope == "shared" or call.user is not None)
    ]
    asking.sort(key=lambda call: (call.at, call.name))
    entries: list[dict[str, Any]] = []
    writes: list[tuple[int, int]] = []
    found = {}
    for number, call in enumerate(asking):
        for written, writer in sorted(write for write in writes if write[0] <= call.at):
            writes.remove((written, writer))
            key = _key(asking[writer], scope)
            entries = [entry for entry in entries if entry["ends"] > written and entry["key"] != key]
            entries = entries[1:] if len(entries) >= capacity else entries
            if capacity:
                entries.append({"key": key, "ends": written + life, "answer": _answer(asking[writer])})
        mine = [entry for entry in entries if entry["key"] == _key(call, scope) and entry["ends"] > call.at]
        if mine:
            entries.remove(mine[0])
            entries.append(mine[0] | ({"ends": call.at + life} if refresh else {}))
            answers = {_answer(call), mine[0]["answer"]}
            found[call.name] = "unknown" if None in answers else "same" if len(answers) == 1 else "differs"
        elif call.ok:
            writes.append((call.at + (3 if call.took is None else call.took), number))
    return found


def _answer(call: Call) -> str | None:
    """What is known of an answer: an empty one is no evidence."""
    return call.answer if call.output else None


def _key(call: Call, scope: str) -> object:
    return (call.prompt, call.user) if scope == "user" else call.prompt


answers = st.sampled_from([None, "x", "y"])
logs = st.lists(
    st.builds(
        Call,
        name=st.just(""),
        at=st.integers(0, 30) | st.none(),
        took=st.integers(0, 4) | st.integers(0, 20) | st.none(),
        prompt=st.sampled_from(["a", "b", "c", None]),
        user=st.sampled_from(["u", "v", None]),
        ok=st.sampled_from([True, True, True, False]),
        answer=answers,
        buckets=st.sampled_from([(7, 1, 2, 3), (7, 1, 2, 3), (0, 1, 2, 3)]),
        output=st.sampled_from([10, 10, 0]),
        calls=st.sampled_from([1, 1, 1, 5]),
    ),
    max_size=30,
)


@given(
    calls=logs,
    names=st.randoms(use_true_random=False),
    life=st.sampled_from([0, 1, 3, 8, 25, None]),
    refresh=st.booleans(),
    scope=st.sampled_from(["shared", "user"]),
    capacity=st.sampled_from([None, None, 0, 1, 2, 3]),
)
def test_it_agrees_with_the_naive_replay(
    calls: list[Call], names: Any, life: int | None, refresh: bool, scope: str, capacity: int | None
) -> None:
    order = list(range(len(calls)))
    names.shuffle(order)
    calls = [replace(call, name=f"r{number:02}") for call, number in zip(calls, order, strict=True)]
    ttl = None if life is None else str(life)
    infinite = float("inf")
    assert hits(calls, ttl=ttl, refresh=refresh, scope=scope, capacity=capacity) == naive(
        calls, infinite if life is None else life, refresh, scope, infinite if capacity is None else capacity
    )


@given(
    calls=st.lists(
        st.builds(Call, name=st.just(""), at=st.integers(0, 200), took=st.integers(0, 3), ok=st.booleans()),
        max_size=120,
    ),
    life=st.integers(3, 40),
    refresh=st.booleans(),
)
def test_long_histories_of_one_prompt_agree_too(calls: list[Call], life: int, refresh: bool) -> None:
    calls = [replace(call, name=f"r{number:03}") for number, call in enumerate(calls)]
    expected = naive(calls, life, refresh, "shared", float("inf"))
    assert hits(calls, ttl=str(life), refresh=refresh) == expected


# Prompts that are asked again in step with the cache's life, so that many requests come exactly at an end; fewer places
# than prompts, so that one request after another is looked at.
tight = st.lists(
    st.builds(
        Call,
        name=st.just(""),
        at=st.integers(0, 12),
        took=st.integers(0, 2),
        prompt=st.sampled_from(["a", "b", "c", "d"]),
        ok=st.sampled_from([True, True, True, False]),
        answer=answers,
    ),
    min_size=8,
    max_size=30,
)


@settings(max_examples=150)
@given(calls=tight, life=st.integers(1, 4), refresh=st.booleans(), capacity=st.integers(1, 3))
def test_a_full_cache_agrees_with_the_naive_replay(calls: list[Call], life: int, refresh: bool, capacity: int) -> None:
    calls = [replace(call, name=f"r{number:02}") for number, call in enumerate(calls)]
    found = hits(calls, ttl=str(life), refresh=refresh, capacity=capacity)
    assert found == naive(calls, life, refresh, "shared", capacity)


@settings(max_examples=100)
@given(
    calls=st.lists(
        st.builds(Call, name=st.just(""), at=st.integers(0, 20), took=st.sampled_from([0, 1, 5, 9])),
        min_size=6,
        max_size=25,
    ),
    life=st.integers(1, 4),
    refresh=st.booleans(),
)
def test_answers_slower_than_a_life_agree_with_the_naive_replay(calls: list[Call], life: int, refresh: bool) -> None:
    calls = [replace(call, name=f"r{number:02}") for number, call in enumerate(calls)]
    assert hits(calls, ttl=str(life), refresh=refresh) == naive(calls, life, refresh, "shared", float("inf"))


FULL = [Call("x", at=100, prompt="x"), Call("y", at=101, prompt="y"), Call("z", at=102, prompt="z")]
"""With these a cache of two answers is too small for the log, and nothing else changes before second 100."""


@pytest.mark.parametrize("given", [{}, {"capacity": 2}], ids=["endless", "two answers"])
def test_a_hit_does_not_extend_the_life_unless_asked_to(given: dict[str, int]) -> None:
    calls = [Call(f"r{second:02}", at=second) for second in (0, 6, 12, 18, 28, 37)] + FULL
    assert set(hits(calls, **given)) == {"r06", "r18", "r37"}
    assert set(hits(calls, refresh=True, **given)) == {"r06", "r12", "r18", "r37"}


@pytest.mark.parametrize("given", [{}, {"capacity": 2}], ids=["endless", "two answers"])
@pytest.mark.parametrize("refresh", [False, True])
def test_a_request_exactly_at_the_end_of_a_life_misses(given: dict[str, int], refresh: bool) -> None:
    calls = [Call("a", at=0), Call("b", at=10), Call("c", at=19), Call("d", at=29), *FULL]
    assert set(hits(calls, refresh=refresh, **given)) == {"c"}


def test_the_life_begins_when_the_answer_is_there_and_ends_before_it_is_over() -> None:
    calls = [Call("a", at=0, took=5), Call("b", at=14), Call("c", at=15)]
    assert set(hits(calls)) == {"b"}


def test_parallel_requests_all_miss() -> None:
    calls = [Call("a", at=0, took=3), Call("b", at=1, took=3), Call("c", at=2, took=3), Call("d", at=3)]
    assert set(hits(calls)) == {"d"}


def test_at_the_same_moment_the_request_id_decides() -> None:
    assert set(hits([Call("b", took=0), Call("a", took=0)])) == {"b"}
    assert set(hits([Call("b", took=0), Call("a", took=1)])) == set()


def test_errors_are_answered_but_never_stored() -> None:
    assert set(hits([Call("a", ok=False), Call("b", at=1), Call("c", at=2, ok=False)])) == {"c"}


def test_users_share_only_when_allowed() -> None:
    calls = [Call("a", user="u"), Call("b", at=1, user="v"), Call("c", at=2, user="u"), Call("d", at=3, user=None)]
    assert set(hits(calls)) == {"b", "c", "d"}
    assert set(hits(calls, scope="user")) == {"c"}


def test_the_least_recently_used_answer_gives_way() -> None:
    calls = [Call(f"{number}{prompt}", at=number, prompt=prompt) for number, prompt in enumerate("abacba")]
    assert set(hits(calls, capacity=2)) == {"2a"}
    assert set(hits(calls, capacity=3)) == {"2a", "4b", "5a"}


def test_an_answer_later_than_a_life_leaves_a_gap() -> None:
    calls = [Call("a", at=0, took=1), Call("b", at=0, took=30), Call("c", at=5), Call("d", at=15), Call("e", at=30)]
    assert set(hits(calls)) == {"c", "e"}


def test_the_answer_served_is_the_newest_of_the_same_prompt() -> None:
    calls = [Call("a", answer="x"), Call("b", at=1, answer="x")]
    calls += [Call("c", prompt="b", answer="y"), Call("d", at=1, prompt="b", answer="y")]
    calls += [Call("e", took=2, prompt="c", answer="x"), Call("f", at=1, took=2, prompt="c", answer="y")]
    calls += [Call("g", at=2, prompt="c", answer="x"), Call("h", at=3, prompt="c", answer="y")]
    calls += [Call("k", took=3, prompt="e", answer="x"), Call("l", at=0, took=2, prompt="e", answer="y")]
    calls += [Call("m", at=4, prompt="e", answer="x")]
    assert hits(calls) == dict.fromkeys("bdghm", "same")


def test_false_hits_are_counted_where_the_log_holds_both_answers() -> None:
    calls = [
        Call("a", answer="x"), Call("b", at=1, answer="x"), Call("c", at=2, answer="y"), Call("d", at=3),
    ]  # fmt: skip
    replayed = KERNEL.replay(for_kernel(KERNEL, calls), ttl="1h", refresh=False, scope="shared", capacity=None)
    measured = replayed.found.answers
    assert (measured.hits, measured.compared, measured.differing, measured.share) == (3, 2, 1, 0.5)


def test_without_answers_nothing_is_measured() -> None:
    replayed = KERNEL.replay(for_kernel(KERNEL, []), ttl="1h", refresh=False, scope="shared", capacity=None)
    assert replayed.found.answers.share is None


@pytest.mark.parametrize(
    ("ttl", "seconds"), [("90", 90), ("15m", 900), ("1h", 3600), ("7d", 604800), ("0.5s", 0.5), ("0", 0)]
)
def test_a_life_is_read_as_written(ttl: str, seconds: float) -> None:
    assert cached_answers.microseconds(ttl) == seconds * 1_000_000


@pytest.mark.parametrize("ttl", ["", "soon", "1w", "-1", "nan", "inf", "1e300", "h"])
def test_what_is_no_length_of_time_is_refused(ttl: str) -> None:
    with pytest.raises(UsageError, match="not a length of time"):
        cached_answers.microseconds(ttl)


def test_a_negative_capacity_is_refused() -> None:
    with pytest.raises(UsageError, match="capacity"):
        hits([Call("a")], capacity=-1)


@pytest.fixture(scope="module")
def opened() -> Iterator[store.Store]:
    with store.in_memory() as made:
        yield made


def replayed(opened: store.Store, **given: str) -> Replayed[Hits]:
    """What the kernel makes of what the driver hands it."""
    requests = opened.arrow(f"select {selected(KERNEL)} from requests order by {ordered(KERNEL)}")
    return KERNEL.replay(requests, **registry.find("what_ifs", "response-caching").bind(given))


def applied(opened: store.Store, **given: str) -> pa.Table:
    """The what-if as the driver runs it: the kernel, then the query over its decisions."""
    query = registry.find("what_ifs", "response-caching")
    what_if = step.WhatIf(query, query.bind(given))
    made = compose([("requests", "select * from requests"), *step.steps(what_if)], "select * from requests")
    with opened.relation("replayed", replayed(opened, **given).decisions):
        return opened.arrow(f"select * from ({made}) order by request_id", what_if.values)


def before(opened: store.Store) -> pa.Table:
    return opened.arrow("select * from requests order by request_id")


def test_a_hit_keeps_its_row_and_says_where_it_was_served(opened: store.Store) -> None:
    fill(opened, [Call("a", answer="x"), Call("b", at=1, answer="y", took=4), Call("c", at=2, prompt="b")])
    after = applied(opened, differing="served")
    assert after.schema == before(opened).schema
    a, b, c = after.to_pylist()
    assert [a, c] == [before(opened).to_pylist()[place] for place in (0, 2)]
    told = {name: b[name] for name in ("answered_by", "answered_from", "answer_similarity", "cached_answer")}
    assert told == {"answered_by": "cache", "answered_from": "a", "answer_similarity": 1.0, "cached_answer": "differs"}
    assert (b["requests_answered"], b["tags"]) == (0, before(opened).to_pylist()[1]["tags"])
    assert [value for name, value in b.items() if name.endswith("put_tokens") or "_write_" in name] == [
        0,
        0,
        0,
        0,
        None,
    ]
    assert (b["cache_read_tokens"], b["latency_ms"], b["cost_override_usd"], b["prompt_hash"]) == (0, 0, 0, "a")


def test_two_empty_answers_are_no_evidence(opened: store.Store) -> None:
    fill(opened, [Call("a", answer="x", output=0), Call("b", at=1, answer="x", output=0)])
    summary = KERNEL.summary([replayed(opened).found])
    assert (summary["hits"], summary["hits_with_both_answers_in_the_log"]) == (1, 0)
    assert KERNEL.summary([replayed(opened, differing="doubted").found])["hits"] == 0


def test_a_hit_whose_answer_differs_may_be_asked_again(opened: store.Store) -> None:
    answers = ("x", "x", "y", None)
    fill(opened, [Call(f"r{at}", at=at, answer=answer) for at, answer in enumerate(answers)])
    for differing, served in (("served", ["r1", "r2", "r3"]), ("asked", ["r1", "r3"]), ("doubted", ["r1"])):
        after = applied(opened, differing=differing).to_pylist()
        assert [row["request_id"] for row in after if row["input_tokens"] == 0] == served
        summary = KERNEL.summary([replayed(opened, differing=differing).found])
        assert (summary["hits"], summary["hits_asked_again"]) == (len(served), 3 - len(served))
        assert ("save nothing" in summary["notes"][0]) == (differing != "served")


def test_an_answer_of_unknown_latency_takes_what_is_assumed() -> None:
    calls = [Call("a", took=None), Call("b", at=3, took=1), Call("c", at=7, took=1)]
    assert set(hits(calls)) == {"b", "c"}
    assert set(hits(calls, latency_ms=5000)) == {"c"}
    assert set(hits([Call("a", took=None), Call("b", took=None)])) == set(), "asked at once, neither is there yet"


@settings(max_examples=20)
@given(calls=logs)
def test_neutral_parameters_change_nothing(opened: store.Store, calls: list[Call]) -> None:
    calls = [replace(call, name=f"r{number:02}") for number, call in enumerate(calls)]
    fill(opened, calls)
    assert applied(opened, ttl="0").equals(before(opened))
    assert applied(opened, capacity="0").equals(before(opened))


def test_what_one_cache_answered_never_reaches_the_next(opened: store.Store) -> None:
    fill(opened, [Call(f"r{second}", at=second) for second in range(5)])
    once = applied(opened)
    with opened.relation("once", once):
        opened.execute("delete from requests")
        opened.execute("insert into requests select * from once")
    assert applied(opened, ttl="none", refresh="true").equals(once)


def test_a_large_log_is_replayed_in_shares_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = [
        Call(f"r{n:03}", at=n, prompt="abcdefgh"[n // 2 * 7 % 8], answer="xy"[n // 9 % 2], user="uv"[n // 16 % 2])
        for n in range(120)
    ]
    results = []
    for at_once in (1000, 30):
        monkeypatch.setattr(replay, "ROWS_AT_ONCE", at_once)
        with store.in_memory() as opened:
            fill(opened, calls)
            words = (
                "response-caching:ttl=20",
                "response-caching:scope=user,refresh=true",
                "response-caching:capacity=3",
            )
            for word in words:
                said = step.run(opened, step.parse(word), "requests", "after")
                results.append((said, opened.rows("select * from after order by request_id")))
    assert results[:3] == results[3:]
    assert all(said and said["hits"] and said["share_of_those_whose_cached_answer_differs"] for said, _ in results)
