"""How hard a prompt is, by the words in it.

The rule is the one that routing rests on, and says the same as the macro
`complexity_of` of queries/ingest/macros.sql, which a test holds.
"""

COMPLEX_WORDS = ("analyze", "reason", "compare", "design", "architect", "debug")
SIMPLE_WORDS = ("summarize", "classify", "extract", "list", "format")

UNDECIDED = 0.5
"""The complexity of a prompt with none of the words."""

_WORD_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")
"""What joins a word: `\\b` of a regular expression on ASCII, after lower-casing."""


def complexity(prompt: str) -> float:
    """Complex words as a share of complex and simple words, 0 (simple) to 1 (complex); 0.5 with neither."""
    text = prompt.lower()
    hard = sum(_occurrences(text, word) for word in COMPLEX_WORDS)
    easy = sum(_occurrences(text, word) for word in SIMPLE_WORDS)
    return hard / (hard + easy) if hard + easy else UNDECIDED


def _occurrences(text: str, word: str) -> int:
    """How often the word occurs as a whole. `str.find` is much faster on a long prompt than a pattern."""
    count = 0
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if text[end : end + 1] not in _WORD_CHARACTERS and (not start or text[start - 1] not in _WORD_CHARACTERS):
            count += 1
        start = text.find(word, end)
    return count
