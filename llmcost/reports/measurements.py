"""What bench-gpu measured, as the store keeps it, and what of the store's traffic bench-gpu asks for."""

import json
from collections.abc import Mapping
from typing import Any

from llmcost.engine.store import Store

Row = dict[str, Any]


def save(opened: Store, row: Mapping[str, Any]) -> None:
    """Keeps a finished step. Needs the right to change the store."""
    import pyarrow as pa

    # mappings as JSON, which Arrow can hold whatever is in them
    plain = dict(row) | {name: json.dumps(dict(row[name])) for name in ("versions", "failures")}
    with opened.relation("measured", pa.Table.from_pylist([plain])):
        opened.execute(
            "insert into measurements by name select * replace"
            " (versions::json::map(varchar, varchar) as versions, failures::json::map(varchar, bigint) as failures)"
            " from measured"
        )


def saved(opened: Store) -> list[Row]:
    """The steps in the store, oldest first."""
    return opened.rows("select * from measurements order by ts, measurement_id")


def arrivals(opened: Store) -> list[Row]:
    """The logged calls that ended well, in order of time: microseconds since the first, tokens in and out."""
    return opened.rows(
        "select epoch_us(ts) - min(epoch_us(ts)) over () as at_us, output_tokens, input_tokens"
        " + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens as prompt_tokens from requests"
        " where ts is not null and status = 'ok' and calls = 1 and output_tokens > 0 order by ts, request_id"
    )


def own_load(opened: Store) -> tuple[float, float] | None:
    """The logged tokens in and out a day, over the days from the first request to the last; None without any."""
    [row] = opened.rows(
        "select sum(output_tokens)::bigint as output, sum(input_tokens + cache_read_tokens"
        " + cache_write_5m_tokens + cache_write_1h_tokens)::bigint as input,"
        " greatest(date_diff('day', min(ts), max(ts)) + 1, 1) as days from requests where ts is not null"
    )
    return (row["input"] / row["days"], row["output"] / row["days"]) if row["output"] else None
