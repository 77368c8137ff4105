"""Every format's samples: claimed by it alone, and read as the generator says they must be."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from llmcost.engine import store
from llmcost.ingest import chains, detect, lines
from tests.formats.samples import FORMATS, ROOT, files, folder
from tests.formats.samples import lines as sample_lines
from tests.logs import ingested, totals

EXPECTED: dict[str, Any] = json.loads((ROOT / "sample_logs" / "expected.json").read_text("utf-8"))["folders"]


def test_every_format_has_samples() -> None:
    assert [form for form in FORMATS if not files(form)] == []
    assert sorted(EXPECTED) == [form.replace("-", "_") for form in FORMATS]


def test_no_line_is_claimed_by_two_formats_and_each_by_its_own() -> None:
    texts = [(form, text) for form in FORMATS for text in sample_lines(form, 100)]
    numbered = pa.table(
        [
            pa.array([0] * len(texts), pa.int32()),
            pa.array(range(len(texts)), pa.int64()),
            pa.array([1] * len(texts), pa.int32()),
            pa.array([text for _, text in texts]),
            pa.nulls(len(texts), pa.string()),
        ],
        schema=lines.SCHEMA,
    )
    with store.in_memory() as opened:
        chains.prepare(opened)
        with opened.relation("sample", numbered):
            detect.claim(opened, "sample")
        claims = opened.rows("select line_no, format from claims")
    by_line: dict[int, list[str]] = {}
    for claim in claims:
        by_line.setdefault(claim["line_no"], []).append(claim["format"])
    for number, (form, text) in enumerate(texts):
        claimed = by_line.get(number, [])
        assert claimed in ([form], []), f"{claimed} claim a line of {form}: {text[:200]}"
        if not claimed:
            assert not _is_json(text) or form in STRAYS, f"nobody claims this line of {form}: {text[:200]}"


STRAYS = ("openai", "openai-responses")
"""Formats whose samples have lines that are nobody's: error bodies, and deltas of a stream."""


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


@pytest.mark.parametrize("form", FORMATS)
def test_the_samples_are_read_as_expected(form: str, store_path: Path) -> None:
    truth = EXPECTED[form.replace("-", "_")]
    with ingested(store_path, folder(form)) as (opened, account):
        assert account.formats.keys() <= {form, "unrecognised"}
        found = {
            "files": account.files,
            "lines": account.total("lines"),
            "calls": totals(opened)["calls"],
            "failed_calls": opened.value("select count(*) from requests where status = 'error'"),
            "partial_calls": opened.value("select count(*) from requests where output_partial"),
            "unpriced_calls": account.unpriced_requests,
            "duplicate_lines": account.total("duplicates"),
            "lines_without_a_call": account.total("no_call"),
            "malformed_lines": account.total("rejects"),
            "tokens": {name: count for name, count in totals(opened).items() if name != "calls"}
            | {"reasoning": opened.value("select coalesce(sum(reasoning_tokens), 0)::bigint from requests")},
        }
        assert found == truth
        assert account.total("requests") == truth["calls"]
        assert opened.value("select sum(requests)::bigint from ledger") == truth["calls"]
