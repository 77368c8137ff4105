"""Texts become hashes before anything is written."""

import json
from hashlib import blake2b
from typing import Any

HASH_BYTES = 8
"""16 hex digits: among ten million different prompts, two share a hash once in 370,000 logs (n² / 2⁶⁵)."""


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def canonical(value: Any) -> str:
    """JSON that is the same for equal values, whatever order their keys came in."""
    return _encode(value)


def digest(*texts: str) -> str:
    """The hash of the texts one after the other."""
    hasher = blake2b(digest_size=HASH_BYTES)
    for text in texts:
        hasher.update(text.encode("utf-8", "surrogatepass"))
    return hasher.hexdigest()
