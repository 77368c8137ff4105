"""The wrong part of a semantic cache's hits: known by labels alone, and a range that holds it as often as it says."""

from collections import defaultdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from llmcost.embeddings import wrong_hits
from llmcost.embeddings.wrong_hits import LEVEL, Hits, Judge, WrongShare, wrong_share
from llmcost.engine import facts, registry

ENCODER = "wordllama"
ROWS = facts.document(registry.queries_dir() / "facts" / "judged_hits.toml")["rows"]
UNLIKE_ANY = "adversarial pairs of PAWS"
"""Made so that the words are the same and the meaning is not: no other set says how often that misleads."""

SAMPLES = sorted({row["sample"] for row in ROWS})


def hits(cosine: Any, wrong: Any = None, labelled: Any = None, **other: Any) -> Hits:
    """Hits of these cosines, each on a pair of its own; by default without a label."""
    count = len(cosine)
    none = np.zeros(count, np.bool_)
    given = {
        "repeated": none,
        "elsewhere": none,
        "judged": none,
        "judged_right": none,
        "pair": np.arange(count),
        **other,
    }
    right = none if wrong is None else ~np.asarray(wrong)
    return Hits(cosine=np.asarray(cosine, float), right=right, labelled=none if labelled is None else labelled, **given)


def drawn(
    chance: np.random.Generator, count: int, level: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Cosines and which hits are wrong: more often, the farther the prompts are."""
    cosine = chance.uniform(0.88, 1, count)
    return cosine, chance.random(count) < level * (1 - cosine) / 0.06


@pytest.mark.parametrize("level", [0.05, 0.3, 0.6])
def test_three_hundred_labels_say_it_within_twenty_points_as_often_as_they_claim(level: float) -> None:
    chance, held, tries = np.random.default_rng(7), 0, 60
    for _ in range(tries):
        cosine, wrong = drawn(chance, 2000, level)
        labelled = np.zeros(2000, np.bool_)
        labelled[chance.choice(2000, 300, replace=False)] = True
        said = wrong_share(hits(cosine, wrong, labelled), ENCODER, only_right=False)
        assert said is not None
        assert said.share is not None
        assert said.high - said.low < 0.2
        assert said.low < said.share < said.high
        held += said.low <= wrong.mean() <= said.high
    assert held >= (LEVEL - 0.1) * tries


def test_more_labels_where_hits_are_doubtful_are_no_bias() -> None:
    """As a sample does that takes equally many of each similarity."""
    chance = np.random.default_rng(3)
    cosine, wrong = drawn(chance, 4000, 0.5)
    labelled = np.zeros(4000, np.bool_)
    for group, count in zip(np.array_split(np.argsort(cosine), 5), (120, 80, 60, 30, 30), strict=True):
        labelled[chance.choice(group, count, replace=False)] = True
    said = wrong_share(hits(cosine, wrong, labelled), ENCODER, only_right=False)
    assert said is not None
    assert said.share == pytest.approx(wrong.mean(), abs=0.05)
    assert wrong[labelled].mean() > wrong.mean() + 0.05, "the labels alone would say more"


def test_without_labels_there_is_a_range_and_no_number() -> None:
    said = wrong_share(hits([0.9] * 100), ENCODER, only_right=False)
    assert said is not None
    assert (said.share, said.low) == (None, 0)
    assert 0.2 < said.high < 1
    nearer = wrong_share(hits([0.985] * 100), ENCODER, only_right=False)
    assert nearer is not None
    assert nearer.high < said.high, "prompts that are nearer are less often wrong"
    assert wrong_share(hits([0.9]), "of nobody", only_right=False) == WrongShare(None, 0, 1)
    assert wrong_share(hits([]), ENCODER, only_right=False) is None


@pytest.mark.parametrize("encoder", ["wordllama", "minilm"])
@pytest.mark.parametrize("left_out", SAMPLES)
def test_the_range_of_the_other_judged_sets_holds_each(
    left_out: str, encoder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [row for row in ROWS if row["sample"] != left_out]
    monkeypatch.setattr(facts, "document", lambda _: {"rows": others})
    mine = [row for row in ROWS if (row["sample"], row["encoder"]) == (left_out, encoder) and row["low"] >= 0.88]
    cosine = [(row["low"] + row["high"]) / 2 for row in mine for _ in range(row["hits"])]
    wrong = sum(row["wrong"] for row in mine) / len(cosine)
    most = wrong_hits.most_of_other_traffic(np.array(cosine), encoder)
    assert (wrong <= most) == (left_out != UNLIKE_ANY)


def test_a_list_of_pairs_says_nothing_of_a_hit_on_another_partner() -> None:
    """Three hits on pairs of the list, two of them wrong, and two hits of prompts that stand there with another one."""
    elsewhere = np.array([False, False, False, True, True])
    said = wrong_share(
        hits([0.9] * 5, [True, True, False, False, False], ~elsewhere, elsewhere=elsewhere), ENCODER, only_right=False
    )
    assert said == WrongShare(None, pytest.approx(2 / 5), pytest.approx(4 / 5))


def test_a_list_of_right_pairs_makes_nothing_else_look_right() -> None:
    labelled = np.array([True] * 90 + [False] * 10)
    said = wrong_share(hits([0.9] * 100, [False] * 100, labelled, elsewhere=~labelled), ENCODER, only_right=True)
    assert said == WrongShare(None, 0, pytest.approx(0.1))


def test_hits_with_a_label_or_the_logged_answer_are_known() -> None:
    cosine, wrong = [0.9] * 4, [True, False, False, False]
    every = np.ones(4, np.bool_)
    assert wrong_share(hits(cosine, wrong, every), ENCODER, only_right=False) == WrongShare(0.25, 0.25, 0.25)
    first = np.array([True, False, False, False])
    said = wrong_share(hits(cosine, wrong, first, repeated=~first), ENCODER, only_right=False)
    assert said == WrongShare(0.25, 0.25, 0.25), "the others got their own answer"


def test_the_facts_are_whole() -> None:
    by_sample = defaultdict(list)
    for row in ROWS:
        assert 0 <= row["wrong"] <= row["hits"]
        assert row["source"]
        by_sample[row["sample"], row["encoder"]].append((row["low"], row["high"]))
    for bins in by_sample.values():
        assert all(low < high for low, high in bins)
        assert all(one[1] <= other[0] for one, other in zip(sorted(bins), sorted(bins)[1:], strict=False))


def judging(chance: np.random.Generator, wrong: npt.NDArray[np.bool_], alarms: float, missed: float) -> Any:
    """What a model that errs so often says of right and wrong pairs: whether they are right."""
    return np.where(wrong, chance.random(len(wrong)) < missed, chance.random(len(wrong)) >= alarms)


def test_the_errors_of_a_judge_are_taken_out_and_enter_the_range() -> None:
    """It calls a tenth of the right pairs wrong, and misses a fifth of the wrong ones."""
    chance, held, tries = np.random.default_rng(5), 0, 60
    for _ in range(tries):
        cosine, wrong = drawn(chance, 3000, 0.3)
        says = judging(chance, wrong, 0.1, 0.2)
        asked = np.zeros(3000, np.bool_)
        asked[chance.choice(3000, 400, replace=False)] = True
        people = np.zeros(3000, np.bool_)
        people[chance.choice(np.flatnonzero(asked), 120, replace=False)] = True
        both = [(bool(w), bool(s)) for w, s in zip(wrong[people], says[people], strict=True)]
        judge = Judge(*(both.count(one) for one in ((False, True), (False, False), (True, True), (True, False))))
        said = wrong_share(
            hits(cosine, wrong, people, judged=asked, judged_right=says), ENCODER, judge, only_right=False
        )
        assert said is not None
        assert said.share is not None
        held += said.low <= wrong.mean() <= said.high
        trusted = wrong_share(hits(cosine, ~says, asked), ENCODER, only_right=False)
        assert trusted is not None
        assert trusted.high - trusted.low < said.high - said.low, "as if the model were right"
    assert held >= (LEVEL - 0.1) * tries


def test_a_judge_that_nobody_has_checked_says_nothing() -> None:
    every = np.ones(100, np.bool_)
    asked = hits([0.9] * 100, judged=every, judged_right=every)
    assert wrong_share(asked, ENCODER, Judge(19, 0, 0, 0), only_right=False) == wrong_share(
        hits([0.9] * 100), ENCODER, only_right=False
    )
