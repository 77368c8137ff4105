"""Requests put into a store without a log, whole: everything unsaid at its default."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa

from llmcost.engine import store
from llmcost.reports.scope import Scope
from llmcost.what_ifs.engine.chain import Chain, Traffic
from llmcost.what_ifs.engine.step import parse, settled

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
    if made:
        with opened.relation("made", table(made, [name for row in made for name in row])):
            opened.execute("insert into requests by name select * from made")


@dataclass(frozen=True)
class Replayed:
    """What the last step made of the requests, and what it costs and saves in US dollars."""

    rows: list[Row]
    cost_usd: float
    saved_usd: float
    summary: Row
    cut_short: list[Row]


def replayed(opened: store.Store, *words: str) -> Replayed:
    """Runs steps over every request of the store, `stage_1` and so on, without the ranges and recommendations of
    `simulate`, which take several times as long."""
    chain = Chain(Traffic.of(opened, Scope(), ()), "")
    costs = [chain.traffic.cost_usd("cost_0")]
    for word in words:
        point = chain.add(settled(opened, parse(word)))
        if point.failure:
            raise point.failure
        costs.append(point.cost_usd)
    return Replayed(
        rows=opened.rows(f"select * from {chain.stage} order by request_id"),
        cost_usd=costs[-1],
        saved_usd=costs[-2] - costs[-1],
        summary=point.summary or {},
        cut_short=chain.cut_short(len(words)),
    )


def table(rows: Sequence[Row], names: Iterable[str]) -> pa.Table:
    """These columns of the rows, typed as in `requests`; `prompt_text` and `history` are more."""
    return pa.Table.from_pylist(rows, pa.schema([(name, _kinds()[name]) for name in dict.fromkeys(names)]))


@cache
def _kinds() -> dict[str, pa.DataType]:
    with store.in_memory() as opened:
        schema = opened.arrow("select *, null::varchar as prompt_text, null::varchar as history from requests").schema
    return dict(zip(schema.names, schema.types, strict=True))
