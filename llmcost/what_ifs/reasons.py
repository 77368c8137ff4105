"""Why a step changes nothing, or less than it could: what the log lacks of what it has to know."""

from dataclasses import dataclass

from llmcost.store import Store
from llmcost.what_ifs.steps import WhatIf

_NEARLY_ALL = 0.95


@dataclass(frozen=True)
class Lack:
    """What not all of the requests hold, though the step has to know it of them."""

    words: str  # what it is
    share: float  # of the requests that hold it, 0 to 1

    @property
    def of_all(self) -> bool:
        """Whether no request holds it."""
        return self.share == 0

    def __str__(self) -> str:
        if self.of_all:
            return f"no request has {self.words}"
        share = f"{self.share:.0%}" if self.share >= 0.005 else "fewer than 1%"
        return f"{share} of the requests have {self.words}; the others stay as they are"


def lack(store: Store, what_if: WhatIf, relation: str) -> Lack | None:
    """What the step needs of the requests, where not nearly all of them hold it."""
    condition, _, words = what_if.query.field("needs").partition(": ")
    if not condition:
        return None
    [row] = store.rows(
        f"select coalesce(sum(calls) filter (where {condition}), 0) as known, sum(calls) as requests from {relation}",
        what_if.values,
    )
    share = row["known"] / row["requests"]
    return Lack(words, share) if share < _NEARLY_ALL else None
