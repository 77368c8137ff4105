"""Errors meant for the person at the keyboard."""


class LlmcostError(Exception):
    """Something the user can act on: one line of what is wrong and one of what to do.

    The command line prints both on stderr and exits with status 1.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class StoreInUseError(LlmcostError):
    """Another process holds the store: the same may be done later."""


class UsageError(LlmcostError):
    """The command's words are wrong: an unknown name, a parameter out of range. Exit status 2."""


_NAMED = 30
"""Known words that a hint names at most: a log may know thousands."""


def did_you_mean(word: str, known: list[str]) -> str:
    """A hint naming the nearest known words, or the first of them when nothing is near."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(near)}?"
    rest = len(known) - _NAMED
    return f"known: {', '.join(known[:_NAMED])}{f' and {rest:,} more' if rest > 0 else ''}"
