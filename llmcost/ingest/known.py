"""The files that a store was read from."""

from pathlib import Path

from llmcost.engine.store import Store


def files(opened: Store) -> list[Path]:
    """Every log file that the store has read, where it was when it was read."""
    return [
        Path(row["path"])
        for row in opened.rows("select distinct path from sources where path <> '-' and machine is null")
    ]
