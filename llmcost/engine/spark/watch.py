"""What a cluster is at, while it works: for a progress bar."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Tell = Callable[[str, int, int], None]
"""Is told what is being done, how many of its tasks are done, and how many there are."""
_EVERY_S = 0.3


@contextmanager
def telling(spark: Any, tell: Tell) -> Iterator[None]:
    """While the block runs, says what the session's stages have done. A Connect server says so by itself."""
    if hasattr(spark, "registerProgressHandler") and _is_connect(spark):
        handler = _handler(tell)
        spark.registerProgressHandler(handler)
        try:
            yield
        finally:
            spark.removeProgressHandler(handler)
        return
    done = threading.Event()
    looking = threading.Thread(target=_look, args=(spark.sparkContext.statusTracker(), tell, done), daemon=True)
    looking.start()
    try:
        yield
    finally:
        done.set()
        looking.join()


def _is_connect(spark: Any) -> bool:
    return type(spark).__module__.startswith("pyspark.sql.connect")


def _handler(tell: Tell) -> Callable[..., None]:
    def handle(stages: Any, inflight_tasks: int, done: bool, **_: Any) -> None:
        going = [one for one in stages or () if one.num_completed_tasks < one.num_tasks]
        for one in going[:1]:
            tell(f"Spark, stage {one.stage_id}", one.num_completed_tasks, one.num_tasks)

    return handle


def _look(tracker: Any, tell: Tell, done: threading.Event) -> None:
    while not done.wait(_EVERY_S):
        try:
            for stage in sorted(tracker.getActiveStageIds())[:1]:
                if found := tracker.getStageInfo(stage):
                    tell(f"Spark, stage {stage}", found.numCompletedTasks, found.numTasks)
        except Exception:  # the session is being stopped: there is nothing to say
            return
