"""Texts become hashes before anything is written."""

import marshal
from hashlib import blake2b
from typing import Any

HASH_BYTES = 8
"""16 hex digits: among ten million different prompts, two share a hash once in 370,000 logs (n² / 2⁶⁵)."""

_MARSHAL_VERSION = 2
"""The last whose bytes depend on nothing but the value: later ones tell interned strings and shared objects apart."""


def packed(value: Any) -> bytes:
    """A JSON value as bytes to hash. Many times faster than to spell it out as JSON, which escapes every text."""
    return marshal.dumps(value, _MARSHAL_VERSION)


def digest(*parts: bytes) -> str:
    """The hash of the parts one after the other."""
    hasher = blake2b(digest_size=HASH_BYTES)
    for part in parts:
        hasher.update(part)
    return hasher.hexdigest()
