"""The whole answer: what changed between two periods, by how much, what made it, who, and when it began."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from llmcost.engine.store import Store
from llmcost.errors import LlmcostError
from llmcost.explain import began, days, noise, notes, periods, totals, traffic
from llmcost.explain.change import Change
from llmcost.explain.periods import HINT, Log
from llmcost.explain.split import Split, splits
from llmcost.reports import spend
from llmcost.reports.scope import Row, Scope

KEYS = ("feature", "prompt", "model", "user", "session", "project")
"""The keys that contributors are grouped by unless others are asked for; tickets, where `llmcost.toml` says how to find
them, and tags with few values are added."""


@dataclass(frozen=True)
class Contributor:
    """One value of a key: what its requests spent in both periods, and the split of that change alone."""

    by: str
    value: str | None
    label: str | None  # of a prompt, how to call it
    earlier: Row  # requests, unpriced_requests, cost_usd, cost_per_request_usd
    later: Row
    change_usd: float
    split: Split
    example_request_id: str | None


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
    keys = keys or _usual_keys(store, covered)
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
            Contributor(
                keys[row["place"]], row["value"], labels.get(row["value"]), _side(row, "earlier"), _side(row, "later"),
                changes[row["game"]], split[row["game"]], row["example_request_id"],
            )
            for row in _telling(found.contributors)
        ],
        began.began(*daily),
        noise.of(*daily, per_day=per_day),
        found.models,
        [*notes.about_periods(log, compared, sides, per_day=per_day), *notes.left_out(found, sides)],
    )  # fmt: skip


def _usual_keys(store: Store, covered: Scope) -> tuple[str, ...]:
    known = (*KEYS, "ticket") if spend.finds_tickets() else KEYS
    return (*known, *(f"tag:{name}" for name in traffic.telling_tags(store, covered, traffic.MOST_KEYS - len(known))))


def _telling(rows: Sequence[Row]) -> list[Row]:
    """The contributors without the keys that no request has a value of."""
    told = {row["place"] for row in rows if row["value"] is not None}
    return [row for row in rows if row["place"] in told]


def _side(row: Row, side: str) -> Row:
    requests, unpriced, usd = (row[f"{side}_{name}"] for name in ("requests", "unpriced_requests", "usd"))
    priced = requests - unpriced
    return {
        "requests": requests,
        "unpriced_requests": unpriced,
        "cost_usd": usd,
        "cost_per_request_usd": usd / priced if priced else None,
    }
