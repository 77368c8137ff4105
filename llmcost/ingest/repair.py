"""A damaged store made whole again: what can be read of it, ready for the logs to add the rest."""

from pathlib import Path

from llmcost.engine import access, rescue, scratch
from llmcost.engine.rescue import Rescued
from llmcost.errors import LlmcostError
from llmcost.metrics import counts

_TO_BE_MADE_AGAIN = (
    "update sources set fingerprint = '', modified_ns = -1, end_byte = 0, lines = 0",
    # that prices and features are up to date
    "delete from llmcost_meta where key not in ('schema_version', 'store_id')",
    "delete from counters",
    "delete from label_values",
)


def repair(damaged: Path, new: Path) -> list[Rescued]:
    """Copies what can be read of a damaged store to a new one, and says what became of each table.

    Where rows are lost, the next ingest reads again the logs that are still there, and the counters of `metrics` are
    those of the requests that are left. The new store is there when it is whole. Raises LlmcostError where nothing can
    be read, or the new file is there.
    """
    if new.exists():
        raise LlmcostError(f"{new} already exists", hint="name a new file")
    if not new.parent.is_dir():
        raise LlmcostError(f"there is no folder {new.parent}", hint="name a file in a folder that is there")
    scratch.sweep(new)
    try:
        folder = scratch.Scratch(new)
    except OSError as error:
        raise LlmcostError(f"{new} cannot be written: {error.strerror}", hint="name another file") from None
    made = folder.path / new.name
    try:
        rescued = _repaired(damaged, made)
        made.rename(new)
    except LlmcostError as error:
        raise LlmcostError(error.message.replace(str(made), str(new)), hint=error.hint) from None
    finally:
        folder.close()
    return rescued


def _repaired(damaged: Path, new: Path) -> list[Rescued]:
    rescued = rescue.copy(damaged, new)
    with access.writing(new) as opened:
        if all(one.is_whole for one in rescued):
            return rescued
        with opened.transaction():
            for statement in _TO_BE_MADE_AGAIN:
                opened.execute(statement)
            counts.begin(opened)
            counts.count(opened, -1, opened.rows("from ledger"))
    return rescued
