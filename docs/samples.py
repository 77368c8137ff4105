"""The sample logs in a store, which the generated parts of several pages ask."""

import tempfile
from functools import cache
from pathlib import Path

from llmcost.engine import access
from llmcost.engine.store import Store
from llmcost.ingest import run

LOGS = Path(__file__).resolve().parents[1] / "sample_logs"


@cache
def store() -> Store:
    """The sample logs, read once."""
    opened = access.writing(Path(tempfile.mkdtemp()) / "llmcost.duckdb")
    run.ingest(opened, [str(LOGS)])
    return opened
