"""The least that any reader of a log does: one typed read into a table, nothing checked or merged.

`python -m benchmarks.bare_duckdb LOG STORE [FORMAT]`; STORE may be `:memory:`; FORMAT: one of llmcost's formats, whose
fields are read instead of those of llmcost's own log.
"""

import json
import sys
from pathlib import Path
from typing import Any

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


def fields_of(name: str) -> dict[str, str]:
    """The fields that llmcost reads of a format, with their types."""
    from llmcost.engine import registry

    query = registry.find("formats", name)
    structure = query.field("columns").replace('"record"', query.field("record"))
    return {field: _kind(inner) for field, inner in json.loads(structure).items()}


def _kind(structure: Any) -> str:
    if isinstance(structure, dict):
        return "struct(" + ", ".join(f'"{name}" {_kind(inner)}' for name, inner in structure.items()) + ")"
    return _kind(structure[0]) + "[]" if isinstance(structure, list) else str(structure)


def load(log: str, store: str, fields: dict[str, str]) -> None:
    """A new table `requests` in `store` with these columns of the log."""
    columns = ", ".join(f"\"{name}\": '{kind}'" for name, kind in fields.items())
    read = f"read_json($log, format = 'newline_delimited', columns = {{{columns}}})"
    with duckdb.connect(store) as connection:
        connection.execute(f"create table requests as select * from {read}", {"log": log})


if __name__ == "__main__":
    if sys.argv[2] != ":memory:":
        Path(sys.argv[2]).unlink(missing_ok=True)
    load(sys.argv[1], sys.argv[2], fields_of(sys.argv[3]) if len(sys.argv) > 3 else COLUMNS)
