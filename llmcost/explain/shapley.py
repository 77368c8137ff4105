"""The Shapley value: how much of a change each of several causes made, whatever order they are taken in.

Every cause is either as it was or as it is now; what the bill would be under each combination is known. A cause's part
is what it adds to the bill, averaged over all orders in which the causes could have changed (L. S. Shapley, A Value for
n-Person Games, 1953). So the parts add up to the whole change; a cause that changes nothing under any combination has
exactly 0; and with both ends swapped every part is its own negative.
"""

from math import factorial
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, np.dtype[Any]]


def parts(bills: Numbers) -> Numbers:
    """The part of each cause, one row a cause.

    `bills` has one axis of two for each cause, before and after, and a last axis of bills that are split alike.
    """
    causes = bills.ndim - 1
    weights = [factorial(k) * factorial(causes - 1 - k) / factorial(causes) for k in range(causes)]
    changed = np.indices((2,) * (causes - 1)).reshape(causes - 1, -1).sum(axis=0) if causes > 1 else np.zeros(1, int)
    weight = np.array(weights)[changed]
    found = []
    for cause in range(causes):
        moved = np.take(bills, 1, axis=cause) - np.take(bills, 0, axis=cause)
        found.append(weight @ moved.reshape(len(weight), -1))
    return np.array(found)
