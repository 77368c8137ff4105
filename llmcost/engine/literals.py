"""Values written out as SQL."""

from datetime import date
from typing import Any


def written(value: Any) -> str:
    """SQL: a value of a parameter or of a table that is data; a date is its text, to be cast."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, date):
        return written(value.isoformat())
    if isinstance(value, dict):
        return "map {" + ", ".join(f"{written(key)}: {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(written(item) for item in value) + "]"
    return repr(value)
