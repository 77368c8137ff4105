"""The change of a bill, split exactly into what made it.

A prompt that was asked in only one of the periods is new or has disappeared, with all it cost; so is a feature, all of
whose prompts are. Of a feature in which some prompts have disappeared and others are new, these stand together for one
that lasted: they may be the same under another id. What lasted is a sum over cells (feature, prompt, model):

    requests × share of the feature × share of the prompt in it × share of the model in that × dollars of a request

and the dollars of a request are its prompt tokens × the shares read from and written to a cache × the shares of tiers
and regions × price, its output tokens × shares of tiers × price, and its fees. Each factor is a cause; docs/explain.md
says what each part means and why this is the Shapley value.

What a period does not know of a cell (the tokens of a model that it never asked) is as in the other period; where a
prompt went from one model to another altogether, as that prompt was on its other models. Whatever stands there has no
requests in that period, so the parts still add up.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import fsum
from typing import TYPE_CHECKING

import numpy as np

from llmcost.explain import shapley
from llmcost.explain.cells import numbered
from llmcost.explain.shapley import Numbers

if TYPE_CHECKING:
    import pyarrow as pa

PARTS = (
    "requests", "mix", "input_tokens", "output_tokens", "cache", "tier", "price", "fees", "new", "disappeared",
)  # fmt: skip
MIXES = ("features", "prompts", "models")
"""What `mix` is the sum of."""

_VOLUME = ("requests", *MIXES)
_PROMPT = (*_VOLUME, "input_tokens", "cache", "tier", "price")
_OUTPUT = (*_VOLUME, "output_tokens", "tier", "price")
_FEES = (*_VOLUME, "fees", "price")
_BUCKETS = ("input", "cache_read", "cache_write", "output")
_INPUT, _READ, _WRITE, _OUT = range(4)
_SIDES = ("earlier", "later")
_CELLS_AT_ONCE = 20_000
_ROUNDING = 1e-12
"""Of a dollar, or of the largest part: a part below it is what rounding left of nothing."""


@dataclass(frozen=True)
class Split:
    """The parts of one change in dollars, by name; and what the mix is made of."""

    parts: Mapping[str, float]
    mix: Mapping[str, float] = field(default_factory=dict)


def splits(
    games: "Iterable[pa.Table]", changes: Mapping[int, float], days: tuple[float, float] = (1.0, 1.0)
) -> dict[int, Split]:
    """The split of each game's change. `games` are the rows of `queries/explain/games.sql`, a prompt's in one table.

    With `days`, the length of both periods, requests, tokens and dollars are those of a day. The digits that rounding
    leaves between the sum of the parts and the change go to the largest part.
    """
    order = {game: at for at, game in enumerate(sorted(changes))}
    made = {name: np.zeros(len(order)) for name in (*PARTS, *MIXES)}
    for some in games:
        if not some.num_rows:
            continue
        traffic = _Traffic.of(some, days)
        place = np.array([order[int(game)] for game in traffic.game])
        for cells, name, usd in traffic.parts():
            made[name] += np.bincount(place[cells], weights=usd, minlength=len(order))
    return {
        game: _rounded({name: float(usd[at]) for name, usd in made.items()}, changes[game])
        for game, at in order.items()
    }


def _rounded(made: dict[str, float], change: float) -> Split:
    least = _ROUNDING * max(1.0, *(abs(usd) for usd in made.values()))
    made = {name: usd if abs(usd) > least else 0.0 for name, usd in made.items()}
    mix = {name: made.pop(name) for name in MIXES}
    made["mix"] = fsum(mix.values())
    largest = max(PARTS, key=lambda name: abs(made[name]))
    made[largest] += change - fsum(made[name] for name in PARTS)
    return Split({name: made[name] for name in PARTS}, mix)


@dataclass(frozen=True)
class _Traffic:
    """Both periods as arrays: the first axis is the period, the last the cell or, for tiers, the cell's tier."""

    game: Numbers  # of each cell
    prompt: Numbers  # of each cell, a number
    requests: Numbers  # period × cell
    of_feature: Numbers  # the same of the cell's feature, and of its game: what lasted of them
    of_game: Numbers
    fees: Numbers  # period × prices of a period × cell
    cell: Numbers  # of each tier
    tokens: Numbers  # period × bucket × tier
    costs: Numbers  # period × prices of a period × bucket × tier

    @classmethod
    def of(cls, games: "pa.Table", days: tuple[float, float]) -> "_Traffic":
        column = numbered(games)
        period = column["in_later"].astype(int)
        at_prices = np.where(column["is_repriced"], 1 - period, period)
        tier, own = column["tier_number"], ~column["is_repriced"].astype(bool)
        per_day = 1.0 / np.array(days)[period]
        tiers, cells = int(tier.max()) + 1, int(column["cell_number"].max()) + 1
        cell = np.zeros(tiers, int)
        cell[tier] = column["cell_number"]

        def each(name: str) -> Numbers:
            """What all rows of a cell have, of each cell."""
            values = np.zeros(cells, int)
            values[column["cell_number"]] = column[name]
            return values

        def of(whole: str) -> Numbers:
            sides = [each(f"{side}_{whole}_requests") / length for side, length in zip(_SIDES, days, strict=True)]
            return np.array(sides)

        requests = np.zeros((2, cells))
        np.add.at(requests, (period[own], column["cell_number"][own]), (column["requests"] * per_day)[own])
        tokens, costs = np.zeros((2, 4, tiers)), np.full((2, 2, 4, tiers), np.nan)
        fees = np.full((2, 2, tiers), np.nan)
        known = own | (column["unpriced_requests"] == 0)  # a model without a price in the other period keeps its own
        for at, bucket in enumerate(_BUCKETS):
            tokens[period[own], at, tier[own]] = (column[f"{bucket}_tokens"] * per_day)[own]
            usd = column[f"{bucket}_cost_usd"] * per_day
            costs[period[known], at_prices[known], at, tier[known]] = usd[known]
        fees[period[known], at_prices[known], tier[known]] = (column["fees_cost_usd"] * per_day)[known]
        return cls(
            each("game"), each("prompt_number"), requests, of("feature"), of("game"),
            _summed(_both_prices(fees), cell, cells), cell, tokens, _both_prices(costs),
        )  # fmt: skip

    def parts(self) -> Iterator[tuple[slice, str, Numbers]]:
        """Some cells, the name of a part and the dollars of it in each of them; a name comes more than once."""
        cells = len(self.game)
        continues: Numbers = np.all(_grouped(self.requests, self.prompt) > 0, axis=0)[self.prompt]
        usd = _summed(self.costs[[0, 1], [0, 1]].sum(axis=1), self.cell, cells) + self.fees[[0, 1], [0, 1]]
        yield slice(cells), "new", np.where(continues, 0.0, usd[1])
        yield slice(cells), "disappeared", np.where(continues, 0.0, -usd[0])
        shares = self._shares(continues)
        request = self._requests_dollars()
        for first in range(0, cells, _CELLS_AT_ONCE):
            some = slice(first, first + _CELLS_AT_ONCE)
            for causes, dollars in request:
                bills = _product([factor[:, some] for factor in shares], dollars[..., some])
                for name, part in zip(causes, shapley.parts(bills), strict=True):
                    yield some, name, np.where(continues[some], part, 0.0)

    def _shares(self, continues: Numbers) -> list[Numbers]:
        """Requests of a cell as a product: all requests, and the shares of features, prompts and models."""
        alive = np.where(continues, self.requests, 0.0)
        in_prompt = _grouped(alive, self.prompt)[:, self.prompt]
        return [
            self.of_game,
            _other(_ratio(self.of_feature, self.of_game)),
            _other(_ratio(in_prompt, self.of_feature)),
            _other(_ratio(alive, in_prompt)),
        ]

    def _requests_dollars(self) -> list[tuple[tuple[str, ...], Numbers]]:
        """The dollars of a request of each cell, by its causes: one axis each, before and after, and the cells."""
        cells = len(self.game)
        per_cell = _summed(self.tokens, self.cell, cells)  # period × bucket × cell
        prompt, output = per_cell[:, :_OUT].sum(axis=1), per_cell[:, _OUT]
        each_in, each_out = self._each(prompt), self._each(output)
        cached = np.stack([self._part_of(per_cell[:, bucket], prompt) for bucket in range(_OUT)], axis=1)
        tiers = _other(_ratio(self.tokens, per_cell[:, :, self.cell]))  # period × bucket × tier
        price = _ratio(self.costs, self.tokens[:, None])  # tokens of a period × prices × bucket × tier
        price = np.where(np.isnan(price), price[::-1], price)
        price = np.nan_to_num(price)

        # input, cache, tier, price × cell; a written token's life (5 minutes or an hour) belongs to the cache
        dollars = np.zeros((2, 2, 2, 2, cells))
        for of_input in (0, 1):
            for of_cache in (0, 1):
                for of_tier in (0, 1):
                    for at_price in (0, 1):
                        usd = np.zeros(cells)
                        for bucket in range(_OUT):
                            kind = of_cache if bucket == _WRITE else of_input
                            of_bucket = tiers[of_tier, bucket] * price[kind, at_price, bucket]
                            usd += cached[of_cache, bucket] * _summed(of_bucket, self.cell, cells)
                        dollars[of_input, of_cache, of_tier, at_price] = each_in[of_input] * usd
        written = np.zeros((2, 2, 2, cells))
        for of_output in (0, 1):
            for of_tier in (0, 1):
                for at_price in (0, 1):
                    usd = _summed(tiers[of_tier, _OUT] * price[of_output, at_price, _OUT], self.cell, cells)
                    written[of_output, of_tier, at_price] = each_out[of_output] * usd
        fees = _ratio(self.fees, self.requests[:, None])
        fees = np.nan_to_num(np.where(np.isnan(fees), fees[::-1], fees))
        return [(_PROMPT, dollars), (_OUTPUT, written), (_FEES, fees)]

    def _each(self, amount: Numbers) -> Numbers:
        """The amount of a request of each cell, period × cell."""
        return self._part_of(amount, self.requests)

    def _part_of(self, amount: Numbers, whole: Numbers) -> Numbers:
        """What one of `whole` has of `amount`: a cell's own, else that of the other period.

        Where a prompt has no model in both periods, it went from one model to another, and is compared with itself.
        """
        own = _ratio(amount, whole)
        theirs = _ratio(_grouped(amount, self.prompt), _grouped(whole, self.prompt))[:, self.prompt]
        lasting = (self.requests > 0).all(axis=0)
        moved = ~np.isin(self.prompt, self.prompt[lasting])
        return _other(np.where(np.isnan(own) & (self.requests == 0) & moved, theirs, own))


def _ratio(amount: Numbers, whole: Numbers) -> Numbers:
    """The amount of one; not a number where there is none."""
    amount, whole = np.broadcast_arrays(amount, whole)
    ratio: Numbers = np.divide(amount, whole, out=np.full(amount.shape, np.nan), where=whole > 0)
    return ratio


def _other(values: Numbers) -> Numbers:
    """The values of both periods, each where it is unknown that of the other, else nothing."""
    return np.nan_to_num(np.where(np.isnan(values), values[::-1], values))


def _both_prices(usd: Numbers) -> Numbers:
    """Dollars by period and by whose prices: at the other period's as at its own where those are not known."""
    own = usd[[0, 1], [0, 1]]
    return np.nan_to_num(np.where(np.isnan(usd), own[:, None], usd))


def _grouped(values: Numbers, group: Numbers) -> Numbers:
    """Sums by the group of the last axis."""
    return _summed(values, group, int(group.max()) + 1)


def _summed(values: Numbers, group: Numbers, groups: int) -> Numbers:
    flat = values.reshape(-1, values.shape[-1])
    sums = [np.bincount(group, weights=row, minlength=groups) for row in flat]
    return np.array(sums).reshape(*values.shape[:-1], groups)


def _product(factors: list[Numbers], dollars: Numbers) -> Numbers:
    """The bills under every combination: one axis of two for each factor, then those of `dollars`."""
    bills = dollars
    for factor in reversed(factors):
        ahead = factor.reshape(2, *(1,) * (bills.ndim - 1), factor.shape[-1])
        bills = ahead * bills[None]
    return bills
