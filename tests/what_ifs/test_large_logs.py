"""What is special for large logs: relations in a file next to the store, and shares of whole partitions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from llmcost.engine import access, opening, store
from llmcost.errors import UsageError
from llmcost.prices import book
from llmcost.reports.scope import Scope
from llmcost.what_ifs.engine import replay
from llmcost.what_ifs.engine.step import parse
from llmcost.what_ifs.kernels import self_hosted
from llmcost.what_ifs.kernels.kernel import Replayed, Stream
from llmcost.what_ifs.projection import simulate
from tests.what_ifs.traffic import START_US, fill

WORDS = ("response-caching", "request-batching:items=3", "prompt-caching", "batch-api")


def filled(folder: Path) -> Path:
    """A store of 60 requests of two models and three features; every fifth prompt is asked again."""
    path = folder / "llmcost.duckdb"
    with access.writing(path) as opened:
        book.learn(opened, [(None, "claude-haiku-4-5"), (None, "gpt-4o")])
        fill(opened, [
            {
                "model": ("claude-haiku-4-5", "gpt-4o")[n % 2], "feature": "abc"[n % 3], "task_type": "extraction",
                "ts": START_US + n * 1_000_000, "input_tokens": 6000 + n, "output_tokens": 20, "latency_ms": 500.0,
                "prompt_hash": f"p{n % 5 and n}", "output_hash": "o", "system_blocks": 1,
                "prefix": [{"hash": "abc"[n % 3], "tokens": 5000}, {"hash": f"p{n}", "tokens": 6000 + n}],
            }
            for n in range(60)
        ])  # fmt: skip
    return path


def test_relations_in_a_file_give_the_same_and_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filled(tmp_path)
    found = []
    for row_bytes in (store.ROW_BYTES, opening.MEMORY_BYTES):
        monkeypatch.setattr(store, "ROW_BYTES", row_bytes)
        with access.reading(path) as opened:
            found.append(simulate(opened, [parse(word) for word in WORDS], Scope(), ["model"]))
            scratch = list(tmp_path.glob(f".{path.name}.scratch-*/kept.duckdb"))
            assert bool(scratch) == (row_bytes == opening.MEMORY_BYTES)
    assert found[0] == found[1]
    assert found[0].cost_usd < found[0].baseline_usd
    assert not [one.name for one in tmp_path.iterdir() if one.name.startswith(f".{path.name}.")]


def test_shares_are_whole_partitions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filled(tmp_path)
    monkeypatch.setattr(replay, "ROWS_AT_ONCE", 3)
    traffic = "select model, feature, ts, request_id from requests order by model, feature, ts, request_id"
    with access.reading(path) as opened:
        shares = [share.to_pylist() for share in replay._shares(opened.batches(traffic, 3), ("model", "feature"))]
        assert [row for share in shares for row in share] == opened.rows(traffic)
    kinds = [{(row["model"], row["feature"]) for row in share} for share in shares]
    assert len(kinds) > 1
    assert sum(map(len, kinds)) == len(set().union(*kinds))


def test_a_streamed_kernel_gets_some_rows_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And after an error, or once the rows were read, the store answers again."""
    path = filled(tmp_path)
    monkeypatch.setattr(replay, "ROWS_OF_A_STREAM", 7)
    sizes = []
    kind = type(self_hosted.KERNEL)

    class Watched(kind):  # type: ignore[misc, valid-type]
        def replay(self, requests: Stream, **params: Any) -> Replayed[Any]:
            def read() -> Iterator[pa.RecordBatch]:
                for batch in requests.rows:
                    sizes.append(batch.num_rows)
                    yield batch

            rows = pa.RecordBatchReader.from_batches(requests.rows.schema, read())
            replayed: Replayed[Any] = super().replay(Stream(rows, requests.folder), **params)
            return replayed

    monkeypatch.setattr(self_hosted, "KERNEL", Watched())
    with access.reading(path) as opened:
        with pytest.raises(UsageError):
            simulate(opened, [parse("self-hosted:tokenizer_ratio=0")], Scope(), [])
        found = simulate(opened, [parse("self-hosted")], Scope(), [])
    assert found.stages
    assert max(sizes) <= 7
    assert sum(sizes) >= 60
