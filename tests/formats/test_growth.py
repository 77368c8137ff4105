"""Files that grow: a line without an id is the same line when its line break comes."""

import json
from pathlib import Path

from tests.logs import ingested

SENT = {
    "event": "message_send",
    "properties": {"main_model": "gpt-4o", "prompt_tokens": 7, "completion_tokens": 2, "cost": 0.1},
    "time": 1793613600,
}


def test_the_last_line_gains_its_line_break(tmp_path: Path, store_path: Path) -> None:
    log = tmp_path / "analytics.jsonl"
    log.write_text(json.dumps(SENT))
    with ingested(store_path, log) as (_, account):
        assert account.total("requests") == 1
    log.write_text(json.dumps(SENT) + "\n" + json.dumps(SENT | {"time": 1793613700}) + "\n")
    with ingested(store_path, log) as (opened, account):
        assert (account.total("requests"), account.total("duplicates")) == (1, 1)
        assert opened.value("select count(*) from requests") == 2


def test_a_trace_that_grows_is_numbered_from_its_beginning(tmp_path: Path, store_path: Path) -> None:
    log = tmp_path / "trace.csv"
    row = "2023-11-16 18:17:03.9799600,4808,10\n"
    log.write_text(row * 2)
    with ingested(store_path, log):
        pass
    log.write_text(row * 3)
    with ingested(store_path, log) as (opened, account):
        assert (account.total("requests"), account.total("duplicates")) == (1, 2)
        assert opened.value("select count(*) from requests") == 3
