"""No broken line stops an ingest or falls out of its account."""

import os
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmcost.engine import store
from llmcost.ingest import run
from tests.formats.mutations import mutated
from tests.formats.samples import FORMATS, lines
from tests.logs import check_account

LINES = int(os.environ.get("CAMPAIGN_LINES", "8000"))
"""For each format; `make campaign` sets more."""
SEEDS = st.integers(0, 2**32).filter(lambda seed: seed > 2**16)  # another one each time, where 0 would come first
ONCE = settings(max_examples=1, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(path: Path, form: str, seed: int, count: int) -> Path:
    """A file of so many broken lines of a format, whole ones among them."""
    chance = random.Random(seed)
    whole = lines(form, 40)
    texts = [chance.choice(whole) if chance.random() < 0.1 else mutated(chance.choice(whole), chance)
             for _ in range(count)]  # fmt: skip
    encoded = [text.encode("utf-8", "replace") if isinstance(text, str) else text for text in texts]
    filled = [line.replace(b"\n", b" ") if line.strip() else b"-" for line in encoded]  # blank lines are only counted
    path.write_bytes(b"".join(line + b"\n" for line in filled))
    return path


def accounted(opened: store.Store) -> int:
    """How many lines of the last group ended as something."""
    return int(
        opened.value("select count(distinct (source_id, line_no)) from (from staged union all by name from leftover)")
    )


@pytest.mark.parametrize("form", FORMATS)
@ONCE
@given(seed=SEEDS)
def test_as_one_format(form: str, tmp_path: Path, seed: int) -> None:
    log = written(tmp_path / "a.jsonl", form, seed, LINES)
    with store.in_memory() as opened:
        account = run.ingest(opened, [str(log)], form)
        check_account(account)
        assert accounted(opened) == LINES
        assert opened.value("select count(*) from requests") == account.total("requests")


@ONCE
@given(seed=SEEDS)
def test_all_formats_in_one_file(tmp_path: Path, seed: int) -> None:
    parts = [written(tmp_path / form, form, seed, 12).read_bytes() for form in FORMATS]
    (tmp_path / "all.jsonl").write_bytes(b"".join(parts))
    with store.in_memory() as opened:
        account = run.ingest(opened, [str(tmp_path / "all.jsonl")])
        check_account(account)
        assert accounted(opened) == 12 * len(FORMATS)
        assert len(account.formats) > len(FORMATS) / 2
