"""Which vectors lie near each other: an exact search by blocks of matrix products.

Most pairs are ruled out by a quarter of the dimensions. With the axes turned so that the
first ones hold most of the vectors' length, a pair's cosine is at most the product of
what the first ones say and, for the rest, of the rests' lengths (Cauchy-Schwarz). That
bound is itself one matrix product; only what passes is computed in full.
"""

# ruff: noqa: TID253 - imported by the what-if that needs it

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

_ROWS = 2048
_COLUMNS = 2048
_FIRST = 64
_MANY = 1 << 16  # pairs of a block, a sixty-fourth of it
_HELD = 1 << 20  # pairs of rows before all but the nearest are dropped
_PAIRS_AT_ONCE = 1 << 14  # 16 MB of each one's vectors
_ROUNDING = 1e-4  # more than single precision loses in a product of 256 terms
NEAREST = 64


class Pairs(NamedTuple):
    """Places of two vectors and their cosine. `one` was there after `other`."""

    one: Ints
    other: Ints
    cosine: npt.NDArray[np.float32]


def near(vectors: Vectors, group: Ints, least: float) -> Pairs:
    """Every pair of one group with a cosine of `least` or more, for each vector the NEAREST before it at most.

    `vectors` have length one or zero.
    """
    found = [Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))]
    order = np.argsort(group, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(group[order])) + 1, len(order))
    start = 0
    for end in ends.tolist():
        if end - start > 1:
            members = order[start:end]
            found += [
                Pairs(members[one], members[other], cosine) for one, other, cosine in _near(vectors[members], least)
            ]
        start = end
    return _joined(found)


def _near(vectors: Vectors, least: float) -> Iterator[Pairs]:
    bound = _turned(vectors) if len(vectors) > _ROWS else vectors
    for top in range(0, len(vectors), _ROWS):
        found = []
        # What lies after the rows themselves is found again from its own rows.
        for left in range(0, min(top + _ROWS, len(vectors)), _COLUMNS):
            right = min(left + _COLUMNS, top + _ROWS, len(vectors))
            rows, columns = slice(top, top + _ROWS), slice(left, right)
            may = bound[rows] @ bound[columns].T >= least - _ROUNDING
            if np.count_nonzero(may) > _MANY:
                passed = _likeliest(vectors[rows] @ vectors[columns].T, top - left)
            else:
                passed = np.flatnonzero(may)
            one, other = np.divmod(passed, right - left)
            earlier = other + left < one + top
            one, other = one[earlier] + top, other[earlier] + left
            cosine = _cosines(vectors, one, other)
            near_enough = cosine >= least
            found.append(Pairs(one[near_enough], other[near_enough], cosine[near_enough]))
            if sum(len(pairs.one) for pairs in found) > _HELD:
                found = [_nearest(_joined(found))]
        yield _nearest(_joined(found))


def _cosines(vectors: Vectors, one: Ints, other: Ints) -> npt.NDArray[np.float32]:
    found = np.empty(len(one), np.float32)
    for start in range(0, len(one), _PAIRS_AT_ONCE):
        some = slice(start, start + _PAIRS_AT_ONCE)
        np.einsum("ij,ij->i", vectors[one[some]], vectors[other[some]], out=found[some])
    return found


def _likeliest(cosine: Vectors, ahead: int) -> Ints:
    """The places of each row's NEAREST highest numbers among the vectors before it, in a block with very many."""
    rows, columns = cosine.shape
    cosine[np.arange(columns) >= np.arange(rows)[:, None] + ahead] = -2
    if columns <= NEAREST:
        return np.arange(cosine.size)
    highest = np.argpartition(-cosine, NEAREST - 1, axis=1)[:, :NEAREST]
    return np.sort((highest + np.arange(rows)[:, None] * columns).ravel())


def _nearest(pairs: Pairs) -> Pairs:
    order = np.lexsort((pairs.other, -pairs.cosine, pairs.one))
    one = pairs.one[order]
    first = np.searchsorted(one, one)
    kept = order[np.arange(len(one)) - first < NEAREST]
    return Pairs(pairs.one[kept], pairs.other[kept], pairs.cosine[kept])


def _joined(parts: list[Pairs]) -> Pairs:
    ones, others, cosines = zip(*parts, strict=True)
    return Pairs(np.concatenate(ones), np.concatenate(others), np.concatenate(cosines))


def _turned(vectors: Vectors) -> Vectors:
    """The first dimensions after turning the axes, and the length of the rest as one more."""
    _, axes = np.linalg.eigh((vectors.T @ vectors).astype(np.float64))
    first = vectors @ axes[:, : -_FIRST - 1 : -1].astype(np.float32)
    rest = np.sqrt(np.maximum((vectors**2).sum(axis=1) - (first**2).sum(axis=1), 0))
    return np.column_stack((first, rest))
