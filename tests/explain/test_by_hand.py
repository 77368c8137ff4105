"""Splits worked out by hand, through the command: one model at $1 for a million tokens, another at $2, answers free."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.command import llmcost
from tests.logs import Row, call, write

PRICES = "".join(
    f'[[prices]]\nprovider = "acme"\nmodel = "{model}"\ninput_usd_mtok = {usd}\noutput_usd_mtok = 0\n'
    for model, usd in (("small", 1), ("large", 2))
)
MILLION = 1_000_000


def months(folder: Path, september: Sequence[Row], october: Sequence[Row], prices: str = PRICES) -> None:
    """A store of both months in the folder, two requests a day at most."""
    (folder / "llmcost.toml").write_text(prices)
    rows = [
        call() | {"provider": "acme", "model": "small", "input_tokens": MILLION, "output_tokens": 0} | row
        | {"ts": f"2026-{month}-{1 + number % days:02d}T12:00:{number // days:02d}Z", "request_id": f"{month}-{number}"}
        for month, days, given in (("09", 30, september), ("10", 31, october))
        for number, row in enumerate(given)
    ]  # fmt: skip
    write(folder / "log.jsonl", rows)
    assert llmcost("ingest", "log.jsonl", cwd=folder).returncode == 0


def explained(folder: Path, *words: str) -> Row:
    done = llmcost("explain", "--from", "2026-09", "--to", "2026-10", "--format", "json", *words, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    found: Row = json.loads(done.stdout)
    return found


def parts(found: Row) -> dict[str, float]:
    """The parts that are not nothing, to a billionth."""
    return {part["part"]: round(part["usd"], 9) for part in found["parts"] if abs(part["usd"]) > 1e-9}


def test_twice_the_requests_of_twice_the_length(tmp_path: Path) -> None:
    """$1 × 2 × 2: either cause alone adds $1, on top of the other $2, so each made $1.50."""
    months(tmp_path, [{}], [{"input_tokens": 2 * MILLION}] * 2)
    found = explained(tmp_path)
    assert (found["from"]["cost_usd"], found["to"]["cost_usd"], found["change_usd"]) == (1, 4, 3)
    assert parts(found) == {"requests": 1.5, "input_tokens": 1.5}


def test_half_of_a_prompt_goes_to_a_model_of_twice_the_price(tmp_path: Path) -> None:
    """Four requests at $1, then two at $1 and two at $2: $2 more, all of it from the mix of models."""
    months(tmp_path, [{}] * 4, [{}] * 2 + [{"model": "large"}] * 2)
    found = explained(tmp_path)
    assert parts(found) == {"mix": 2}
    assert found["mix"] == [
        {"between": "features", "usd": 0},
        {"between": "prompts", "usd": 0},
        {"between": "models", "usd": pytest.approx(2)},
    ]


def test_a_prompt_moves_to_another_model_and_grows(tmp_path: Path) -> None:
    """$1, then 1.5 million tokens at $2 = $3. Alone the model adds $1, length $0.50; the other first, $1.50 and $1."""
    asked = {"feature": "search", "prompt_id": "rank"}
    months(tmp_path, [asked], [asked | {"model": "large", "input_tokens": 1_500_000}])
    assert parts(explained(tmp_path)) == {"mix": 1.25, "input_tokens": 0.75}


def test_a_price_that_changes_between_the_months(tmp_path: Path) -> None:
    dated = PRICES.replace('model = "small"\n', 'model = "small"\nvalid_to = 2026-09-29\n') + (
        '[[prices]]\nprovider = "acme"\nmodel = "small"\nvalid_from = 2026-09-29\n'
        "input_usd_mtok = 3\noutput_usd_mtok = 0\n"
    )
    months(tmp_path, [{}] * 2, [{}] * 3, dated)
    # 2 × $1, then 3 × $3: alone requests add $1, prices $4; the other first, $3 and $6
    found = explained(tmp_path)
    assert parts(found) == {"requests": 2, "price": 5}
    assert "prices did not change" not in found["headline"]


def test_what_is_new_and_what_has_gone(tmp_path: Path) -> None:
    """Of `chat` only the requests double; `old` is gone and `born` is new, with all that they cost."""
    chat, old, born = ({"feature": name} for name in ("chat", "old", "born"))
    months(tmp_path, [chat, old, old, old], [chat, chat, born, born])
    assert parts(explained(tmp_path)) == {"requests": 1, "new": 2, "disappeared": -3}


def test_a_prompt_under_another_id_is_compared_with_what_it_was(tmp_path: Path) -> None:
    """Prompts of one period alone stand together within their feature: the new version is half as long again."""
    first, second = {"feature": "f", "prompt_id": "v1"}, {"feature": "f", "prompt_id": "v2", "input_tokens": 1_500_000}
    months(tmp_path, [first] * 2, [second] * 2)
    assert parts(explained(tmp_path)) == {"input_tokens": 1}


def test_a_day_of_each(tmp_path: Path) -> None:
    """September has 30 days of log and October 31: a request a day is $1 a day in both."""
    months(tmp_path, [{}] * 30, [{}] * 30)
    write(tmp_path / "more.jsonl", [call(99) | {"provider": "acme", "model": "small", "input_tokens": MILLION,
                                               "output_tokens": 0, "ts": "2026-10-31T12:00:00Z"}])  # fmt: skip
    llmcost("ingest", "more.jsonl", cwd=tmp_path)
    assert parts(explained(tmp_path)) == {"requests": 1}
    assert any("--per-day" in note for note in explained(tmp_path)["notes"])
    alone = explained(tmp_path, "--per-day")
    assert (alone["change_usd"], parts(alone)) == (0, {})


def test_a_period_outside_the_log_is_said_to_be(tmp_path: Path) -> None:
    """Its days cannot be compared with a log's: before, it had requests on 0 of 1 days of log."""
    months(tmp_path, [{}], [{}])
    notes = explained(tmp_path, "--from", "2025-01", "--to", "2026-10")["notes"]
    assert [note.split(",")[0] for note in notes if "January" in note] == ["January 2025 lies before the log"]
    notes = explained(tmp_path, "--from", "2026-10", "--to", "2027-01")["notes"]
    assert [note.split(",")[0] for note in notes if "January" in note] == ["January 2027 lies after the log"]


def test_requests_without_a_price_or_a_time_are_told_apart(tmp_path: Path) -> None:
    months(
        tmp_path, [{}, {"model": "nobody-knows-7b"}], [{}, {"model": "nobody-knows-7b"}, {"model": "nobody-knows-7b"}]
    )
    write(tmp_path / "timeless.jsonl", [call(7) | {"ts": None, "provider": "acme", "model": "small"}])
    llmcost("ingest", "timeless.jsonl", cwd=tmp_path)
    found = explained(tmp_path)
    assert parts(found) == {}
    assert (found["from"]["unpriced_requests"], found["to"]["unpriced_requests"]) == (1, 2)
    assert any("nobody-knows-7b" in note for note in found["notes"])
    assert any("no time" in note for note in found["notes"])


def one(found: Row, by: str, value: str | None) -> Any:
    [contributor] = [row for row in found["contributors"] if (row["by"], row["value"]) == (by, value)]
    return contributor


def test_who_with_the_cost_of_a_request_and_an_example(tmp_path: Path) -> None:
    ann, bob = {"user_id": "ann"}, {"user_id": "bob", "tags": {"team": "x"}}
    months(tmp_path, [ann, ann, bob], [ann, bob | {"input_tokens": 3 * MILLION}, bob])
    found = explained(tmp_path, "--by", "user,tag:team")
    anns, bobs = one(found, "user", "ann"), one(found, "user", "bob")
    assert (anns["change_usd"], parts(anns)) == (-1, {"requests": -1})
    assert (bobs["from"]["cost_per_request_usd"], bobs["to"]["cost_per_request_usd"]) == (1, 2)
    assert parts(bobs) == {"requests": 1.5, "input_tokens": 1.5}
    assert bobs["example_request_id"] == "10-1"
    assert one(found, "tag:team", "x")["change_usd"] == 3
    assert one(found, "tag:team", None)["change_usd"] == -1
