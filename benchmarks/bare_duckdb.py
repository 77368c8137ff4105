"""The least that any reader of an llmcost log does: one typed read into a table, nothing checked or merged.

`python -m benchmarks.bare_duckdb LOG STORE`; STORE may be `:memory:`.
"""

import sys
from pathlib import Path

import duckdb

COLUMNS = {
    "request_id": "varchar",
    "ts": "timestamp",
    "provider": "varchar",
    "model": "varchar",
    "feature": "varchar",
    "task_type": "varchar",
    "prompt_id": "varchar",
    "user_id": "varchar",
    "session_id": "varchar",
    "project": "varchar",
    "tags": "map(varchar, varchar)",
    "input_tokens": "bigint",
    "cache_read_tokens": "bigint",
    "cache_write_5m_tokens": "bigint",
    "cache_write_1h_tokens": "bigint",
    "output_tokens": "bigint",
    "reasoning_tokens": "bigint",
    "web_searches": "bigint",
    "max_output_tokens": "bigint",
    "stop_reason": "varchar",
    "service_tier": "varchar",
    "status": "varchar",
    "latency_ms": "double",
    "ttft_ms": "double",
    "output_partial": "boolean",
    "prompt_hash": "varchar",
    "output_hash": "varchar",
    "prefix": "struct(hash varchar, tokens bigint)[]",
    "system_blocks": "integer",
    "complexity": "double",
    "cost_logged_usd": "double",
}


def load(log: str, store: str) -> None:
    """A new table `requests` in `store` with every column of the log."""
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in COLUMNS.items())
    read = f"read_json($log, format = 'newline_delimited', columns = {{{columns}}})"
    with duckdb.connect(store) as connection:
        connection.execute(f"create table requests as select * from {read}", {"log": log})


if __name__ == "__main__":
    if sys.argv[2] != ":memory:":
        Path(sys.argv[2]).unlink(missing_ok=True)
    load(sys.argv[1], sys.argv[2])
