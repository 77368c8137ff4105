"""Requests put into a store without a log, whole: everything unsaid at its default."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from llmcost.engine import store

Row = dict[str, Any]

START_US = 1_793_000_000_000_000
"""A moment of October 2026 in microseconds; a row's `ts` is such a number, or null."""


def fill(opened: store.Store, rows: Sequence[Row]) -> None:
    """Makes `requests` hold these rows and no others, `r000`, `r001` and so on."""
    made = [
        {
            "request_id": f"r{number:03}",
            "source_format": "llmcost",
            "model_logged": row["model"],
            "provider": "openai" if row["model"].startswith("gpt") else "anthropic",
            "cache_read_tokens": 0,
            "cache_write_5m_tokens": 0,
            "cache_write_1h_tokens": 0,
            "web_searches": 0,
            "calls": 1,
            "service_tier": "standard",
            "status": "ok",
            "output_partial": False,
        }
        | row
        for number, row in enumerate(rows)
    ]
    opened.execute("delete from requests")
    with opened.relation("made", pa.Table.from_pylist(made)):
        opened.execute("insert into requests by name select * replace (make_timestamp(ts) as ts) from made")
