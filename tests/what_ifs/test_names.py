"""Parameters that take names: however a list is written, it means the same, in every what-if."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from llmcost.engine import registry, store
from llmcost.errors import UsageError
from llmcost.prices import book
from llmcost.what_ifs.engine import step
from tests.logs import Row
from tests.what_ifs.traffic import START_US, fill

FEATURES = ("digest", "chat", "search, old", "digest-2", None)
ROWS: list[Row] = [
    {
        "model": "claude-opus-4-7" if n % 2 else "claude-haiku-4-5",
        "ts": START_US + n * 1_000_000,
        "feature": FEATURES[n % len(FEATURES)],
        "task_type": ("classification", "extraction", "chat")[n % 3],
        "complexity": 0.2,
        "input_tokens": 1000 + n,
        "output_tokens": 50,
        "prefix": [{"hash": "system", "tokens": 800}, {"hash": f"turn {n}", "tokens": 1000 + n}],
        "system_blocks": 1,
    }
    for n in range(40)
]
NAMED = [
    ("batch-api", "features"),
    ("batch-api", "task_types"),
    ("model-swap:target=gpt-4o", "features"),
    ("model-swap:target=gpt-4o", "models"),
    ("routing:upgrade=false", "features"),
    ("routing:upgrade=false", "simple_tasks"),
    ("request-batching:seconds=600", "features"),
    ("request-batching:seconds=600", "task_types"),
    ("self-hosted:count=1", "features"),
    ("self-hosted:count=1", "task_types"),
    ("self-hosted:count=1", "from_models"),
]
COLUMN = {"features": "feature", "task_types": "task_type", "simple_tasks": "task_type"}
TWO = {
    "feature": ("digest", "chat"),
    "task_type": ("classification", "extraction"),
    "model": ("claude-opus-4-7", "claude-haiku-4-5"),
}


@pytest.fixture(scope="module")
def opened() -> Iterator[store.Store]:
    with store.in_memory() as made:
        fill(made, ROWS)
        for model in TWO["model"]:
            book.resolve(made, model)  # makes its prices known: what is not sold as a batch stays
        yield made


def changed(opened: store.Store, what_if: str, setting: str = "") -> set[str]:
    """The requests that a step changes."""
    word = f"{what_if}{',' if ':' in what_if else ':'}{setting}" if setting else what_if
    made = step.parse(word)
    step.run(opened, step.settled(opened, made), "requests", "after")
    rows = opened.rows("select request_id from (select * from after except select * from requests)")
    return {row["request_id"] for row in rows}


def test_every_parameter_that_takes_names_of_the_log_is_tried_here() -> None:
    known = {
        (query.name, parameter.name)
        for query in registry.load("what_ifs").values()
        for parameter in query.parameters
        if parameter.type == "names" and not parameter.choices
    }
    elsewhere = {
        ("batch-api", "tiers"),
        ("explicit-caching", "features"),  # needs Gemini's traffic
        ("self-hosted", "waiting"),  # changes when requests are sent, not which (tests/self_hosting/test_idle.py)
    }
    assert known - elsewhere == {(word.partition(":")[0], parameter) for word, parameter in NAMED}


@pytest.mark.parametrize(("what_if", "parameter"), NAMED)
def test_a_list_means_the_same_however_it_is_written(opened: store.Store, what_if: str, parameter: str) -> None:
    one, other = TWO[COLUMN.get(parameter, "model")]
    ways = (f'"{one},{other}"', f'"{other}, {one}"', f"{one},{other}", f"{one}, {other} ,", f"{one},{other},{one}")
    first, *others = (changed(opened, what_if, f"{parameter}={way}") for way in ways)
    assert first
    assert others == [first] * (len(ways) - 1)


@pytest.mark.parametrize(("what_if", "parameter"), NAMED)
def test_all_of_them_none_of_them_and_some(opened: store.Store, what_if: str, parameter: str) -> None:
    every, nobody = (changed(opened, what_if, f"{parameter}={word}") for word in ("all", "none"))
    assert every
    if parameter != "simple_tasks":
        assert not nobody
    if (what_if, parameter) not in (
        ("request-batching:seconds=600", "task_types"),
        ("routing:upgrade=false", "simple_tasks"),
    ):
        assert changed(opened, what_if) == every, "omitted, it means all"
    one, _ = TWO[COLUMN.get(parameter, "model")]
    assert changed(opened, what_if, f"{parameter}={one[:4]}*") == changed(
        opened, what_if, f"{parameter}={_like(one[:4])}"
    )


def _like(start: str) -> str:
    """The names of the rows that begin so, written out."""
    values = {str(row[name]) for row in ROWS for name in ("feature", "task_type", "model")}
    return ",".join(sorted(value for value in values if value.startswith(start)))


@pytest.mark.parametrize(
    "word",
    [
        "batch-api:features=digest,chat",
        "batch-api:features=none",
        "request-batching:items=2,task_types=all",
        "batch-api",
    ],
)
def test_a_step_is_printed_as_it_can_be_typed(word: str) -> None:
    assert step.parse(word).word == word
    assert step.parse(step.parse(word).word) == step.parse(word)


def test_a_list_from_an_older_version_is_still_understood() -> None:
    """A scenario keeps its steps as words."""
    assert step.parse('batch-api:features="digest,chat"').values["features"] == ["digest", "chat"]


PIECES = st.text(st.sampled_from("ab_%\\.*[?"), max_size=4)


@given(st.lists(PIECES, max_size=3), PIECES)
@example(["a_"], "ab")
@example(["a%"], "ab")
@example(["a\\*"], "a\\b")
@example(["[ab]"], "a")
def test_only_the_star_stands_for_others(names: list[str], name: str) -> None:
    expected = any(re.fullmatch(".*".join(map(re.escape, one.split("*"))), name) for one in names)
    with store.in_memory() as opened:
        assert opened.value("select is_named($name, $names)", {"name": name, "names": names}) == expected


def test_a_list_of_choices_takes_nothing_else() -> None:
    assert step.parse("prompt-caching:pessimistic=life,minimum").values["pessimistic"] == ["life", "minimum"]
    with pytest.raises(UsageError, match="pessimistic=lief is not a choice"):
        step.parse("prompt-caching:pessimistic=lief")


def test_no_name_is_none_of_the_names() -> None:
    with store.in_memory() as opened:
        assert opened.value("select is_named(null, ['*'])") is False
        assert opened.value("select is_named(null, null)") is True
