"""A session of Spark's: its settings, and what is said where there can be none."""

import logging
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from llmcost.engine.lake import first_line
from llmcost.errors import LlmcostError

Answer = TypeVar("Answer")
LOCAL = "local[*]"
_NOT_THERE = "No module named 'llmcost'"
_SUBMITTED = "PYSPARK_GATEWAY_PORT"
"""Of the environment: `spark-submit` has begun this process, and has said which master."""
SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.mapKeyDedupPolicy": "LAST_WIN",
    "spark.sql.optimizer.nestedSchemaPruning.enabled": "false",  # its rule fails on lists of structs in some plans
}
"""What the queries mean depends on these: set on a session of our own, checked on one that was passed in."""
_OURS = {
    "spark.app.name": "llmcost",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}


_LOCAL_PARTITIONS = 16
"""Of a shuffle on one machine: Spark's 200 are for a cluster, and most of the time of a small query."""


@dataclass(frozen=True)
class Given:
    """Which cluster: a master's address, or that of a Connect server; neither: this machine's cores."""

    master: str | None = None
    remote: str | None = None


@contextmanager
def session(given: Given) -> Iterator[Any]:
    """A session, stopped when the block is done. Raises LlmcostError where none can be started."""
    with tempfile.TemporaryDirectory(prefix="llmcost-spark-") as folder:
        spark = _started(given, Path(folder))
        try:
            yield spark
        finally:
            spark.stop()


def apart(spark: Any) -> Any:
    """A session of its own on the cluster of another, with our settings: what the other has and is set to stays."""
    made = spark.newSession()
    for name, value in SETTINGS.items():
        made.conf.set(name, value)
    return made


def check(spark: Any) -> None:
    """Raises LlmcostError where a session has a setting under which the queries would mean something else."""
    for name, wanted in SETTINGS.items():
        found = str(spark.conf.get(name, ""))
        if found.lower() != wanted.lower():
            raise LlmcostError(
                f"this Spark session has {name} = {found or 'nothing'}", hint=f'spark.conf.set("{name}", "{wanted}")'
            )


@contextmanager
def _quiet(file: Path) -> Iterator[None]:
    """While the block runs, processes begin with a file in the place of standard output and standard error.

    What Spark's say of themselves is no result, and no message of this program.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(stream) for stream in (1, 2)]
    try:
        with file.open("wb") as log:
            for stream in (1, 2):
                os.dup2(log.fileno(), stream)
        yield
    finally:
        for stream, own in zip((1, 2), kept, strict=True):
            os.dup2(own, stream)
            os.close(own)


def is_sparks(error: BaseException) -> bool:
    """Whether an error comes from Spark or from the way there."""
    return type(error).__module__.partition(".")[0] in ("pyspark", "py4j", "grpc")


def ran(ask: Callable[[], Answer]) -> Answer:
    """What Spark gives. Raises LlmcostError with its reason in one line."""
    try:
        return ask()
    except Exception as error:
        if not is_sparks(error):
            raise
        if _NOT_THERE in str(error):
            raise LlmcostError(
                "the workers' Python has no llmcost",
                hint="install llmcost-cli on every worker, and name its Python in PYSPARK_PYTHON",
            ) from error
        raise LlmcostError(
            f"Spark cannot do this: {first_line(error)}", hint="docs/scale.md says what runs on Spark"
        ) from error


def _started(given: Given, folder: Path) -> Any:
    try:
        warnings.filterwarnings("ignore", module="pyspark")  # of its own use of pandas
        import sqlglot  # noqa: F401  # said to be missing before the cluster is asked
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise LlmcostError(
            f"Spark cannot be used: {first_line(error)}", hint="pip install 'llmcost-cli[spark]'"
        ) from None
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)  # every refused statement, as JSON
    builder: Any = SparkSession.builder
    if given.remote:
        builder = builder.remote(given.remote)
        settings = SETTINGS
    else:
        if not os.environ.get("JAVA_HOME") and shutil.which("java") is None:
            raise LlmcostError("Spark needs Java, and there is none", hint="apt-get install default-jre-headless")
        settings = SETTINGS | _OURS
        master = given.master or (None if _SUBMITTED in os.environ else LOCAL)
        if master:
            builder = builder.master(master)
            if master.startswith("local"):
                os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else the first python3 there is
                settings |= {"spark.sql.shuffle.partitions": str(_LOCAL_PARTITIONS)}
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        with _quiet(folder / "spark.log"):
            return builder.getOrCreate()
    except Exception as error:
        if not is_sparks(error) and not isinstance(error, RuntimeError | OSError):
            raise
        where = given.remote or given.master or "this machine"
        raise LlmcostError(
            f"Spark cannot be started on {where}: {first_line(error)}", hint="check the address, and that it answers"
        ) from None
