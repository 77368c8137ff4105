"""What figures look like on the page and in a notebook: one JSON file each under `figures/`."""

import json
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "figures"


@cache
def looks() -> dict[str, Any]:
    """The look of the traces and the layout of each kind of figure, by its name."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(_FOLDER.glob("*.json"))}
