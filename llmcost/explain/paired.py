"""Pairs of periods as the store gets them: their ends, and the slices of time that their periods are made of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from llmcost.engine import registry
from llmcost.explain.periods import DAY, Pair, Period

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Slices:
    """Days that the same of some periods hold, numbered: what a slice spent is added up once for all periods."""

    of_day: Mapping[date, int]
    of_period: Mapping[Period, Sequence[int]]

    @classmethod
    def of(cls, periods: Iterable[Period]) -> "Slices":
        """Those of these periods."""
        holding: dict[date, list[Period]] = {}
        for period in periods:
            day = period.since
            while day < period.until:
                holding.setdefault(day.date(), []).append(period)
                day += DAY
        numbers: dict[tuple[Period, ...], int] = {}
        of_day = {day: numbers.setdefault(tuple(held), len(numbers)) for day, held in holding.items()}
        of_period: dict[Period, list[int]] = {}
        for held, number in numbers.items():
            for period in held:
                of_period.setdefault(period, []).append(number)
        return cls(of_day, of_period)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(set(self.of_day.values()))

    def table(self) -> "pa.Table":
        """Each day with its slice."""
        return table(day=[day.isoformat() for day in self.of_day], slice=self.of_day.values())

    def sides(self, pairs: Sequence[Pair]) -> "pa.Table":
        """Each pair with the slices of both periods."""
        rows = [
            (number, is_later, place)
            for number, pair in enumerate(pairs)
            for is_later, period in enumerate((pair.earlier, pair.later))
            for place in self.of_period[period]
        ]
        return table(
            pair=[row[0] for row in rows], in_later=[bool(row[1]) for row in rows], slice=[row[2] for row in rows]
        )


def pair_table(pairs: Sequence[Pair], **more: Sequence[object]) -> "pa.Table":
    """The pairs as a relation, each a game of all its requests unless `more` says otherwise."""
    numbers = range(len(pairs))
    said = {"game": numbers, "pair": numbers, "value_number": [0] * len(pairs)} | more
    return table(
        **said, **ends("earlier_", [pair.earlier for pair in pairs]), **ends("later_", [pair.later for pair in pairs])
    )


def ends(side: str, found: Sequence[Period]) -> dict[str, Sequence[object]]:
    """The columns of both ends of periods."""
    return {
        f"{side}since": [period.since.date() for period in found],
        f"{side}until": [period.until.date() for period in found],
    }


def table(**columns: Iterable[object]) -> "pa.Table":
    """Columns as a relation."""
    import pyarrow as pa

    return pa.table({name: pa.array(list(values)) for name, values in columns.items()})


def concatenated(tables: Iterable["pa.Table"]) -> "pa.Table":
    """All rows of tables with the same columns."""
    import pyarrow as pa

    return pa.concat_tables(list(tables))


def body(name: str) -> str:
    """The SQL of a query about two periods."""
    return registry.find("explain", name).body


def strings(values: Sequence[Any]) -> "pa.Array":
    """Texts as a column, also where none is known."""
    import pyarrow as pa

    return pa.array(values, pa.string())
