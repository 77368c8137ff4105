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


def did_you_mean(word: str, known: list[str]) -> str:
    """A hint naming the nearest known words, or all of them when nothing is near."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"
