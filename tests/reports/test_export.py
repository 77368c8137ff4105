"""An export holds what a report says, is complete or absent, and keeps to the rules of FOCUS 1.2."""

import csv
import io
import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pytest

from llmcost.engine import access
from llmcost.engine.scratch import Scratch
from llmcost.errors import LlmcostError, UsageError
from llmcost.reports import export, spend
from llmcost.reports.scope import Scope, scope
from tests.command import llmcost
from tests.logs import Row, call, ingested, write

LOG: list[Row | str] = [
    call(1, feature="=search()", tags={"team": "wëb"}, cache_read_tokens=500, web_searches=2),
    call(2, feature="=search()", ts="2026-11-03T23:59:59Z", output_tokens=7),
    call(3, feature="=search()", ts="2026-11-03T23:59:59Z", output_tokens=9, service_tier="batch"),
    call(4, model="a-model-without-a-price"),
    call(5, ts=None),
    call(6, model="gpt-5-mini", provider="openai", ts="2026-12-31T10:00:00Z", organisation="o1"),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    with ingested(folder / "a.duckdb", write(folder / "a.jsonl", LOG)):
        pass
    return folder / "a.duckdb"


def exported(path: Path, to: Path, form: str = "parquet", covered: Scope | None = None) -> dict[str, Any]:
    with access.reading(path) as opened:
        export.export(opened, covered or Scope(), str(to), form)
    manifest: dict[str, Any] = json.loads((to / export.MANIFEST).read_text("utf-8"))
    return manifest


def export_to_nowhere(path: Path) -> None:
    with access.reading(path) as opened:
        export.export(opened, Scope(), "nosuch://bucket")


def rows_of(to: Path) -> list[dict[str, str]]:
    return [row for file in sorted(to.rglob("*.csv")) for row in csv.DictReader(io.StringIO(file.read_text("utf-8")))]


@pytest.mark.parametrize("form", export.FORMATS)
def test_the_manifest_is_what_is_there(path: Path, tmp_path: Path, form: str) -> None:
    manifest = exported(path, tmp_path / "lake", form)
    files = {str(file.relative_to(tmp_path / "lake")): file for file in (tmp_path / "lake").rglob("part-*")}
    assert {one["path"] for one in manifest["files"]} == files.keys()
    for one in manifest["files"]:
        content = files[one["path"]].read_bytes()
        assert (one["bytes"], one["sha256"]) == (len(content), sha256(content).hexdigest())
    with access.reading(path) as opened:
        total = spend.report(opened, Scope()).total
    assert (manifest["requests"], manifest["unpriced_requests"], manifest["timeless_requests"]) == (6, 1, 1)
    assert manifest["cost_usd"] == pytest.approx(total["cost_usd"])
    assert [file.name for file in tmp_path.iterdir()] == ["lake"], "nothing partial is left"


def test_parquet_is_one_table_by_day(path: Path, tmp_path: Path) -> None:
    manifest = exported(path, tmp_path / "lake")
    with duckdb.connect(str(path), read_only=True) as store:
        read = f"read_parquet('{tmp_path}/lake/*/*.parquet', hive_partitioning = false)"
        assert store.sql(f"(from {read} except all from priced)").fetchall() == []
        assert store.sql(f"select count(*) from {read}").fetchall() == [(6,)]
    assert [one["rows"] for one in manifest["files"]] == [2, 2, 1, 1]
    assert manifest["files"][-1]["path"].startswith("day=__HIVE_DEFAULT_PARTITION__/")


@pytest.mark.parametrize("form", export.FORMATS)
def test_a_day_of_many_requests_is_several_files(
    path: Path, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that what is in memory at once does not grow with the day."""
    whole = exported(path, tmp_path / "whole", form)
    monkeypatch.setattr(export, "PART_ROWS", 1)
    parts = exported(path, tmp_path / "parts", form)
    assert [one["rows"] for one in parts["files"]] == [1] * whole["rows"]
    assert "/part-1." in parts["files"][1]["path"]
    assert sorted(map(str, rows_of(tmp_path / "parts"))) == sorted(map(str, rows_of(tmp_path / "whole")))


def test_what_a_killed_export_left_is_removed(path: Path, tmp_path: Path) -> None:
    """A process that lives keeps its own."""
    (tmp_path / ".lake.scratch-dead" / "export").mkdir(parents=True)
    alive = Scratch(tmp_path / "lake")
    exported(path, tmp_path / "lake")
    assert {file.name for file in tmp_path.iterdir()} == {"lake", alive.path.name}
    alive.close()


def test_csv_runs_no_formula(path: Path, tmp_path: Path) -> None:
    exported(path, tmp_path / "lake", "csv")
    rows = rows_of(tmp_path / "lake")
    assert {row["feature"] for row in rows} == {"'=search()", "unattributed"}
    assert json.loads(rows[0]["tags"])["team"] == "wëb"
    assert [row["cost_usd"] for row in rows if row["model"] == "a-model-without-a-price"] == [""]


def test_a_scope_is_kept(path: Path, tmp_path: Path) -> None:
    with access.reading(path) as opened:
        covered = scope(opened, "2026-11-03", "2026-11-03")
    assert exported(path, tmp_path / "lake", covered=covered)["requests"] == 2


def test_nothing_is_left_of_what_fails(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_one = export._write
    done: list[str] = []

    def failing(files: Any, place: str, content: bytes) -> None:
        if len(done) == 2:
            raise OSError(28, "No space left on device")
        done.append(place)
        write_one(files, place, content)

    monkeypatch.setattr(export, "_write", failing)
    with pytest.raises(LlmcostError, match="No space left"):
        exported(path, tmp_path / "lake")
    assert len(done) == 2
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_never_replaced(path: Path, tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    exported(path, tmp_path / "lake")
    with pytest.raises(LlmcostError, match="is not empty"):
        exported(path, tmp_path / "lake")
    with pytest.raises(LlmcostError, match="cannot be written to"):
        export_to_nowhere(path)
    with pytest.raises(UsageError, match="no export format"):
        exported(path, tmp_path / "other", "xlsx")


def test_an_address_of_another_file_system(path: Path, tmp_path: Path) -> None:
    with access.reading(path) as opened:
        export.export(opened, Scope(), f"file://{tmp_path}/lake")
    assert (tmp_path / "lake" / export.MANIFEST).exists()


def test_the_command_says_what_it_wrote(path: Path, tmp_path: Path) -> None:
    done = llmcost("export", "--to", "lake", "--format", "focus", "--json", "--db", path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"to": "lake"} | json.loads((tmp_path / "lake" / export.MANIFEST).read_text())
    again = llmcost("export", "--to", "lake", "--db", path, cwd=tmp_path)
    assert (again.returncode, again.stderr.count("\n")) == (1, 2)
    shown = llmcost("export", "--to", "more", "--db", path, cwd=tmp_path).stdout
    assert "6 requests that cost" in shown


# The rules of the specification 1.2, https://focus.finops.org/focus-specification/v1-2/, written down a second time.
MANDATORY = set(
    "BilledCost BillingAccountId BillingAccountName BillingCurrency BillingPeriodEnd BillingPeriodStart ChargeCategory"
    " ChargeClass ChargeDescription ChargePeriodEnd ChargePeriodStart ContractedCost EffectiveCost InvoiceIssuerName"
    " ListCost PricingQuantity PricingUnit ProviderName PublisherName ServiceCategory ServiceName".split()
)
RECOMMENDED = {"InvoiceId"}
MAY_BE_NULL = {"BillingAccountName", "ChargeClass", "InvoiceId", "RegionId", "RegionName"}
OTHER_COLUMNS = set(
    "ChargeFrequency ConsumedQuantity ConsumedUnit ContractedUnitPrice ListUnitPrice PricingCategory RegionId"
    " RegionName ServiceSubcategory SkuId SkuMeter SkuPriceId Tags".split()
)
DECIMAL = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def test_focus_keeps_the_rules_of_the_specification(path: Path, tmp_path: Path) -> None:
    manifest = exported(path, tmp_path / "lake", "focus")
    assert manifest["focus"] == "1.2"
    rows = rows_of(tmp_path / "lake")
    assert rows
    for row in rows:
        assert row.keys() >= MANDATORY | RECOMMENDED
        assert not {name for name in row if not name.startswith("x_")} - MANDATORY - RECOMMENDED - OTHER_COLUMNS
        assert {name for name, value in row.items() if value == ""} <= MAY_BE_NULL
        for name in "BilledCost EffectiveCost ListCost ContractedCost PricingQuantity ConsumedQuantity".split():
            assert DECIMAL.fullmatch(row[name]), name
        for name in ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd"):
            assert MOMENT.fullmatch(row[name]), name
        assert row["BillingPeriodStart"] <= row["ChargePeriodStart"] < row["ChargePeriodEnd"] <= row["BillingPeriodEnd"]
        assert row["ChargeCategory"] == "Usage"
        assert row["ChargeClass"] == "", "a row that corrects nothing"
        assert row["InvoiceId"] == "", "a log knows no invoice"
        assert row["ChargeFrequency"] == "Usage-Based"
        assert row["PricingCategory"] == "Standard"
        assert row["BillingCurrency"] == "USD"
        assert row["ServiceCategory"] == "AI and Machine Learning"
        assert row["ServiceSubcategory"] == "Generative AI"
        quantity = float(row["PricingQuantity"])
        for price, cost in (("ListUnitPrice", "ListCost"), ("ContractedUnitPrice", "ContractedCost")):
            assert float(row[price]) >= 0
            assert float(row[price]) * quantity == pytest.approx(float(row[cost]), rel=1e-9)
        assert re.fullmatch(r"(\d+ )?[A-Z][a-z]+s", row["PricingUnit"])
        assert isinstance(json.loads(row["Tags"]), dict)
    months = {(row["BillingPeriodStart"], row["BillingPeriodEnd"]) for row in rows}
    assert months == {
        ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"), ("2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    }  # fmt: skip


def test_focus_adds_up_to_what_has_a_price_and_a_time(path: Path, tmp_path: Path) -> None:
    exported(path, tmp_path / "lake", "focus")
    rows = rows_of(tmp_path / "lake")
    with duckdb.connect(str(path), read_only=True) as store:
        [(usd, read)] = store.sql(
            "select sum(cost_usd), sum(cache_read_tokens) from priced where ts is not null and cost_usd is not null"
        ).fetchall()
    assert sum(float(row["BilledCost"]) for row in rows) == pytest.approx(usd)
    caches = [float(row["ConsumedQuantity"]) for row in rows if row["SkuMeter"] == "Cache Read Tokens"]
    assert sum(caches) == float(read)
    assert {row["BillingAccountId"] for row in rows} >= {"unknown"}
    batch = {row["SkuPriceId"] for row in rows if "/batch/" in row["SkuPriceId"]}
    assert batch, "another tier is another price"
