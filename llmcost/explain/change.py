"""The change of a bill from one period to another, and its split."""

from dataclasses import dataclass

from llmcost.explain.split import Split
from llmcost.explain.totals import Total


@dataclass(frozen=True)
class Change:
    """What changed and why. Dollars of `change_usd` and the split are a day's with `per_day`."""

    earlier: Total
    later: Total
    per_day: bool
    change_usd: float
    split: Split

    @property
    def spent(self) -> tuple[float, float]:
        """What is compared: the dollars of both periods, or of a day of each."""
        return tuple(  # type: ignore[return-value]
            total.cost_usd / total.days if self.per_day else total.cost_usd for total in (self.earlier, self.later)
        )

    @property
    def rise(self) -> float | None:
        """The change as a share of the earlier bill; None where that was nothing."""
        return self.change_usd / self.spent[0] if self.spent[0] > 0 else None
