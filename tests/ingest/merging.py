"""Stores that are merged, and what one says whichever machine said it."""

import json
from pathlib import Path

from llmcost.engine import access
from llmcost.ingest import merge, run
from tests.command import llmcost
from tests.logs import check_account


def made(folder: Path, *logs: Path) -> Path:
    """A store into which these logs have been read."""
    path = folder / "llmcost.duckdb"
    with access.writing(path) as opened:
        check_account(run.ingest(opened, [str(log) for log in logs]))
    return path


def united(path: Path, *others: Path) -> list[merge.Merged]:
    with access.writing(path) as opened:
        merged = merge.merge(opened, others)
    for one in merged:
        assert one.counts["lines"] == sum(one.counts[name] for name in run.COUNTS if name != "lines")
    return merged


def told(path: Path) -> dict[str, object]:
    """What a store says, whichever machine said it: its requests, its account of lines, its rejects and its report."""
    with access.reading(path) as opened:
        tables = {
            table: opened.rows(f"select {columns} from {table} order by all")
            for table, columns in {
                "requests": "* exclude (machine)",
                "spans": "*",
                "texts": "*",
                "openings": "*",
                "ruled": "*",
                "models": "* exclude (valid_from, valid_to)",
                "rejects": "* exclude (source_id)",
            }.items()
        }
        [account] = opened.rows(
            "select sum(lines) as lines, sum(requests) as requests, sum(duplicates) as duplicates,"
            " sum(no_call) as no_call, sum(rejects) as rejects from ledger"
        )
        assert account["requests"] == len(tables["requests"])
    report = json.loads(llmcost("report", "--db", path, "--format", "json", cwd=path.parent).stdout)
    del report["provenance"]
    return {**tables, "account": account, "report": report}
