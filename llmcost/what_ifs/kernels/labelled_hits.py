"""What a labels file says of the hits of a semantic cache.

A label says whether one prompt's answer may serve another, and is right where answers that only differ in their words
are not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from llmcost.embeddings.texts import Texts
from llmcost.embeddings.wrong_hits import Judge
from llmcost.what_ifs.kernels.cached_answers import Bools, FalseHits, Ints, mask

_NAMES = ("request_id", "prompt_hash", "prompt_text")


@dataclass(frozen=True)
class Told:
    """What the labels say of some hits, one element each."""

    right: pa.Array  # whether the answer may serve, as people say; null where they do not
    judged: pa.Array  # the same, as a model says
    elsewhere: Bools  # they name the request's prompt, with another one

    @property
    def known(self) -> Bools:
        """Which hits have a label of a person's."""
        return np.asarray(self.right.is_valid())

    @property
    def doubtful(self) -> Bools:
        """Which hits a model has judged."""
        return np.asarray(self.judged.is_valid())


def told(requests: pa.Table, texts: Texts, hit: Ints, source: Ints, labels: pa.Table | None) -> Told:
    """For each row that was answered whether the labels let the row in `source` answer it.

    If two names of a request are in the labels, the more specific one counts.
    """
    if labels is None:
        nothing = pa.nulls(len(hit), pa.bool_())
        return Told(nothing, nothing, np.zeros(len(hit), np.bool_))
    said = dict(zip(zip(*_columns(labels, "one", "other"), strict=True), _said(labels), strict=True))
    listed = {name for pair in said for name in pair}
    found: list[tuple[bool | None, bool | None]] = []
    elsewhere = []
    for mine, theirs in zip(_named(requests, texts, hit), _named(requests, texts, source), strict=True):
        pairs = ((min(a, b), max(a, b)) for a in mine for b in theirs)
        found.append(next((said[pair] for pair in pairs if pair in said), (None, None)))
        elsewhere.append(found[-1] == (None, None) and not listed.isdisjoint(mine))
    right, judged = (pa.array([one[place] for one in found], pa.bool_()) for place in (0, 1))
    return Told(right, judged, np.array(elsewhere, np.bool_))


def judge_of(labels: pa.Table | None) -> Judge | None:
    """How the model that judged pairs did on those that people have labelled; None where no model judged."""
    if labels is None or not labels["judged"].null_count < len(labels):
        return None
    both = [one for one, twice in zip(_said(labels), *_columns(labels, "by_request"), strict=True) if not twice]
    return Judge(*(both.count(one) for one in ((True, True), (True, False), (False, True), (False, False))))


def only_right(labels: pa.Table | None) -> bool:
    """Whether the labels name right pairs alone, and are not those of a sample of hits."""
    if labels is None or pc.any(labels["by_request"]).as_py():
        return False
    return all(person is not False and model is None for person, model in _said(labels))


def judged(decided: pa.Table, told: pa.Array) -> tuple[pa.Table, FalseHits]:
    """The decisions on hits, those on similar prompts as they were `told`; and how many of these are wrong."""
    similar = decided["cosine"].is_valid()
    told = pc.if_else(similar, told, pa.scalar(None, pa.bool_()))
    answer = pc.if_else(told, "same", "differs").fill_null(decided["cached_answer"])
    wrong = pc.sum(pc.invert(told)).as_py() or 0
    place = decided.column_names.index("cached_answer")
    return (
        decided.set_column(place, "cached_answer", answer),
        FalseHits(pc.sum(similar).as_py() or 0, len(told) - told.null_count, wrong),
    )


def repeated(logged: pa.Table) -> Bools:
    """Which hits got the answer that the log holds, word for word."""
    return mask(pc.equal(logged["cached_answer"], "same"))


def _named(requests: pa.Table, texts: Texts, rows: Ints) -> Iterator[list[str]]:
    """What a labels file may call each of the rows."""
    of = requests.select(_NAMES).take(pa.array(rows))
    for request_id, prompt_hash, text in zip(*_columns(of, *_NAMES), strict=True):
        names = (request_id, prompt_hash, None if text is None else texts[text])
        yield [name for name in names if name is not None]


def _said(labels: pa.Table) -> list[tuple[bool | None, bool | None]]:
    """What people and a model say of each pair."""
    return list(zip(*_columns(labels, "alike", "judged"), strict=True))


def _columns(table: pa.Table, *names: str) -> list[list[Any]]:
    return [table[name].to_pylist() for name in names]
