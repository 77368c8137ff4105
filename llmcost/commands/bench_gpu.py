"""`llmcost bench-gpu`: what a GPU server does, kept in the store."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost.bench_gpu.command import command
from llmcost.errors import UsageError

if TYPE_CHECKING:
    from llmcost.bench_gpu.dollars import OwnLoad
    from llmcost.bench_gpu.serving import Arrival

Row = dict[str, Any]


class Around:
    """What lies around the benchmark: the store, the table of machines, the screen."""

    def __init__(self, db: Path | None) -> None:
        from llmcost.engine import store

        self._path = store.locate(db)

    def prepare(self) -> None:
        """Opens the store once, and makes it where there is none."""
        from llmcost.engine import store

        store.writing(self._path).close()

    def save(self, row: Row) -> None:
        """Keeps a finished step in `measurements`, in a transaction of its own."""
        import pyarrow as pa

        from llmcost.engine import store

        with store.writing(self._path) as opened, opened.relation("measured", pa.Table.from_pylist([_plain(row)])):
            opened.execute(
                "insert into measurements by name select * replace"
                " (versions::json::map(varchar, varchar) as versions, failures::json::map(varchar, bigint) as failures)"
                " from measured"
            )

    def saved(self) -> list[Row]:
        """The steps in the store, oldest first."""
        from llmcost.engine import store

        with store.reading(self._path) as opened:
            return opened.rows("select * from measurements order by ts, measurement_id")

    def usd_per_hour(self, instance: str) -> float:
        """The on-demand price of the machine table or llmcost.toml."""
        from llmcost.self_hosting import catalogue

        price = catalogue.load().instance(instance).usd_per_hour
        if price is None:
            raise UsageError(f"{instance} has no price per hour", hint="give it with --price-per-hour USD")
        return price

    def arrivals(self) -> "Sequence[Arrival]":
        """The logged calls that ended well, in order of time."""
        from llmcost.bench_gpu.serving import Arrival
        from llmcost.engine import store

        if not self._path.exists():
            return []
        with store.reading(self._path) as opened:
            rows = opened.rows(
                "select epoch_us(ts) - min(epoch_us(ts)) over () as at_us, output_tokens, input_tokens"
                " + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens as prompt_tokens from requests"
                " where ts is not null and status = 'ok' and calls = 1 and output_tokens > 0 order by ts, request_id"
            )
        return [Arrival(row["at_us"] / 1e6, row["prompt_tokens"], row["output_tokens"]) for row in rows]

    def own_load(self) -> "OwnLoad | None":
        """The logged tokens a day, over the days from the first request to the last."""
        from llmcost.bench_gpu.dollars import OwnLoad
        from llmcost.engine import store

        if not self._path.exists():
            return None
        with store.reading(self._path) as opened:
            [row] = opened.rows(
                "select sum(output_tokens)::bigint as output, sum(input_tokens + cache_read_tokens"
                " + cache_write_5m_tokens + cache_write_1h_tokens)::bigint as input,"
                " greatest(date_diff('day', min(ts), max(ts)) + 1, 1) as days from requests where ts is not null"
            )
        return OwnLoad(row["input"] / row["days"], row["output"] / row["days"]) if row["output"] else None

    def show(self, rows: Sequence[Row], *, as_json: bool) -> None:
        """The steps, whole as JSON, or their main figures as a table."""
        from llmcost.render import terminal, text
        from llmcost.views import measurements as screen

        if as_json:
            terminal.write(text.as_json({"measurements": list(rows)}), None)
            return
        terminal.show(screen.show(rows), None)


def _plain(row: Row) -> Row:
    """The row with its mappings as JSON, which Arrow can hold whatever is in them."""
    return row | {name: json.dumps(dict(row[name])) for name in ("versions", "failures")}


bench_gpu = command(Around)
