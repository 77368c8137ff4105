"""What the audit compares a day's spend with, as tables: the level of the days around it, and how that moved."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from llmcost.engine import registry
from llmcost.engine.store import Store
from llmcost.reports.scope import Row

if TYPE_CHECKING:
    import pyarrow as pa

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@contextmanager
def laid_down(store: Store) -> Iterator[None]:
    """While the block runs, `levels` has each day of a table `priced` with what is usual on it, and `moves` the steps,
    slopes and spells of its level."""
    rows = store.rows(question())
    days, moves = tables(rows)
    with store.relation("levels", days), store.relation("moves", moves):
        yield


def question() -> str:
    """The SQL that adds up the days."""
    return registry.find("spend", "active-days").body


def tables(rows: list[Row]) -> "tuple[pa.Table, pa.Table]":
    """Both relations, of the days that spent something."""
    import numpy as np
    import pyarrow as pa

    from llmcost.reports import levels

    days = [row["day"] for row in rows]
    usd = np.array([row["cost_usd"] for row in rows], dtype=float)
    found = levels.found(days, usd)
    kinds = ["weekend day" if day.isoweekday() >= 6 else "working day" for day in days]
    weekdays = [_WEEKDAYS[day.weekday()] for day in days]
    off = np.log(usd) - found.usual
    spreads = {kind: levels.distance(off[[one == kind for one in kinds]]) for kind in set(kinds)}
    moved = {at: number for number, one in enumerate(found.moves) for at in range(one.counted_from, one.end)}
    bases = {at: float(np.exp(found.moves[number].base + found.offset[at])) for at, number in moved.items()}
    columns = {
        "day": pa.array(days, pa.date32()),
        "number": pa.array(range(len(days)), pa.int64()),
        "next_day": pa.array([*days[1:], None][: len(days)], pa.date32()),
        "kind": pa.array(
            [
                day if weekdays.count(day) >= levels.LEAST_DAYS else kind
                for day, kind in zip(weekdays, kinds, strict=True)
            ],
            pa.string(),
        ),
        "is_weekend": pa.array([kind == "weekend day" for kind in kinds], pa.bool_()),
        "plateau": pa.array(found.plateau, pa.int64()),
        "cost_usd": pa.array(usd, pa.float64()),
        "usual_usd": pa.array(np.exp(found.usual), pa.float64()),
        "spread": pa.array([spreads[kind] for kind in kinds], pa.float64()),
        "move": pa.array([moved.get(at) for at in range(len(days))], pa.int64()),
        "base_usd": pa.array([bases.get(at) for at in range(len(days))], pa.float64()),
    }
    moves = {
        "move": pa.array(range(len(found.moves)), pa.int64()),
        "shape": pa.array([one.shape for one in found.moves], pa.string()),
        "first_day": pa.array([days[one.first] for one in found.moves], pa.date32()),
        "last_day": pa.array([days[one.last] for one in found.moves], pa.date32()),
        "is_open": pa.array([one.end == len(days) for one in found.moves], pa.bool_()),
        "base_plateau": pa.array([int(found.plateau[one.counted_from]) - 1 for one in found.moves], pa.int64()),
        "times": pa.array([float(np.exp(one.level - one.base)) for one in found.moves], pa.float64()),
    }
    return pa.table(columns), pa.table(moves)
