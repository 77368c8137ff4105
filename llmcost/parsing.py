"""JSON and TOML out of files, requests and answers that anyone may have written."""

import json
from typing import Any


def json_value(text: str | bytes) -> Any:
    """What the JSON says. Raises ValueError for what is none, also where it is nested too deep to be read."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError(str(error)) from None


def toml_tables(text: str) -> dict[str, Any]:
    """What the TOML says. Raises ValueError for what is none, also where it is nested too deep to be read."""
    import tomllib  # most commands read none

    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError(str(error)) from None
