"""Numbers as people write and read them."""

import re
from typing import TypeVar

Number = TypeVar("Number", int, float)

_PLAIN = re.compile(r"[-+.0-9a-z]+", re.ASCII | re.IGNORECASE)
"""What a number is written with; Python's also reads 1_0, and the digits of other scripts."""


def read(text: str, kind: type[Number]) -> Number:
    """The number that a text is, with or without space around it. Raises ValueError where it is none."""
    if not _PLAIN.fullmatch(text.strip()):
        raise ValueError(text)
    return kind(text)


def change(share: float, digits: int = 1) -> str:
    """A change as a percentage with its sign: +2.4%, −0.7%."""
    return f"{share:+.{digits}%}".replace("-", "−")
