"""`llmcost bench-gpu`: what a GPU server does, kept in the store."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost.bench_gpu.command import command
from llmcost.commands import options
from llmcost.errors import UsageError

if TYPE_CHECKING:
    from llmcost.bench_gpu.dollars import OwnLoad
    from llmcost.bench_gpu.serving import Arrival

Row = dict[str, Any]


class Around:
    """The benchmark's surroundings: the store, the table of machines, the screen."""

    def __init__(self, db: Path | None) -> None:
        from llmcost.engine import store

        self._path = store.locate(db)

    def prepare(self) -> None:
        """Opens the store once, and makes it where there is none."""
        from llmcost.engine import access

        access.writing(self._path).close()

    def save(self, row: Row) -> None:
        """Saves a finished step, in its own transaction."""
        from llmcost.engine import access
        from llmcost.reports import measurements

        with access.writing(self._path) as opened:
            measurements.save(opened, row)

    def saved(self) -> list[Row]:
        """The steps in the store, oldest first."""
        from llmcost.engine import access
        from llmcost.reports import measurements

        with access.reading(self._path) as opened:
            return measurements.saved(opened)

    def usd_per_hour(self, instance: str) -> float:
        """The on-demand price of the machine table or llmcost.toml."""
        from llmcost.self_hosting import catalogue

        known = catalogue.load()
        price = known.on_demand_usd(known.instance(instance))
        if price is None:
            raise UsageError(f"{instance} has no price per hour", hint="give it with --price-per-hour USD")
        return price

    def arrivals(self) -> "Sequence[Arrival]":
        """The logged calls that ended well, in order of time."""
        from llmcost.bench_gpu.serving import Arrival
        from llmcost.engine import access
        from llmcost.reports import measurements

        if not self._path.exists():
            return []
        with access.reading(self._path) as opened:
            rows = measurements.arrivals(opened)
        return [Arrival(row["at_us"] / 1e6, row["prompt_tokens"], row["output_tokens"]) for row in rows]

    def own_load(self) -> "OwnLoad | None":
        """The logged tokens a day, over the days from the first request to the last."""
        from llmcost.bench_gpu.dollars import OwnLoad
        from llmcost.engine import access
        from llmcost.reports import measurements

        if not self._path.exists():
            return None
        with access.reading(self._path) as opened:
            found = measurements.own_load(opened)
        return OwnLoad(*found) if found else None

    def show(self, rows: Sequence[Row], *, as_json: bool) -> None:
        """The steps, whole as JSON, or their main figures as a table."""
        from llmcost.views.measurements import MeasurementsView

        options.output("json" if as_json else "table", None).show(MeasurementsView(rows))


bench_gpu = command(Around)
