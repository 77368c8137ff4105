"""Bash breaks what is typed at colons and equals signs, and replaces the last piece alone.

`tag:te` comes as the words `tag`, `:` and `te`, for which `team` has to be offered and not `tag:team`.
"""

import io
import os
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress

_ASKED = "_LLMCOST_COMPLETE"
_BREAK = re.compile(r"[:=]+")


@contextmanager
def completing() -> Iterator[None]:
    """Gives the program that runs in the block whole words, where bash asks what to offer, and bash the last piece."""
    if os.environ.get(_ASKED) != "complete_bash":
        yield
        return
    kept = ""
    with suppress(ValueError, KeyError):  # a quotation that is still open
        whole, kept = _rejoined(shlex.split(os.environ["COMP_WORDS"]), int(os.environ["COMP_CWORD"]))
        os.environ |= {"COMP_WORDS": shlex.join(whole), "COMP_CWORD": str(len(whole) - 1)}
    offered = io.StringIO()
    try:
        with redirect_stdout(offered):
            yield
    finally:
        sys.stdout.writelines(line.removeprefix(kept) for line in offered.getvalue().splitlines(keepends=True))


def _rejoined(pieces: Sequence[str], current: int) -> tuple[list[str], str]:
    """The words up to the current piece, and what bash keeps of the last value before that piece."""
    words: list[str] = []
    kept = ""
    was_break = False
    for piece in [*pieces, ""][: current + 1]:
        is_break = _BREAK.fullmatch(piece) is not None
        if words and (is_break or (was_break and piece)):
            kept = words[-1] + piece if is_break else words[-1]
            words[-1] += piece
        else:
            words.append(piece)
            kept = ""
        was_break = is_break
    return words, kept.partition("=")[2] if kept.startswith("-") else kept
