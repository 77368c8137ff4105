"""Files that a format claims and that gave no call, though they state counts of tokens: their cost would be missing."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from llmcost.ingest import streams
from llmcost.ingest.detect import Detection

_LOOKED_AT = 4 << 20
_STATED = re.compile(rb"""(?i)(?<!\\)"(?![\w.]*(max|limit|budget|window))[\w.]*token(s|_?counts?)?"\s*:\s*"?[1-9]""")
"""A count of tokens above zero under a name of its own, not a limit of one. In a text inside the line the quotation
marks are escaped."""


def among(detections: Iterable[Detection], entries: Iterable[Mapping[str, Any]]) -> list[str]:
    """The paths of these files. `entries` are those of the ledger about this reading."""
    lines: dict[int, int] = {}
    told: dict[int, int] = {}
    for entry in entries:
        source = entry["source_id"]
        lines[source] = lines.get(source, 0) + entry["lines"]
        told[source] = told.get(source, 0) + entry["lines"] - entry["no_call"]
    return [
        detection.source.path
        for detection in detections
        if lines.get(detection.source.source_id, 0) > 0
        and told[detection.source.source_id] == 0
        and not detection.source.start_line  # what was read before may have held calls
        and _states_tokens(detection.source.file)
    ]


def _states_tokens(file: str) -> bool:
    try:
        start, _ = streams.head(file, _LOOKED_AT)
    except OSError:
        return False
    return _STATED.search(start) is not None
