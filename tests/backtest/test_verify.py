"""A promise is verified against traffic whose true saving is known.

A generator applies the technique, with other volume and another mix than before, and adds up by itself what the same
requests would have cost without it.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import llmcost
from llmcost.backtest import corrections
from llmcost.engine import access
from llmcost.reports.scope import scope
from llmcost.what_ifs import scenarios
from llmcost.what_ifs.engine.step import parse
from tests.command import llmcost as command
from tests.logs import Row, call, write

BEFORE = {"digest": 63, "chat": 42}
SINCE = {"digest": 147, "chat": 21}
"""Requests in all: volume grows by six tenths, and the digest's share from 60% to 88%."""
DAYS = 7
APPLIED = "2026-11-10"
USD_MTOK = {"claude-haiku-4-5": (1.0, 5.0), "claude-opus-4-5": (5.0, 25.0)}
"""Input and output, as Anthropic lists them; a cache is read at a tenth of the input and written at 1.25 of it."""


def usd(row: Row) -> float:
    """What a request costs, worked out without llmcost."""
    paid, written = USD_MTOK[row["model"]]
    tokens = row["input_tokens"] + 0.1 * row.get("cache_read_tokens", 0) + 1.25 * row.get("cache_write_5m_tokens", 0)
    cost: float = (tokens * paid + row["output_tokens"] * written) / 1e6
    return cost / 2 if row.get("service_tier") == "batch" else cost


def plain(first: str, counts: dict[str, int], model: str = "claude-haiku-4-5") -> list[Row]:
    """Requests without any technique, evenly on the days: each prompt's sizes repeat every seventh request."""
    rows = []
    for feature, count in counts.items():
        for n in range(count):
            day = n % DAYS
            ts = datetime.fromisoformat(first) + timedelta(days=day, hours=10, minutes=n // DAYS)
            rows.append(
                call(
                    0, request_id=f"{first} {feature} {n}", ts=f"{ts.isoformat()}Z", feature=feature,
                    prompt_id=f"{feature} v1", model=model, input_tokens=6000 + 100 * day, output_tokens=300 + 10 * day,
                    latency_ms=900.0,
                    session_id=f"{feature} {day}", stop_reason="end_turn",
                    task_type="classification" if feature == "digest" else "reasoning",
                    complexity=0.1 if feature == "digest" else 0.95,
                    prefix=[{"hash": feature, "tokens": 5000}, {"hash": f"{feature} {n}", "tokens": 6000 + 100 * day}],
                    system_blocks=1,
                )
            )  # fmt: skip
    return rows


def batched(row: Row, first: bool) -> Row:
    return row | {"service_tier": "batch"} if row["feature"] == "digest" else row


def routed(row: Row, first: bool) -> Row:
    return row | {"model": "claude-haiku-4-5"} if row["feature"] == "digest" else row


def cached(row: Row, first: bool) -> Row:
    kind = "cache_write_5m_tokens" if first else "cache_read_tokens"
    return row | {"input_tokens": row["input_tokens"] - 5000, kind: 5000}


TECHNIQUES: dict[str, tuple[str, str, Callable[[Row, bool], Row]]] = {
    "batch": ("batch-api:features=digest", "claude-haiku-4-5", batched),
    "routing": ("routing:small=claude-haiku-4-5,middle=claude-opus-4-5,upgrade=false", "claude-opus-4-5", routed),
    "prompt caching": ("prompt-caching", "claude-haiku-4-5", cached),
}


def applied(rows: list[Row], apply: Callable[[Row, bool], Row]) -> list[Row]:
    """The rows with the technique; `first` is the first request of a session, which finds nothing in a cache."""
    seen: set[str] = set()
    made = []
    for row in sorted(rows, key=lambda row: str(row["ts"])):
        made.append(apply(row, row["session_id"] not in seen))
        seen.add(str(row["session_id"]))
    return made


def verified(folder: Path, before: list[Row], since: list[Row], word: str) -> dict[str, Any]:
    """The scenario saved on the traffic before, and what is said of it when both are in the store."""
    path = folder / "llmcost.duckdb"
    store = llmcost.open(path, read_only=False)
    store.ingest(write(folder / "before.jsonl", [*before]))
    with access.writing(path) as opened:
        scenarios.save(opened, "plan", [parse(word)], scope(opened))
    store.ingest(write(folder / "since.jsonl", [*since]))
    return store.verify("plan", APPLIED).document()


@pytest.mark.parametrize("name", TECHNIQUES)
def test_what_is_realised_is_what_the_generator_knows(tmp_path: Path, name: str) -> None:
    word, model, apply = TECHNIQUES[name]
    bare = plain(APPLIED, SINCE, model)
    since = applied(bare, apply)
    truth = sum(map(usd, bare)) - sum(map(usd, since))
    before = plain("2026-11-01", BEFORE, model)
    found = verified(tmp_path, before, since, word)
    assert found["realised_usd"] == pytest.approx(truth, rel=0.01)
    assert found["without_usd"] == pytest.approx(sum(map(usd, bare)), rel=0.01)
    assert found["cost_since_usd"] == pytest.approx(sum(map(usd, since)))
    assert found["cost_before_usd"] == pytest.approx(sum(map(usd, before)))
    if name == "prompt caching":  # more requests share what is written once a day, so the promise falls short
        assert 0.8 * truth < found["promised_usd"] < truth
        assert found["differences"]["cache_writes_usd"] > 0
    else:
        assert found["promised_usd"] == pytest.approx(truth, rel=0.01), "the replay knows what was applied"
        assert found["held"] is True
    assert found["promised_then_usd"] < found["promised_usd"], "the traffic before was less"
    corrected = found["cost_before_usd"] + sum(found["corrections"].values())
    assert corrected == pytest.approx(found["without_usd"])
    assert abs(found["corrections"]["price"]) < 1e-9
    assert found["corrections"]["disappeared"] == 0
    each = (found["cost_before_usd"] / 105 + found["without_usd"] / 168) / 2  # at neither mix alone
    assert found["corrections"]["volume"] == pytest.approx(each * (168 - 105))
    differing = sum(found["differences"].values())
    assert differing == pytest.approx(found["realised_usd"] - found["promised_usd"])


def other(rows: list[Row], prompt: str, output_tokens: int) -> list[Row]:
    """The rows as those of another prompt with answers of this length."""
    return [
        row | {"request_id": f"{prompt} {row['request_id']}", "prompt_id": prompt, "output_tokens": output_tokens}
        for row in rows
    ]


def test_volume_mix_and_what_is_gone_are_those_of_explain(tmp_path: Path) -> None:
    """Where the scenario changes nothing, the bill changed for the reasons that `explain` gives."""
    before = [
        *plain("2026-11-01", BEFORE),
        *other(plain("2026-11-01", {"digest": 14}), "longer", 900),
        *other(plain("2026-11-01", {"chat": 7}), "gone", 300),
    ]
    since = [*plain(APPLIED, SINCE), *other(plain(APPLIED, {"digest": 70}), "longer", 900)]
    found = verified(tmp_path, before, since, "batch-api:features=none")["corrections"]
    store = llmcost.open(tmp_path / "llmcost.duckdb")
    said = store.explain("2026-11-01..2026-11-08", "2026-11-10..2026-11-17").document()
    whole = {part["part"]: part["usd"] for part in said["parts"]}
    assert found["volume"] == pytest.approx(whole["requests"])
    assert found["mix"] == pytest.approx(whole["mix"])
    assert found["disappeared"] == pytest.approx(whole["disappeared"])
    assert abs(found["mix"]) > 0.01


def test_a_change_of_price_is_split_from_volume() -> None:
    """By hand: 10 requests of $1 become 20 of $3. Volume is 10 × the mean price of $2, price $2 × the mean of 15."""
    found = corrections.split({("a", None): (10, 20)}, {("a", None): (1.0, 3.0)}, 4.0)
    assert found == {"volume": pytest.approx(20), "mix": 0.0, "price": pytest.approx(30), "disappeared": -4.0}


def litellm(first: str, counts: dict[str, int], *, cached: bool) -> tuple[list[Row], float]:
    """Lines of LiteLLM, each question three times in a minute, and what its response cache saves, if it is on."""
    rows, saved = [], 0.0
    for feature, count in counts.items():
        for n in range(count):
            asked, again = divmod(n, 3)
            day = asked % DAYS
            ts = datetime.fromisoformat(f"{first}T10:00:00+00:00") + timedelta(days=day, minutes=n)
            hit = cached and again > 0
            size, written = 1000 + 50 * day, 200 + 10 * day
            saved += (size + 5 * written) / 1e6 if hit else 0.0
            rows.append(
                {
                    "litellm_call_id": f"{first} {feature} {n}", "id": f"{first} {feature} {n}",
                    "call_type": "acompletion",
                    "custom_llm_provider": "anthropic", "model": "claude-haiku-4-5", "status": "success",
                    "request_tags": [f"feature:{feature}", f"prompt_id:{feature} v1"], "cache_hit": hit,
                    "messages": [{"role": "user", "content": f"{first} {feature} {asked}"}],
                    "startTime": ts.timestamp(), "endTime": ts.timestamp() + (0.01 if hit else 1),
                    "prompt_tokens": size, "completion_tokens": written, "total_tokens": size + written,
                    "response": {"choices": [{"finish_reason": "stop", "message": {"content": f"{feature} {asked}"}}]},
                }
            )  # fmt: skip
    return rows, saved


def test_what_a_response_cache_saves_is_what_the_generator_knows(tmp_path: Path) -> None:
    before, _ = litellm("2026-11-01", BEFORE, cached=False)
    since, truth = litellm(APPLIED, SINCE, cached=True)
    found = verified(tmp_path, before, since, "response-caching")
    assert truth > 0
    assert found["realised_usd"] == pytest.approx(truth, rel=0.01)
    assert found["promised_usd"] == pytest.approx(truth, rel=0.05)
    assert not any("that a cache answered" in note for note in found["notes"])


def test_a_promise_that_is_kept_by_half_does_not_hold(tmp_path: Path) -> None:
    word, model, apply = TECHNIQUES["batch"]
    bare = plain(APPLIED, SINCE, model)
    since = [apply(row, False) if number % 2 else row for number, row in enumerate(bare)]
    truth = sum(map(usd, bare)) - sum(map(usd, since))
    found = verified(tmp_path, plain("2026-11-01", BEFORE, model), since, word)
    assert found["held"] is False
    assert found["realised_usd"] == pytest.approx(truth, rel=0.1), "half of the requests, not of each size"
    assert found["differences"]["input_usd"] < 0


def test_what_is_new_is_left_out_of_both(tmp_path: Path) -> None:
    word, model, apply = TECHNIQUES["batch"]
    bare = plain(APPLIED, SINCE, model)
    new = [row | {"request_id": f"new {row['request_id']}", "prompt_id": "later"} for row in bare[:7]]
    since = applied(bare, apply)
    found = verified(tmp_path, plain("2026-11-01", BEFORE, model), [*since, *new], word)
    assert (found["new_requests"], found["new_usd"]) == (7, pytest.approx(sum(map(usd, new))))
    assert found["realised_usd"] == pytest.approx(sum(map(usd, bare)) - sum(map(usd, since)), rel=0.01)
    assert any("cannot be compared" in note for note in found["notes"])


def test_the_command_says_it_in_a_sentence(tmp_path: Path) -> None:
    word, model, apply = TECHNIQUES["batch"]
    since = applied(plain(APPLIED, SINCE, model), apply)
    found = verified(tmp_path, plain("2026-11-01", BEFORE, model), since, word)
    done = command("verify", "plan", "--since", APPLIED, "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(json.dumps(found))
    shown = " ".join(command("verify", "plan", "--since", APPLIED, cwd=tmp_path).stdout.split())
    assert "The range held." in shown
    assert f"{168} requests since, without it" in shown
    for words, status, part in (
        (("plam", "--since", APPLIED), 2, "no scenario named plam"),
        (("logged", "--since", APPLIED), 2, "promises nothing"),
        (("plan", "--since", "2027-01-01"), 1, "no priced requests"),
    ):
        wrong = command("verify", *words, cwd=tmp_path)
        assert (wrong.returncode, part in wrong.stderr) == (status, True), wrong.stderr
