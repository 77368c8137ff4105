"""Logs of several machines, split at random, merged in any order: one store that has read them all."""

import os
import random
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from llmcost.engine import registry
from tests.formats.samples import FORMATS, files, lines
from tests.ingest.merging import made, told, united
from tests.logs import write

MACHINES = ("a", "b", "c")


def parts(form: str, chance: random.Random) -> list[list[list[str]]]:
    """The logs of a format for each machine, as lines: many are on several, and some twice on one."""
    if "stateful" in registry.find("formats", form).fields:  # a line says nothing without those before it
        logs = [path.read_text("utf-8").splitlines() for path in files(form) if path.suffix != ".gz"]
        return [[log for log in logs if chance.random() < 0.6] for _ in MACHINES]
    whole = lines(form, 15)
    return [[chance.sample(whole, len(whole) * 2 // 3) + chance.sample(whole, len(whole) // 5)] for _ in MACHINES]


@given(seed=st.integers(0, 2**32))
@settings(
    max_examples=int(os.environ.get("CAMPAIGN_MERGES", "1")),
    deadline=None,
    phases=(Phase.generate,),  # a smaller seed is no simpler case
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_merged_in_any_order_they_are_one_store(seed: int, tmp_path: Path) -> None:
    tmp_path = tmp_path / str(time.monotonic_ns())
    chance = random.Random(seed)
    logs: dict[str, list[Path]] = {machine: [] for machine in MACHINES}
    for form in chance.sample(FORMATS, 3):
        for machine, texts in zip(MACHINES, parts(form, chance), strict=True):
            for number, text in enumerate(texts):
                logs[machine].append(write(tmp_path / machine / f"{form}_{number}.jsonl", text))
    paths = [made(tmp_path / machine, *logs[machine]) for machine in MACHINES if (tmp_path / machine).exists()]
    (tmp_path / "all").mkdir()
    expected = told(made(tmp_path / "all", *(log for machine in MACHINES for log in logs[machine])))

    (tmp_path / "new").mkdir()
    chance.shuffle(paths)
    united(tmp_path / "new" / "llmcost.duckdb", *paths)
    assert told(tmp_path / "new" / "llmcost.duckdb") == expected

    first = paths.pop()
    for other in paths:
        united(first, other)
    assert told(first) == expected
    for one in united(first, *paths, tmp_path / "new" / "llmcost.duckdb"):
        assert not any(one.counts.values())
    assert told(first) == expected
