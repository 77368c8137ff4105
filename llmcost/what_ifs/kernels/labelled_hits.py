"""What a labels file says of the hits of a semantic cache, and what is left to an estimate.

A label says whether one prompt's answer may serve another, and is right where answers that only differ in their words
are not. The estimate counts wrong hits among all of them, labelled or not: what the labels have not found of these is
among the rest. So labels of right hits alone, as lists of paraphrases are, do not make the rest look right.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from llmcost.embeddings.estimate import FalseShare
from llmcost.what_ifs.kernels.cached_answers import FalseHits, Ints

_NAMES = ("request_id", "prompt_hash", "prompt_text")


def told(requests: pa.Table, hit: Ints, source: Ints, labels: pa.Table | None) -> pa.Array:
    """For each row that was answered whether the labels let the row in `source` answer it; null where they do not say.

    If two names of a request are in the labels, the more specific one counts.
    """
    if labels is None:
        return pa.nulls(len(hit), pa.bool_())
    alike = dict(zip(zip(*_columns(labels, "one", "other"), strict=True), *_columns(labels, "alike"), strict=True))
    found = [
        next((alike[pair] for a in mine for b in theirs if (pair := (min(a, b), max(a, b))) in alike), None)
        for mine, theirs in zip(_named(requests, hit), _named(requests, source), strict=True)
    ]
    return pa.array(found, pa.bool_())


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


def of_all(hits: int, labelled: FalseHits, estimated: FalseShare | None) -> FalseShare | None:
    """The wrong part of all hits, some of them `labelled`; None where nothing is known of the others."""
    rest = hits - labelled.compared
    if hits and not rest:
        share = labelled.differing / hits
        return FalseShare(share, share, share)
    if estimated is None:
        return None
    shares = (estimated.share, estimated.low, estimated.high)
    unknown = (min(max(share * hits - labelled.differing, 0), rest) for share in shares)
    return FalseShare(*((labelled.differing + wrong) / hits for wrong in unknown))


def _named(requests: pa.Table, rows: Ints) -> Iterator[list[str]]:
    """What a labels file may call each of the rows."""
    of = requests.select(_NAMES).take(pa.array(rows))
    for names in zip(*_columns(of, *_NAMES), strict=True):
        yield [name for name in names if name is not None]


def _columns(table: pa.Table, *names: str) -> list[list[Any]]:
    return [table[name].to_pylist() for name in names]
