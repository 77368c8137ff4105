"""Log lines for tests, and stores filled with them."""

import gzip
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import zstandard

from llmcost.engine import access, store
from llmcost.ingest import run

Row = dict[str, Any]


def moment(seconds: int) -> str:
    """The time so many seconds after midnight of 2 November 2026."""
    return f"{datetime(2026, 11, 2) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


def call(number: int = 1, **fields: Any) -> Row:
    """A line of llmcost's own log: one call of 1,000 tokens in and 100 out unless said otherwise."""
    minute, second = divmod(number, 60)
    return {
        "llmcost": 1,
        "request_id": f"req_{number}",
        "ts": f"2026-11-02T10:{minute % 60:02d}:{second:02d}Z",
        "provider": "anthropic",
        "model": "claude-haiku-4-5",
        "input_tokens": 1000,
        "output_tokens": 100,
    } | fields


def claude(number: int = 1, output: int = 50, **fields: Any) -> Row:
    """A line of a Claude Code session that carries a call."""
    return {
        "type": "assistant",
        "sessionId": "s1",
        "requestId": f"req_{number}",
        "isSidechain": False,
        "timestamp": f"2026-11-02T10:00:{number % 60:02d}Z",
        "message": {
            "id": f"msg_{number}",
            "model": "claude-sonnet-4-6",
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 3, "output_tokens": output, "cache_creation_input_tokens": 300,
                      "cache_read_input_tokens": 9000},
        },
    } | fields  # fmt: skip


def write(path: Path, rows: Iterable[Row | str]) -> Path:
    """The rows as JSON lines; a text stands as it is. Compressed when the name ends in .gz or .zst."""
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    if path.suffix == ".gz":
        data = gzip.compress(data)
    elif path.suffix == ".zst":
        data = zstandard.compress(data)
    path.write_bytes(data)
    return path


@contextmanager
def ingested(db: Path, *paths: Path | str, form: str = "auto") -> Iterator[tuple[store.Store, run.Account]]:
    """A store at `db` into which the paths have been read, and the account of it."""
    with access.writing(db) as opened:
        account = run.ingest(opened, [str(path) for path in paths], form)
        check_account(account)
        yield opened, account


def check_account(account: run.Account) -> None:
    """The law: every line read is one of four things."""
    for counts in account.formats.values():
        assert counts["lines"] == sum(counts[name] for name in run.COUNTS if name != "lines")


def contents(db: Path) -> list[Row]:
    """Every request of a store, in an order of its own."""
    with access.reading(db) as opened:
        return opened.rows("select * from requests order by request_id")


def totals(opened: store.Store) -> Row:
    """The token sums of a store."""
    [row] = opened.rows(
        "select count(*) as calls, sum(input_tokens)::bigint as input, sum(output_tokens)::bigint as output,"
        " sum(cache_read_tokens)::bigint as cache_read, sum(cache_write_5m_tokens)::bigint as cache_write_5m,"
        " sum(cache_write_1h_tokens)::bigint as cache_write_1h, sum(web_searches)::bigint as web_searches"
        " from requests"
    )
    return row
