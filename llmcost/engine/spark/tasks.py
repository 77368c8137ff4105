"""Work that a cluster's tasks do by themselves, in Python: each gets its number, and says in JSON what came of it."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from llmcost.engine.spark import start
from llmcost.errors import LlmcostError

if TYPE_CHECKING:
    import pyarrow as pa

Work = Callable[[int, int], Any]
"""Gets the number of its task, from 0, and how many cores it has; returns what JSON can say."""


def run(spark: Any, work: Work, tasks: int) -> list[Any]:
    """What `work` returns in each of so many tasks, in their order. A task that dies is begun again on another worker.

    An LlmcostError ends the run: of several, that of the first task is raised.
    """
    frame = spark.range(0, tasks, 1, tasks).mapInArrow(_told(work), "task bigint, said string")
    found = start.ran(frame.toArrow)
    rows = sorted(found.to_pylist(), key=lambda row: row["task"])
    assert [row["task"] for row in rows] == list(range(tasks)), "every task answers once"
    said = [json.loads(row["said"]) for row in rows]
    for one in said:
        if "error" in one:
            raise LlmcostError(one["error"], hint=one["hint"])
    return [one["found"] for one in said]


def _told(work: Work) -> Callable[[Iterator["pa.RecordBatch"]], Iterator["pa.RecordBatch"]]:
    """A function for Spark's workers, which get it as it is here."""

    def tell(batches: Iterator["pa.RecordBatch"]) -> Iterator["pa.RecordBatch"]:
        import pyarrow as pa
        from pyspark import TaskContext

        from llmcost.errors import LlmcostError

        context = TaskContext.get()
        for batch in batches:
            for task in batch.column(0).to_pylist():
                try:
                    said = {"found": work(task, context.cpus() if context else 1)}
                except LlmcostError as error:
                    said = {"error": error.message, "hint": error.hint}
                yield pa.record_batch(
                    [pa.array([task], pa.int64()), pa.array([json.dumps(said)], pa.string())], ["task", "said"]
                )

    return tell
