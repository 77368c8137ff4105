"""`llmcost break-even` at the command line: table, plot, files for programs, and what is wrong."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import llmcost
from tests.logs import call, ingested, write


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of two days: a call every ten minutes, one in ten without a price."""
    place = tmp_path_factory.mktemp("break_even")
    rows = [
        call(
            n,
            ts=f"2026-11-{2 + n // 144:02d}T{n // 6 % 24:02d}:{n % 6 * 10:02d}:00Z",
            model="nobody-knows-it" if n % 10 == 0 else "claude-haiku-4-5",
            feature="chat" if n % 2 else "search",
            input_tokens=800,
            output_tokens=200,
        )
        for n in range(288)
    ]
    with ingested(place / "llmcost.duckdb", write(place / "log.jsonl", rows)):
        pass
    return place


def document(folder: Path, *words: str) -> dict[str, Any]:
    done = llmcost("break-even", "--format", "json", *words, cwd=folder)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_the_volume_is_where_a_machine_costs_what_the_api_does(folder: Path) -> None:
    found = document(folder, "--volumes", "1M,30M")
    # claude-haiku-4-5: $1 and $5 per million; 800 in and 200 out are $0.0018 for 1,000 tokens
    assert found["tokens_per_request"] == 1000
    assert found["requests"] == 259
    assert found["beats_api_from_tokens_per_day"] == pytest.approx(0.526 * 24 / 1.8e-6, rel=0.03)
    few, many = found["points"]
    assert few["api_usd"] == pytest.approx(1.8 * 365 / 12)
    assert few["hosted_usd"] == pytest.approx(0.526 * 730)
    assert (few["machines"], few["hosted_share"]) == (1, 1)
    assert found["managed"]["model"].startswith("mistral")
    a_thousand = (800 * found["managed"]["input_usd_mtok"] + 200 * found["managed"]["output_usd_mtok"]) / 1e6
    assert 0 < many["managed_usd"] == pytest.approx(30_000 * a_thousand * 365 / 12)
    assert many["cheapest"] == "managed API", "the same model costs a fraction of the machines"
    assert found["beats_all_from_tokens_per_day"] is None
    assert 0 < few["busy"] < many["busy"] < 1
    assert [row["cheapest_here"] for row in found["article"]] == [[f"1M: {few['cheapest']}"], [], ["30M: managed API"]]
    assert found["footing"]["kind"] == "datasheet"
    assert any("29 of 288 requests are left out" in note for note in found["notes"])


def test_table_and_plot(folder: Path) -> None:
    done = llmcost("break-even", "--volumes", "100k,1M,100M", "--details", cwd=folder)
    assert done.returncode == 0, done.stderr
    words = " ".join(done.stdout.split())
    for part in ("mistral-7b (awq) on g4dn.xlarge in us-east-1 at $0.526 an hour",
                 "● API ◆ API with caching ■ managed API", "tokens a day",
                 "Self-hosting does not beat mistral-7b from", "beats the logged API from",
                 "up to 1M tokens a day: it advises API", "datasheet of T4 at 85% of its bandwidth"):  # fmt: skip
        assert part in words
    assert max(len(line) for line in done.stdout.splitlines()) <= 100


def test_the_parameters_are_those_of_the_what_if(folder: Path) -> None:
    usual = document(folder, "--volumes", "30M")
    expensive = document(
        folder, "--volumes", "30M", "--usd-per-hour", "5.26", "--features", "chat", "--set", "tpot_ms=80"
    )
    assert expensive["usd_per_hour"] == 5.26
    assert expensive["requests"] < usual["requests"]
    [one], [other] = usual["points"], expensive["points"]
    assert other["hosted_usd"] / other["machines"] == pytest.approx(10 * one["hosted_usd"] / one["machines"])


def test_another_region_and_commitment_are_paid_as_the_table_says(folder: Path) -> None:
    """An L4 at Google: 1.122379 on demand in Brazil, 0.318075 for three years in Iowa."""
    here = document(folder, "--volumes", "1M", "--instance", "g2-standard-4", "--price", "reserved-3y")
    there = document(folder, "--volumes", "1M", "--instance", "g2-standard-4", "--region", "southamerica-east1")
    assert here["points"][0]["hosted_usd"] == pytest.approx(0.318075 * 730)
    assert there["points"][0]["hosted_usd"] == pytest.approx(1.122379 * 730)
    assert (here["price"]["region"], here["price"]["kind"]) == ("us-central1", "reserved-3y")
    assert there["price"]["date"] == "2025-03-06"
    assert any("of 2025-03-06" in note and "days old" in note for note in there["notes"])


def test_what_the_bill_leaves_out_is_on_the_screen(folder: Path) -> None:
    done = llmcost("break-even", "--volumes", "1M", cwd=folder, COLUMNS="80")
    words = " ".join(done.stdout.split())
    assert "not in the bill: a machine in reserve (spare), disks (storage_usd_month)" in words
    assert "people (engineers; others count 0.2 to 0.4 of one)" in words
    assert len(done.stdout.splitlines()) < 40


def test_caching_is_what_is_said_to_be(folder: Path) -> None:
    halved = document(folder, "--volumes", "1M", "--caching", "batch-api")
    [point] = halved["points"]
    assert point["cached_usd"] == pytest.approx(point["api_usd"] / 2)
    assert halved["caching"] == ["batch-api"]


def test_csv_and_markdown(folder: Path) -> None:
    done = llmcost("break-even", "--volumes", "1M", "--format", "csv", cwd=folder)
    [row] = csv.DictReader(io.StringIO(done.stdout))
    assert (row["tokens_per_day"], row["machines"]) == ("1000000.0", "1")
    assert "| tokens_per_day |" in llmcost("break-even", "--volumes", "1M", "--format", "markdown", cwd=folder).stdout


@pytest.mark.parametrize(
    ("words", "status", "message", "hint"),
    [
        (["--quantization", "none"], 1, "does not fit one T4", "quantization=fp8"),
        (["--instance", "g4dn.large"], 2, "no instance named g4dn.large", "did you mean"),
        (["--model", "eliza"], 2, "no open-weight model named eliza", "[models.NAME]"),
        (["--gpu", "H100"], 1, "no on-demand price", "usd_per_hour"),
        (["--price", "cheap"], 2, "cheap", "on-demand"),
        (["--price", "reserved-3y"], 1, "no reserved-3y price is known for g4dn.xlarge", "usd_per_hour"),
        (["--region", "us-east1"], 2, "g4dn.xlarge has no price in us-east1", "did you mean us-east-1"),
        (
            ["--set", "priced_on=2020-01-01"],
            1,
            "no on-demand price of g4dn.xlarge is known for 2020",
            "the first is of",
        ),
        (["--set", "engineers=0.3"], 2, "engineers=0.3 needs what one costs", "engineer_usd_month"),
        (["--usd-per-hour", "much"], 2, "much", ""),
        (["--volumes", "1M,much"], 2, "--volumes 1M,much", "for example 1M"),
        (["--volumes", "0"], 2, "--volumes 0", "for example 1M"),
        (["--list", "--format", "html"], 2, "cannot be written as a page", "--format"),
        (["--set", "count=2"], 2, "follows the volume", "leave out"),
        (["--set", "spare=1_0"], 2, "spare=1_0 is not a number", "when one fails"),
        (["--set", "tpot_ms"], 2, "tpot_ms", ""),
        (["--set", "nothing=1"], 2, "nothing", ""),
        (["--set", "tpot_ms=1"], 1, "no number of these machines", "faster GPU"),
        (["--features", "nobody"], 1, "no request can be priced at the API and hosted", "--features"),
        (["--caching", "magic"], 2, "magic", ""),
        (["--db", "nowhere.duckdb"], 1, "no store at nowhere.duckdb", "llmcost ingest"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(folder: Path, words: list[str], status: int, message: str, hint: str) -> None:
    done = llmcost("break-even", *words, cwd=folder)
    assert (done.returncode, done.stdout) == (status, "")
    lines = done.stderr.splitlines()
    if "tpot_ms=1" in words or "--features" in words:  # only the replay can tell
        assert lines.pop(0).startswith("replaying")
    assert message in lines[0]
    assert hint in lines[-1]
    assert len(lines) <= 2


def test_the_machines_are_listed_with_source_and_date(folder: Path) -> None:
    listed = llmcost("break-even", "--list", cwd=folder).stdout
    for word in ("T4", "A10G", "L4", "L40S", "A100", "H100", "H200", "RTX-4090", "g4dn.xlarge", "$0.526",
                 "mistral-7b", "rtx-4090 llama-3.1-8b", "us-central1 (of 4)"):  # fmt: skip
        assert word in listed
    assert "AWS list price, Linux,2026-11-24" in llmcost(
        "break-even", "--list", "--format", "csv", cwd=folder
    ).stdout.replace('"', "")
    assert "southamerica-east1" not in listed
    assert "southamerica-east1" in llmcost("break-even", "--list", "--details", cwd=folder).stdout
    (folder / "llmcost.toml").write_text('[instances."our [rack]"]\ngpu = "T4"\ngpus = 2\nusd_per_hour = 0.1\n')
    try:
        assert "our [rack]" in llmcost("break-even", "--list", cwd=folder).stdout
        whole = document(folder, "--list")
        assert {"instances", "gpus", "models", "calibrations"} == set(whole)
        [own] = [row for row in whole["instances"] if row["instance"] == "our [rack]"]
        assert own["usd_per_month"] == pytest.approx(73)
        assert "our [rack]" in llmcost("break-even", "--list", "--format", "csv", cwd=folder).stdout
    finally:
        (folder / "llmcost.toml").unlink()
