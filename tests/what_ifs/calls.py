"""The requests of small logs, as caches see them: one `Call` for all tests, in a store or as a kernel gets them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from llmcost.engine import store
from llmcost.what_ifs.kernels.kernel import Kernel
from tests.what_ifs import traffic
from tests.what_ifs.traffic import START_US, Row

BUCKETS = ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")

Buckets = tuple[int, int, int, int]
Block = tuple[str, int]
"""The hash of a prompt up to the block's end, and the tokens up to there."""


@dataclass(frozen=True)
class Call:
    """One request; times in seconds, `at` after START_US."""

    name: str = ""
    at: float | None = 0
    took: float | None = 0
    ttft_s: float | None = None
    provider: str = "anthropic"
    model: str = "claude-sonnet-4-5"
    tier: str = "standard"
    feature: str | None = None
    user: str | None = "u"
    session: str | None = None
    agent: str | None = None
    copied: bool = False
    continues: str | None = None
    history_began: int | None = None
    project: str | None = None
    prompt_id: str | None = None
    organisation: str | None = None
    cache_key: str | None = None
    retention: str | None = None
    prompt: str | None = "a"
    text: str | None = None
    blocks: tuple[Block, ...] | None = None
    system: int | None = None
    answer: str | None = None
    ok: bool = True
    calls: int = 1
    buckets: Buckets = (7, 1, 2, 3)  # something in each, so that a step which forgets one is seen
    output: int = 10

    @property
    def total(self) -> int:
        """The prompt's tokens."""
        return sum(self.buckets)

    @property
    def history(self) -> str | None:
        """The hash of what came before the last turn: all blocks but the last, the system's at least."""
        blocks = self.blocks or ()
        before = blocks[: max(len(blocks) - 1, self.system or 0)]
        return before[-1][0] if before else None

    @property
    def row(self) -> Row:
        """Its columns of `requests`."""
        return {
            "request_id": self.name,
            "ts": None if self.at is None else START_US + microseconds(self.at),
            "latency_ms": None if self.took is None else self.took * 1000.0,
            "ttft_ms": None if self.ttft_s is None else self.ttft_s * 1000.0,
            "provider": self.provider,
            "model": self.model,
            "service_tier": self.tier,
            "feature": self.feature,
            "user_id": self.user,
            "session_id": self.session,
            "thread_id": self.agent,
            "copied": self.copied,
            "continues": self.continues,
            "history_began_tokens": self.history_began,
            "project": self.project,
            "prompt_id": self.prompt_id,
            "organisation": self.organisation,
            "cache_key": self.cache_key,
            "cache_retention": self.retention,
            "prompt_hash": self.prompt,
            "prefix": None if self.blocks is None else [{"hash": name, "tokens": end} for name, end in self.blocks],
            "system_blocks": self.system,
            "output_hash": self.answer,
            "status": "ok" if self.ok else "error",
            "calls": self.calls,
            **dict(zip(BUCKETS, self.buckets, strict=True)),
            "output_tokens": self.output,
        }


def microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)


def fill(opened: store.Store, calls: Sequence[Call]) -> None:
    """Makes `requests` hold these calls and no others."""
    traffic.fill(opened, [call.row for call in calls])


def for_kernel(kernel: Kernel[Any], calls: Sequence[Call]) -> pa.Table:
    """The calls as the driver hands them to a kernel: its columns, in its order."""
    order = [*kernel.partition, "ts", "request_id"]
    rows = [call.row | {"prompt_text": call.text, "history": call.history} for call in calls]
    rows.sort(key=lambda row: [(row[name] is None, row[name]) for name in order])
    columns = [column.rpartition(" as ")[2] for column in kernel.columns]
    return traffic.table(rows, [*columns, *order])
