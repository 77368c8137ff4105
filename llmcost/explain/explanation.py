"""The whole answer: what changed between two periods, by how much, what made it, who, and when it began."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from llmcost.engine.store import Store
from llmcost.errors import LlmcostError
from llmcost.explain import began, days, noise, notes, periods, totals, traffic
from llmcost.explain.change import Change
from llmcost.explain.contributor import Contributor, telling, usual_keys
from llmcost.explain.periods import HINT, Log
from llmcost.explain.split import splits
from llmcost.reports.scope import Row, Scope


@dataclass(frozen=True)
class Explanation(Change):
    """Everything that is known of a change."""

    contributors: Sequence[Contributor]
    began: began.Began | None
    noise: noise.Noise | None
    models: Sequence[Row]  # that only one of the periods asked: model, is_new, requests, cost_usd
    notes: Sequence[str]

    def both(self, store: Store, covered: Scope) -> Scope:
        """The covered requests of the time from the beginning of the one period to the end of the other."""
        periods = (self.earlier.period, self.later.period)
        since = store.zone.utc(min(period.since for period in periods))
        return replace(covered, since=since, until=store.zone.utc(max(period.until for period in periods)))

    def exceeds(self, threshold: float) -> bool:
        """Whether the bill rose by more than the threshold, and by more than the earlier period's noise explains."""
        if self.rise is None:
            return self.change_usd > 0
        return self.rise > threshold and (self.noise is None or self.rise > self.noise.rise)


def explain(
    store: Store,
    covered: Scope,
    from_words: str | None = None,
    to_words: str | None = None,
    keys: Sequence[str] = (),
    top: int = 10,
    *,
    per_day: bool = False,
) -> Explanation:
    """The change between two periods, in the user's words or chosen, of the requests covered."""
    oldest, newest = traffic.span(store, covered)
    if oldest is None or newest is None:
        raise LlmcostError(
            "there are no requests with a time here", hint="check --feature and --model; periods need times"
        )
    log = Log(oldest, newest)
    compared = periods.pair(log, from_words, to_words)
    keys = keys or usual_keys(store, covered)
    lengths = (log.days_of(compared.earlier), log.days_of(compared.later)) if per_day else (1.0, 1.0)
    found = traffic.added_up(store, covered, compared, keys, top, lengths)
    earlier, later = totals.of(found.days, log, compared)
    if not earlier.requests and not later.requests:
        raise LlmcostError(
            f"neither {earlier.period.name} nor {later.period.name} has requests here",
            hint=f"the log has requests from {oldest:%Y-%m-%d} to {newest:%Y-%m-%d}; --from and --to name {HINT}",
        )

    def change(before: float, after: float) -> float:
        return after / lengths[1] - before / lengths[0]

    changes = {0: change(earlier.cost_usd, later.cost_usd)}
    changes |= {row["game"]: change(row["earlier_usd"], row["later_usd"]) for row in found.contributors}
    split = splits(found.games, changes, lengths)
    labels = traffic.labels(store, [row["value"] for row in found.contributors if keys[row["place"]] == "prompt"])
    daily = days.of_both(found.days, log, compared)
    sides = (earlier, later)
    return Explanation(
        earlier, later, per_day, changes[0], split[0],
        [
            Contributor.of(row, keys[row["place"]], labels.get(row["value"]), changes[row["game"]], split[row["game"]])
            for row in telling(found.contributors)
        ],
        began.began(*daily),
        noise.of(*daily, per_day=per_day),
        found.models,
        [*notes.about_periods(log, compared, sides, per_day=per_day), *notes.left_out(found, sides)],
    )  # fmt: skip
