"""How many hits by similarity are wrong, where nobody has labelled them.

A sample of the requests is asked again, of the cache as it was, without the prompt that
was nearest. A hit now is a near miss: the cache would have answered another question
(unless both have the same content words: then they ask the same in other words).
That happens to a request whose question is stored as often as it does to one whose
question is new; only for the new ones it is what really happened. How many are new shows
at the far end: where a request's nearest prompt is no nearer than second ones commonly
are, it is not there (Storey's estimate of the share of true nulls, J. R. Stat. Soc. B
64:479, 2002; taking the best match away is the decoy of a search engine's error rate).
A few near misses say little, a few wrong hits vary by themselves, and where most are new
their second prompts, being farther, hide some of them: the share comes with the range that
this leaves.

No estimate without labels sees two questions that nothing in the log resembles,
and differing in a way that neither vectors nor vetoes know: judge those by their outputs.
"""

# ruff: noqa: TID253 - imported by the what-if that needs it

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from llmcost.embeddings.candidates import Ints, Prompts
from llmcost.embeddings.traits import veto

_SAMPLE = 1000
_FEWEST = 30
_DEPTH = 16  # stored prompts looked at for each request of the sample
_AT_ONCE = 64
_Z = 1.96

Cosines = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rules:
    """When a stored prompt's answer is given."""

    threshold: float
    margin: float
    vetoes: bool


@dataclass(frozen=True)
class Questions:
    """Which prompt was compared with what was stored, or stored, and when."""

    prompt: Ints
    at: Ints  # microseconds


@dataclass(frozen=True)
class FalseShare:
    """The part of the hits by similarity that is wrong, 0 to 1, and between what chance leaves it."""

    share: float
    low: float
    high: float


def false_share(
    prompts: Prompts, asked: Questions, stored: Questions, life: int, rules: Rules, hits: int
) -> FalseShare | None:
    """The part of the hits by similarity that is wrong; None where there is too little to say.

    `hits` of the requests in `asked` were hits; answers `stored` live for `life` microseconds.
    """
    sample = np.unique(np.linspace(0, len(asked.prompt) - 1, min(_SAMPLE, len(asked.prompt))).astype(int))
    nearest, second, near_misses = [], [], 0
    for start in range(0, len(sample), _AT_ONCE):
        batch = sample[start : start + _AT_ONCE]
        for prompt, found in zip(asked.prompt[batch], _found(prompts, asked, stored, life, batch), strict=True):
            if len(found) < 2:
                continue
            nearest.append(found[0][0])
            second.append(found[1][0])
            near_misses += _served_without_nearest(prompts, int(prompt), found, rules)
    if hits == 0 or len(nearest) < _FEWEST:
        return None
    near, far = np.array(nearest), np.array(second)
    new = _new(near, far)
    # At most all that were not hits are new. A new question's second prompt is farther than others' second, which hides
    # that it is new; where a prompt as near as a hit's is stored, that is seldom so.
    most = 1 - hits / len(asked.prompt)
    if (known := near >= rules.threshold).sum() >= _FEWEST:
        most = min(most, _new(near, far[known]))
    # What one near miss of the sample counts for, in wrong hits: as many again for each request not in the sample, and
    # for each new question per known one.
    each, at_most = (
        len(asked.prompt) / len(near) * share / (1 - share) if share < 1 else float(hits)
        for share in (new, max(new, most))
    )
    fewest, highest = _between(near_misses)
    # By chance the sample has fewer or more than its due, and then so have the hits.
    high = max(_between(each * highest)[1], at_most * highest)
    wrong = (each * near_misses, _between(each * fewest)[0], high)
    return FalseShare(*(min(1.0, one / hits) for one in wrong))


def _new(nearest: Cosines, second: Cosines) -> float:
    """The share of requests whose question is not stored: their nearest prompt is no nearer than second ones are."""
    far = np.median(second)
    return min(1.0, float((nearest < far).mean() / max((second < far).mean(), 1e-9)))


def _between(count: float) -> tuple[float, float]:
    """95 % limits of the mean of a Poisson count: Byar's, in N. E. Breslow, N. E. Day, IARC 82, 1987, section 2.3."""
    low = count * (1 - 1 / (9 * count) - _Z / (3 * count**0.5)) ** 3 if count else 0.0
    more = count + 1
    return max(low, 0.0), more * (1 - 1 / (9 * more) + _Z / (3 * more**0.5)) ** 3


def _found(
    prompts: Prompts, asked: Questions, stored: Questions, life: int, batch: Ints
) -> list[list[tuple[float, int]]]:
    """For each request of the batch the prompts stored at its time, nearest first."""
    cosine = prompts.vectors[asked.prompt[batch]] @ prompts.vectors[stored.prompt].T
    at = asked.at[batch][:, None]
    there = (stored.at <= at) & (stored.at > at - life)
    there &= prompts.group[stored.prompt] == prompts.group[asked.prompt[batch]][:, None]
    there &= stored.prompt != asked.prompt[batch][:, None]
    cosine[~there] = -2
    if cosine.shape[1] > _DEPTH:
        places = np.argpartition(-cosine, _DEPTH - 1, axis=1)[:, :_DEPTH]
    else:
        places = np.tile(np.arange(cosine.shape[1]), (len(batch), 1))
    return [_in_order(cosine[row, chosen], stored.prompt[chosen]) for row, chosen in enumerate(places)]


def _in_order(cosine: npt.NDArray[np.float32], prompt: Ints) -> list[tuple[float, int]]:
    best = {int(p): float(c) for c, p in zip(cosine, prompt, strict=True) if c > -2}
    return sorted(((c, p) for p, c in best.items()), key=lambda pair: (-pair[0], pair[1]))


def _served_without_nearest(prompts: Prompts, prompt: int, found: list[tuple[float, int]], rules: Rules) -> bool:
    mine = prompts.traits[prompt]
    others = [(cosine, prompts.traits[other]) for cosine, other in found]
    allowed = [(cosine, its) for cosine, its in others if not rules.vetoes or veto(mine, its) is None][1:]
    left = [cosine for cosine, its in allowed if set(its.words) != set(mine.words)]
    if not left or left[0] < rules.threshold:
        return False
    return len(left) == 1 or left[0] - left[1] >= rules.margin
