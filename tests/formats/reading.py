"""A few lines through an ingest, and what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmcost.engine import store
from llmcost.ingest import run
from tests.logs import Row, check_account, write

BUCKETS = ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens")


@dataclass
class Outcome:
    """The requests in the order of their ids, the account in total, and the rejects' reasons."""

    requests: list[Row]
    counts: dict[str, int]
    reasons: list[str]

    def tokens(self) -> list[tuple[int, ...]]:
        """The five buckets of each request."""
        return [tuple(request[bucket] for bucket in BUCKETS) for request in self.requests]

    def only(self) -> Row:
        """The only request."""
        [request] = self.requests
        return request


def read(
    folder: Path, *logs: list[Any], form: str = "auto", assumed: Mapping[str, str] | None = None, suffix: str = "jsonl"
) -> Outcome:
    """What one ingest after another, each of a file of its own, has come to."""
    reasons: list[str] = []
    counts = dict.fromkeys(run.COUNTS, 0)
    with store.in_memory() as opened:
        for number, rows in enumerate(logs):
            log = write(folder / f"{number}.{suffix}", rows)
            account = run.ingest(opened, [str(log)], form, assumed=assumed)
            check_account(account)
            for name in counts:
                counts[name] += account.total(name)
        reasons = [row["reason"] for row in opened.rows("select reason from rejects order by source_id, line_no")]
        requests = opened.rows("select * from requests order by request_id")
        assert opened.value("select coalesce(sum(requests), 0) from ledger") == len(requests)
    return Outcome(requests, counts, reasons)


def changed(row: Row, path: tuple[str, ...], value: Any) -> Row:
    """The row with another value at a path."""
    name, *rest = path
    return row | {name: changed(row[name], tuple(rest), value) if rest else value}


def check_refusals(folder: Path, row: Row, path: tuple[str, ...]) -> None:
    """A count that is not a number and one below zero are refused; the call next to them is read."""
    found = read(folder, [changed(row, path, "many"), changed(row, path, -3), row])
    assert found.reasons == ["a count that is not a whole number", "a negative count"]
    assert found.counts["requests"] == 1
