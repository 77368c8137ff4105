"""What a value may be is decided where it is read, the same for every format: anything else is a reject, no guess."""

import json
from pathlib import Path

import pytest

from llmcost.engine import store
from llmcost.ingest import run, staging
from tests.formats.samples import FORMATS
from tests.formats.samples import lines as sample_lines
from tests.logs import Row, call, check_account, claude, ingested, write

EXTREMES = (0, -1, 2**31, 2**53, 2**63 - 1, -(2**63), 2**64, 10**18, 10**30, 1e308, -1e308, 1.5, 1e400, "0x10", "NaN")


def test_whole_numbers(tmp_path: Path, store_path: Path) -> None:
    written = {"12": 12, 12: 12, "12.0": 12, 1e3: 1000, "1e3": 1000, " 7 ": 7, 100_000_000: 100_000_000}
    log = write(tmp_path / "a.jsonl", [call(number, input_tokens=it) for number, it in enumerate(written)])
    with ingested(store_path, log) as (opened, _):
        rows = opened.rows("select input_tokens from requests order by request_id")
        assert [row["input_tokens"] for row in rows] == list(written.values())


def test_what_is_no_count_is_a_reject(tmp_path: Path, store_path: Path) -> None:
    written = ("0x10", 1.5, 0.1, "1_000", "1,000", 2**63 - 1, 2**64, 10**12 + 1, 1e308, -1, "٣")
    fields = ("input_tokens", "cache_write_1h_tokens", "output_tokens", "reasoning_tokens")
    rows = [call(number, **{field: it}) for field in fields for number, it in enumerate(written)]
    with ingested(store_path, write(tmp_path / "a.jsonl", [*rows, call(2)])) as (_, account):
        assert (account.total("requests"), account.total("rejects")) == (1, len(rows))


def test_times(tmp_path: Path, store_path: Path) -> None:
    none = (0, "0", "0.0", "1970-01-01T00:00:00Z")
    known = {"1970-01-02": "1970-01-02 00:00:00", 4102444800: "2100-01-01 00:00:00"}
    refused = ("0001-01-01T00:00:00Z", "1969-12-31", "2101-01-01", "9999-12-31", 9 * 10**18, "x", -1)
    rows = [call(number, ts=it) for number, it in enumerate((*known, *none, *refused))]
    with ingested(store_path, write(tmp_path / "a.jsonl", rows)) as (opened, account):
        assert account.total("rejects") == len(refused)
        read = [str(row["ts"]) for row in opened.rows("select ts from requests order by request_id")]
        assert read == [*known.values(), *["None"] * len(none)]


def test_durations(tmp_path: Path, store_path: Path) -> None:
    written = {31_622_400_000: 31_622_400_000, 31_622_400_001: None, -1: None, 1e308: None}
    log = write(tmp_path / "a.jsonl", [call(number, latency_ms=it) for number, it in enumerate(written)])
    with ingested(store_path, log) as (opened, _):
        rows = opened.rows("select latency_ms from requests order by request_id")
        assert [row["latency_ms"] for row in rows] == list(written.values())


def test_a_key_that_stands_twice_is_a_reject(tmp_path: Path, store_path: Path) -> None:
    twice = json.dumps(call(1)).replace('"input_tokens": 1000', '"input_tokens": 1000, "input_tokens": 1')
    nested = json.dumps(claude(2)).replace('"output_tokens": 50', '"output_tokens": 50, "output_tokens": 51')
    apart = claude(3) | {"toolUseResult": {"usage": {"output_tokens": 5}}}
    with ingested(store_path, write(tmp_path / "a.jsonl", [twice, nested, apart])) as (opened, account):
        assert (account.total("requests"), account.total("rejects")) == (1, 2)
        assert opened.value("select distinct reason from rejects") == "a key that occurs twice in one object"
    log = tmp_path / "a.json"
    log.write_text(f"[{twice},\n{json.dumps(call(9))}]")
    with ingested(tmp_path / "2.duckdb", log) as (_, account):
        assert (account.total("requests"), account.total("rejects")) == (1, 1)


def test_what_the_engine_refuses_is_found_by_halving(
    tmp_path: Path, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_as = staging.read_as

    def refusing(name: str, relation: str) -> str:
        refused = "case when feature = 'boom' then cast(cast('x' || feature as bigint) as varchar) else feature end"
        return f"select * replace ({refused} as feature) from ({read_as(name, relation)})"

    monkeypatch.setattr(staging, "read_as", refusing)
    rows: list[Row | str] = [call(number, feature="boom" if number in (3, 77) else "fine") for number in range(100)]
    with ingested(store_path, write(tmp_path / "a.jsonl", [*rows, claude(1), claude(2)])) as (opened, account):
        assert (account.total("requests"), account.total("rejects")) == (100, 2)
        assert opened.rows("select line_no, reason from rejects order by all") == [
            {"line_no": line, "reason": "a value that the engine refuses (ConversionException)"} for line in (4, 78)
        ]


def _with_extremes(value: object) -> list[object]:
    """The value with each of its numbers, one at a time, replaced by each extreme."""
    found: list[object] = []

    def walk(inner: object, put: "list[object] | Row", key: "int | str") -> None:
        if isinstance(inner, dict):
            for name in inner:
                walk(inner[name], inner, name)
        elif isinstance(inner, list):
            for index in range(min(len(inner), 3)):
                walk(inner[index], inner, index)
        elif (isinstance(inner, int | float) and not isinstance(inner, bool)) or (
            isinstance(inner, str) and inner.isdigit()
        ):
            for extreme in EXTREMES:
                put[key] = extreme  # type: ignore[index]
                found.append(json.loads(json.dumps(holder[0])))
            put[key] = inner  # type: ignore[index]

    holder = [value]
    walk(value, holder, 0)
    return found


@pytest.mark.parametrize("form", FORMATS)
def test_no_extreme_in_any_number_stops_an_ingest(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = []
    for text in sample_lines(form, 400)[::12]:
        try:
            texts += [json.dumps(value) for value in _with_extremes(json.loads(text))]
        except ValueError:
            texts += [text.replace(",", f",{extreme}", 1) for extreme in EXTREMES]
    monkeypatch.setattr(staging, "_held_apart", lambda *_: pytest.fail("the engine refused a value"))
    with store.in_memory() as opened:
        account = run.ingest(opened, [str(write(tmp_path / "a.jsonl", texts))], form)
        check_account(account)
        assert account.total("lines") >= len(texts)


@pytest.mark.parametrize(
    ("status", "kept"), [("200", "ok"), ("ok", "ok"), ("429", "error"), ("500", "error"), ("5", "ok")]
)
def test_an_http_code_of_an_error_is_an_error(tmp_path: Path, store_path: Path, status: str, kept: str) -> None:
    with ingested(store_path, write(tmp_path / "log.jsonl", [call(1, status=status)])) as (opened, _):
        assert opened.value("select status from requests") == kept
