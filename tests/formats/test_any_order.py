"""The lines of a log in another order, in several files and some of them twice: the same store."""

import random
from pathlib import Path

import pytest

from llmcost.engine import registry, store
from llmcost.ingest import run
from tests.formats.samples import FORMATS, lines
from tests.logs import Row, check_account, write

STATELESS = [form for form in FORMATS if "stateful" not in registry.find("formats", form).fields]
"""Where a line means something only with those before it, a log cannot be taken apart."""


def contents(form: str, *logs: Path) -> list[Row]:
    with store.in_memory() as opened:
        for log in logs:
            check_account(run.ingest(opened, [str(log)], form))
        return opened.rows("select * from requests order by request_id")


@pytest.mark.parametrize("form", STATELESS)
def test_the_same_store(form: str, tmp_path: Path) -> None:
    whole = lines(form, 60)
    chance = random.Random(form)
    mixed = whole + chance.sample(whole, len(whole) // 4)
    chance.shuffle(mixed)
    cut = len(mixed) // 3
    one = contents(form, write(tmp_path / "one.jsonl", whole))
    many = contents(form, write(tmp_path / "a.jsonl", mixed[:cut]), write(tmp_path / "b.jsonl", mixed[cut:]))
    assert len(one) > 5
    assert many == one
