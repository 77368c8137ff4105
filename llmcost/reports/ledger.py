"""The account of lines: those that could not be read as a call."""

from llmcost.engine import registry
from llmcost.engine.store import Store
from llmcost.reports.scope import Row


def rejects(opened: Store) -> list[Row]:
    """Every rejected line with its reason, format, file, line number and beginning; sorted by reason and place."""
    return opened.rows(registry.find("ledger", "rejects").body)
