"""What a step asks of its kernel: to decide, request by request, what SQL cannot say.

A kernel gets whole partitions of the traffic as an Arrow table, sorted by partition, time and request_id, and knows
nothing of a store: an engine may replay the partitions wherever they are. Each replay gives decisions, which the step's
SELECT joins as `replayed`, and what it found, which the kernel sums up over all of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    import pyarrow as pa

Found = TypeVar("Found")
"""What one replay finds: numbers, at most a few for each request, that can be pickled."""


@dataclass(frozen=True)
class Replayed(Generic[Found]):
    """What came of a replay."""

    decisions: "pa.Table"  # the columns of `Kernel.decisions`; a request without a row stays as it is
    found: Found


@dataclass(frozen=True)
class Stream:
    """The rows that a kernel reads once, and a folder, if there is one, for what it cannot hold in memory."""

    rows: "pa.RecordBatchReader"
    folder: Path | None


class Kernel(Protocol[Found]):
    """A module under `kernels/` that a header names has one, as `KERNEL`."""

    @property
    def columns(self) -> Sequence[str]:
        """What it reads of each request, `ts` and `request_id` aside: columns of `requests`, or SQL `… as name`.

        `prompt_text` is known where the logs were ingested with --keep-text.
        """

    @property
    def rows(self) -> str:
        """SQL: the condition on the requests that it gets. A `$parameter` in it is one that `replay` does not get."""

    @property
    def partition(self) -> Sequence[str]:
        """The columns whose values requests have to share to depend on one another; without any, all may."""

    @property
    def is_streamed(self) -> bool:
        """Whether it reads its rows once, in `batches`, so that all of them need not be in memory together.

        One whose partitions are apart gets a few of them at a time anyway.
        """

    @property
    def measured(self) -> Mapping[str, str]:
        """SQL: for parameters without a value, what the traffic has in their place."""

    @property
    def decisions(self) -> Mapping[str, str]:
        """The columns that it returns and their SQL types, `request_id` first."""

    def is_apart(self, given: Mapping[str, Any]) -> bool:
        """Whether partitions do not depend on one another with these parameters, so that it may get some at a time."""

    def replay(self, requests: "pa.Table", /, *args: Any, **given: Any) -> Replayed[Found]:
        """Decides on the requests; its keywords are the header's other parameters, a file as the table that it holds.

        To a type checker `*args` and `**given` mean that any keywords will do.
        Raises UsageError for a bad parameter, LlmcostError where this traffic cannot be projected.
        """

    def summary(self, parts: Sequence[Found]) -> dict[str, Any]:
        """The summary of the whole, from what was found in each part of it; one part unless partitions are separate."""


def batches(requests: "pa.Table | Stream") -> "Iterator[pa.Table]":
    """The rows that a kernel gets, some at a time; a table without rows where there are none."""
    import pyarrow as pa

    rows = requests if isinstance(requests, pa.Table) else requests.rows
    yield rows.schema.empty_table()
    for batch in rows.to_batches() if isinstance(rows, pa.Table) else rows:
        yield pa.Table.from_batches([batch])


def selected(kernel: Kernel[Any]) -> str:
    """SQL: the columns of the table that the kernel gets."""
    return ", ".join(dict.fromkeys([*kernel.columns, *kernel.partition, "ts", "request_id"]))


def ordered(kernel: Kernel[Any]) -> str:
    """SQL: the order of its rows."""
    return ", ".join([*kernel.partition, "ts", "request_id"])
