"""Cumulative hashes of long prompts in one pass, where SQL would go over all earlier blocks for each."""

import hashlib

import pyarrow as pa

from llmcost.engine.store import Store
from llmcost.ingest import excerpts, secrets

_CHAIN = pa.list_(pa.struct([("hash", pa.string()), ("tokens", pa.int64())]))


def prepare(store: Store) -> None:
    """Makes the macros of `queries/ingest` known to this connection."""
    store.function("long_chain", _chained, ["VARCHAR[]", "BIGINT[]", "BIGINT"], "STRUCT(hash VARCHAR, tokens BIGINT)[]")
    secrets.prepare(store)
    excerpts.prepare(store)
    store.script("ingest/macros.sql")
    store.script("ingest/chains.sql")


def _chained(hashes: pa.ChunkedArray, chars: pa.ChunkedArray, prompt_tokens: pa.ChunkedArray) -> pa.Array:
    rows = zip(hashes.to_pylist(), chars.to_pylist(), prompt_tokens.to_pylist(), strict=True)
    return pa.array([_chain(*row) for row in rows], _CHAIN)


def _chain(hashes: list[str], chars: list[int], prompt_tokens: int | None) -> list[dict[str, object]]:
    """The same as the macro short_chain: halves are rounded away from zero, as SQL does."""
    digest = hashlib.md5(usedforsecurity=False)
    total = max(sum(chars), 1)
    chain: list[dict[str, object]] = []
    upto = 0
    for text, length in zip(hashes, chars, strict=True):
        digest.update(text.encode())
        upto += length
        tokens = None
        if prompt_tokens is not None:
            exact = float(prompt_tokens * upto) / total
            tokens = int(exact) + (exact - int(exact) >= 0.5)
        chain.append({"hash": digest.hexdigest()[:16], "tokens": tokens})
    return chain
