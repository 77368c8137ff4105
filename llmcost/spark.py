"""A lake read and written by a session of Spark's that is there already, such as a notebook's: `open` and `ingest`."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost import session
from llmcost.engine import store as engine
from llmcost.engine.spark import limits
from llmcost.library.store import Store

if TYPE_CHECKING:
    from llmcost.ingest.run import Account
    from llmcost.library.result import Result

_HINT = "llmcost.spark reads a lake too large for one machine; llmcost simulate --lake reads it with DuckDB"


def open(spark: Any, lake: str, *, timezone: str | None = None) -> "LakeStore":
    """Opens what `llmcost export --format lake` wrote, to be asked what a store is asked.

    Args:
        spark: a SparkSession, classic or of Spark Connect. It is never stopped, and its settings and views stay as they
            are: what is asked runs in a new session on the same cluster.
        lake: the folder or address, as Spark reads it.
        timezone: the zone of days, weeks, months and hours; by default `timezone` in `llmcost.toml`, else UTC.

    Raises:
        LlmcostError: there is no lake there, or it is not whole.
    """
    made = LakeStore(Path(lake), timezone=timezone, spark=spark, lake=lake)
    with made._reading():
        pass
    return made


def ingest(
    spark: Any,
    paths: str | Iterable[str],
    lake: str,
    *,
    format: str = "auto",
    assume: dict[str, str] | None = None,
    keep_text: bool = False,
    redact_emails: bool = False,
    trust_size: bool = False,
) -> "Account":
    """Reads logs into a new lake, as `llmcost ingest --engine spark`, with the tasks of the session's cluster.

    Args:
        spark: as for `open`.
        paths: files, folders and globs that every worker sees under the same name, or addresses of `pyarrow.fs`.
        lake: a new folder that every worker may write next to, or an address. It is written completely or not at all.
        format, assume, keep_text: as for `Store.ingest`.
        redact_emails: takes e-mail addresses out of the texts that are kept.
        trust_size: reads on where a file unpacks to more than any log does.

    Returns the account of every line, as `Store.ingest` does.

    Raises:
        LlmcostError: there is nothing to read, something is at `lake` already, or the cluster cannot do it.
    """
    from llmcost.attribution.texts import Texts
    from llmcost.library import cluster

    named = [paths] if isinstance(paths, str) else list(paths)
    texts = Texts(keep_text, redact_emails)
    return cluster.ingest(spark, cluster.plan(named, lake, format, assume, texts, trust_size=trust_size))


@dataclass(frozen=True)
class LakeStore(Store):
    """A lake that Spark reads; `llmcost.spark.open` gives one. What does not run on Spark raises LlmcostError."""

    spark: Any = None
    lake: str = ""

    def report(self, *words: Any, scenario: str | None = None, **settings: Any) -> "Result":
        """As `Store.report`, without a scenario."""
        if scenario is not None:
            limits.refuse("report --scenario", hint=_HINT)
        return super().report(*words, **settings)

    def verify(self, *_: Any, **__: Any) -> "Result":
        """Raises LlmcostError."""
        limits.refuse("verify", hint=_HINT)

    def backtest(self) -> "Result":
        """Raises LlmcostError."""
        limits.refuse("backtest", hint=_HINT)

    @contextmanager
    def _reading(self) -> Iterator[engine.Store]:
        with session.reading_lake(self.lake, self.timezone, self.spark) as opened:
            yield opened
