"""queries/facts/judged_hits.csv: how many hits of a semantic cache are wrong on pairs that people have judged."""

import csv
from collections import defaultdict
from datetime import date
from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / "queries" / "facts" / "judged_hits.csv"


def test_the_bins_of_each_set_meet_and_hold_counts_with_a_source() -> None:
    bins: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            bins[row["set"], row["encoder"]].append((float(row["low"]), float(row["high"])))
            assert 0 <= int(row["wrong"]) <= int(row["hits"]), row
            assert row["kind"] in ("questions", "paraphrases", "adversarial"), row
            assert row["source"].startswith("https://"), row
            assert date.fromisoformat(row["read_on"]), row
    assert bins
    for of in bins.values():
        assert of[-1][1] == 1
        assert [low for low, _ in of[1:]] == [high for _, high in of[:-1]]
