"""Lines that hold more, or less, than one record: writers that died, or wrote at the same time."""

import json
import re

MAX_LINE_BYTES = 8 << 20
"""Longer torn lines are rejected as they are."""

_EFFORT = 8
"""At most this many times the line's length is parsed to find where records begin."""

_BEGINNING = re.compile(r'\{(?=\s*")')
_SPACE = " \t\r\n\ufeff\x00"
_DECODER = json.JSONDecoder()


Piece = tuple[str, str | None]
"""A text and, if it is not a whole record, its fault."""

CUT_OFF = "a record that was cut off, on a line with others"


def pieces(line: str) -> list[Piece]:
    """What a line that is not JSON is made of: its whole records, then what is left of others; nothing without one."""
    whole, rest = _split(line)
    if not whole:
        return []
    return [(record, None) for record in whole] + ([(rest, CUT_OFF)] if '"' in rest else [])


def _split(line: str) -> tuple[list[str], str]:
    """The whole JSON objects in a line, in order, and its other text.

    A record may begin anywhere, since the one before it may have been cut off, but not where a value of the record
    around it would be: the rest of a cut-off record's inner objects is not a record. It is followed by another or by
    the end of the line, unless it began the line.
    """
    found: list[str] = []
    rest = ""
    copied = 0  # how much of the line is in `found` or `rest`
    effort = _EFFORT * len(line)
    at = 0
    while effort > 0 and (beginning := _BEGINNING.search(line, at)):
        start = beginning.start()
        before = line[:start].rstrip(_SPACE)
        begins_line = not before or (bool(found) and start == at)
        if not begins_line and before[-1] in ":[,":
            at = start + 1
            continue
        try:
            _, end = _DECODER.raw_decode(line, start)
        except json.JSONDecodeError as error:
            effort -= error.pos - start + 100
            at = start + 1
            continue
        except (ValueError, RecursionError):
            return [], line
        effort -= end - start
        after = line[end:].lstrip(_SPACE)
        if begins_line or not after or after.startswith("{"):
            found.append(line[start:end])
            rest += line[copied:start]
            copied = end
            at = len(line) - len(after)
        else:
            at = end
    return found, (rest + line[copied:]).strip(_SPACE)
