"""How many hits on similar prompts are wrong, as far as labels tell, or judged sets of other traffic.

A number is given only where labels give it: vectors and vetoes cannot tell a question that is new from one asked in
other words. Without labels there is a range, from none to the most that was found on judged sets of other traffic at
the same similarity. With labels, hits without one are taken to be wrong as often as those with one of about the same
similarity, unless the labels are a list of pairs on which the request's prompt has another partner: such a list says
nothing of that hit.

The limits are quantiles of draws from Jeffreys' posteriors, Beta(wrong + 1/2, right + 1/2), and of binomial counts from
them: L. D. Brown, T. T. Cai, A. DasGupta, Statistical Science 16:101, 2001, section 4.
"""

# ruff: noqa: TID253 - imported by the what-if that needs it

from collections import defaultdict
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from llmcost.engine import facts, registry

LEVEL = 0.9
"""The share of the draws inside a range."""

STRATA = 5
"""Groups of hits of about the same similarity, as many hits in each, within which labels speak for the others."""

FEWEST = 20
"""Labels that a group of hits needs, else there are fewer groups."""

_LEAST_USE = 0.05
"""The least by which a judge's answers are taken to tell right pairs from wrong ones: dividing by less says nothing."""

_DRAWS = 4000
_SEED = 0

Draws = npt.NDArray[np.float64]


@dataclass(frozen=True)
class WrongShare:
    """The part of the hits on similar prompts that is wrong, 0 to 1: None where it is not known, and its range."""

    share: float | None
    low: float
    high: float


@dataclass(frozen=True)
class Hits:
    """Hits on similar prompts, one element each."""

    cosine: npt.NDArray[np.float64]
    pair: npt.NDArray[np.int64]  # which two prompts: one label speaks for all hits on its pair
    right: npt.NDArray[np.bool_]  # what its label says, where it has one
    labelled: npt.NDArray[np.bool_]
    judged_right: npt.NDArray[np.bool_]  # what a model says, where it has judged the pair
    judged: npt.NDArray[np.bool_]
    repeated: npt.NDArray[np.bool_]  # the logged answers are the same, so it is right, whatever the prompts say
    elsewhere: npt.NDArray[np.bool_]  # without a label, though its prompt has one with another

    def __len__(self) -> int:
        return len(self.cosine)

    def part(self, of: npt.NDArray[np.bool_]) -> "Hits":
        """Some of them."""
        return Hits(*(getattr(self, name.name)[of] for name in fields(self)))


@dataclass(frozen=True)
class Judge:
    """How a model judged pairs that people have labelled: right or wrong, as they say, and as it does."""

    right_right: int
    right_wrong: int
    wrong_right: int
    wrong_wrong: int

    @property
    def compared(self) -> int:
        """How many pairs both have judged."""
        return self.right_right + self.right_wrong + self.wrong_right + self.wrong_wrong

    @property
    def differed(self) -> int:
        """On how many of these it says otherwise."""
        return self.right_wrong + self.wrong_right

    def errors(self, chance: np.random.Generator) -> tuple[Draws, Draws]:
        """Draws of how often it calls right pairs wrong, and misses wrong ones: the same errors wherever it judges."""
        alarms = chance.beta(self.right_wrong + 0.5, self.right_right + 0.5, _DRAWS)
        return alarms, chance.beta(self.wrong_right + 0.5, self.wrong_wrong + 0.5, _DRAWS)


def wrong_share(hits: Hits, encoder: str, judge: Judge | None = None, *, only_right: bool) -> WrongShare | None:
    """The wrong part of the hits, and the range that holds it in LEVEL of cases; None without hits.

    Pairs that only a model has judged are as uncertain as the `judge` is: how often it errs is known from those that
    people have labelled too, and with fewer than FEWEST of these its answers say nothing. `only_right` says that the
    labels name nothing but right pairs, as lists of paraphrases do: then they are no sample.
    """
    if not len(hits):
        return None
    if judge is None or judge.compared < FEWEST:
        hits, judge = replace(hits, judged=np.zeros(len(hits), np.bool_)), None
    known = int((hits.labelled & ~hits.right).sum())
    rest = ~hits.labelled & ~hits.repeated
    if not rest.any():
        share = known / len(hits)
        return WrongShare(share, share, share)
    unsaid = int((rest & hits.elsewhere).sum())
    others = rest & ~hits.elsewhere
    if only_right or not (hits.labelled | hits.judged).any():
        most = most_of_other_traffic(hits.cosine[others], encoder) * int(others.sum())
        return WrongShare(None, known / len(hits), (known + most + unsaid) / len(hits))
    fewest, highest = _extrapolated(hits, others, judge)
    low, high = np.quantile(fewest, (1 - LEVEL) / 2), np.quantile(highest, (1 + LEVEL) / 2)
    point = None if hits.elsewhere.any() else (known + float(fewest.mean())) / len(hits)
    return WrongShare(point, float(known + low) / len(hits), float(known + high + unsaid) / len(hits))


def most_of_other_traffic(cosine: npt.NDArray[np.float64], encoder: str) -> float:
    """The largest wrong part of hits of these cosines that a judged set of other traffic leaves possible.

    1 for an encoder that none was compared by. Source: queries/facts/judged_hits.toml.
    """
    if not len(cosine):
        return 0.0
    samples: dict[str, list[facts.Row]] = defaultdict(list)
    for row in facts.document(registry.queries_dir() / "facts" / "judged_hits.toml")["rows"]:
        if row["encoder"] == encoder:
            samples[row["sample"]].append(row)
    if not samples:
        return 1.0
    return max(_most(cosine, rows, np.random.default_rng(_SEED)) for rows in samples.values())


def _most(cosine: npt.NDArray[np.float64], rows: list[facts.Row], chance: np.random.Generator) -> float:
    """By one judged set. Prompts less alike than any of its hits are taken to be as alike as its least alike."""
    ordered = sorted(rows, key=lambda row: float(row["low"]))
    place = np.searchsorted([row["low"] for row in ordered[1:]], cosine, side="right")
    drawn = np.zeros(_DRAWS)
    for row, count in zip(ordered, np.bincount(place, minlength=len(rows)), strict=True):
        drawn += count * chance.beta(row["wrong"] + 0.5, row["hits"] - row["wrong"] + 0.5, _DRAWS)
    return float(np.quantile(drawn / len(cosine), (1 + LEVEL) / 2))


def _extrapolated(hits: Hits, others: npt.NDArray[np.bool_], judge: Judge | None) -> tuple[Draws, Draws]:
    """How many of the hits without a label are wrong: with none, and with all, of those that no label can speak for."""
    chance = np.random.default_rng(_SEED)
    _, first = np.unique(hits.pair, return_index=True)
    evidence = np.zeros(len(hits), np.bool_)
    evidence[first] = True
    labelled, judged = evidence & hits.labelled, evidence & hits.judged & ~hits.labelled
    known = int((labelled | judged).sum())
    strata = max(1, min(STRATA, known // FEWEST))
    edges = np.quantile(hits.cosine[evidence & ~hits.repeated], np.linspace(0, 1, strata + 1)[1:-1])
    group = np.searchsorted(edges, hits.cosine, side="right")
    aside = evidence & hits.elsewhere
    # What part of the hits a list like this has nothing to say of shows at the prompts that are on it.
    unlisted = chance.beta(aside.sum() + 0.5, known + 0.5, _DRAWS) if aside.any() else np.zeros(_DRAWS)
    errors = None if judge is None else judge.errors(chance)
    fewest, most = np.zeros(_DRAWS), np.zeros(_DRAWS)
    for number in range(strata):
        here = group == number
        share = _share(labelled & here, hits.right, chance)
        if errors is not None and (model := judged & here).any():
            said = _corrected(_share(model, hits.judged_right, chance), *errors)
            share = np.average([share, said], axis=0, weights=[(labelled & here).sum(), model.sum()])
        count = int((others & here).sum())
        unsaid = chance.binomial(count, unlisted).astype(np.int64)
        found = (count - unsaid) * share + _scatter(count - unsaid, np.clip(share, 0, 1), chance)
        fewest += found
        most += found + unsaid
    return np.clip(fewest, 0, others.sum()), np.clip(most, 0, others.sum())


def _corrected(share: Draws, alarms: Draws, missed: Draws) -> Draws:
    """The wrong share, by the share that a judge with these errors says is; a draw may be below 0 or above 1.

    W. J. Rogan, B. Gladen, Am. J. Epidemiology 107:71, 1978.
    """
    return (share - alarms) / np.maximum(1 - alarms - missed, _LEAST_USE)


def _scatter(count: npt.NDArray[np.int64], share: Draws, chance: np.random.Generator) -> Draws:
    """By how much so many hits have more or fewer wrong ones than their share."""
    return chance.binomial(count, share) - count * share


def _share(of: npt.NDArray[np.bool_], right: npt.NDArray[np.bool_], chance: np.random.Generator) -> Draws:
    """Draws of the wrong share that these hits leave."""
    wrong = int((of & ~right).sum())
    return chance.beta(wrong + 0.5, of.sum() - wrong + 0.5, _DRAWS)
