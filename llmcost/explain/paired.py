"""Pairs of periods as the store gets them, and the log's requests summed by day for all of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmcost.engine import registry
from llmcost.engine.compose import Relation, compose
from llmcost.engine.store import Store
from llmcost.explain.periods import Pair, Period
from llmcost.reports.scope import Row

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Requests:
    """The requests that a page covers, priced, with the keys of contributors as columns."""

    relations: Sequence[Relation]
    parameters: dict[str, registry.Value]
    keys: Sequence[str]

    @property
    def keyed(self) -> Relation:
        """`priced` with the keys."""
        return self.relations[-1]

    def add_up(self, store: Store, movers: Sequence[Row]) -> None:
        """Makes `daily`: the sums by day of all requests, and of each of these values of keys.

        `contributing` stays, for requests at other prices to be summed in the same way.
        """
        values = {row["value_number"]: row for row in movers}.values()
        columns = {name: [row[name] for row in values] for name in ("value_number", "place", "value")}
        store.keep("contributing", _CONTRIBUTING, columns)
        store.keep("daily", compose(self.relations, body("daily")), self.parameters)


_CONTRIBUTING = """select
    unnest($value_number::bigint[]) as value_number, unnest($place::bigint[]) as place,
    unnest($value::varchar[]) as value"""


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


def table(**columns: Sequence[object]) -> "pa.Table":
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
