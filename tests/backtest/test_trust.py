"""Which replays to trust on a log."""

from typing import Any

import pytest

from llmcost.backtest.trust import judged, sentences


def result(predicted: float | None, low: float, actual: float, high: float, **fields: Any) -> dict[str, Any]:
    error = None if predicted is None or not actual else predicted / actual - 1
    return {"requests": 500, "predicted_usd": predicted, "low_usd": low, "actual_usd": actual, "high_usd": high,
            "error_share": error} | fields  # fmt: skip


NEAR = result(10.1, 9, 10, 11)


@pytest.mark.parametrize(
    ("found", "is_trusted", "reason"),
    [
        (NEAR, True, "error +1.0%, inside its range"),
        (NEAR | {"low_usd": 10.1, "high_usd": 10.1}, True, "error +1.0%"),
        (NEAR | {"requests": 99}, False, "only 99 requests"),
        (NEAR | {"hits": 12}, False, "only 12 hits"),
        (result(10.1, 10.05, 10, 11), False, "the truth is outside its range"),
        (result(12, 9, 10, 13), False, "error +20.0%"),
        (result(12, 12, 0, 12), False, "no error is known"),
        (result(12, 11, 10, 13, requests=5), False, "only 5 requests, the truth is outside its range, error +20.0%"),
    ],
)
def test_a_replay(found: dict[str, Any], is_trusted: bool, reason: str) -> None:
    one = judged(found)
    assert (one["is_trusted"], one["trust_reason"]) == (is_trusted, reason)
    assert one | found == one, "the result stays as it was"


def test_what_is_not_in_dollars() -> None:
    nothing = dict.fromkeys(("predicted_usd", "low_usd", "actual_usd", "high_usd", "error_share"))
    share = {"requests": 500, "hits": 200, "low_share": 0.0, "actual_share": 0.1, "high_share": 0.2} | nothing
    assert judged(share)["trust_reason"] == "inside its range"
    assert not judged(share | {"actual_share": 0.3})["is_trusted"]


def test_in_words() -> None:
    found = {"prompt-caching": judged(NEAR), "token-caps": judged(NEAR | {"requests": 5})}
    assert sentences(found) == [
        "Trust on this log: prompt-caching (error +1.0%, inside its range).",
        "Do not trust on this log: token-caps (only 5 requests).",
    ]
