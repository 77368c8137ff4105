"""Azure's traffic: arrival times and lengths, as CSV."""

from pathlib import Path

from tests.formats.reading import read
from tests.logs import ingested, totals

AZURE = "2023-11-16 18:17:03.9799600,4808,10"


def test_an_azure_request(tmp_path: Path) -> None:
    found = read(tmp_path, ["TIMESTAMP,ContextTokens,GeneratedTokens", AZURE], suffix="csv")
    request = found.only()
    assert (request["input_tokens"], request["output_tokens"]) == (4808, 10)
    assert str(request["ts"]) == "2023-11-16 18:17:03.979960"
    assert found.counts["no_call"] == 1


def test_what_is_assumed(tmp_path: Path) -> None:
    found = read(tmp_path, [AZURE], assumed={"assume_model": "gpt-5-mini"}, suffix="csv").only()
    assert (found["model"], found["tags"]) == ("gpt-5-mini", {"model_source": "assumed"})


def test_equal_lines_are_requests_of_their_own(tmp_path: Path) -> None:
    assert read(tmp_path, [AZURE, AZURE], [AZURE, AZURE], suffix="csv").counts["requests"] == 2


def test_broken(tmp_path: Path) -> None:
    found = read(tmp_path, [AZURE.replace("4808", "many"), AZURE[:20], AZURE, ",,", ""], suffix="csv")
    assert found.reasons == ["a count that is not a whole number", "not JSON", "not JSON"]
    assert found.counts["requests"] == 1


def test_known_answers(shared_data: Path, store_path: Path) -> None:
    log = shared_data / "azure_llm_code_2023.csv"
    with ingested(store_path, log) as (opened, account):
        rows = [text.split(",") for text in log.read_text().splitlines()[1:]]
        assert totals(opened)["calls"] == len(rows) == 8819
        assert totals(opened)["input"] == sum(int(row[1]) for row in rows)
        assert totals(opened)["output"] == sum(int(row[2]) for row in rows)
        assert account.total("no_call") == 1
