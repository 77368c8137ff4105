"""What caches of answers share, whatever they compare: who asks, when an answer is there, whether it is right."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from llmcost.errors import UsageError

ENDLESS = 10**17  # a life longer than any log, in microseconds: three thousand years
NEVER = 2 * ENDLESS  # when an answer that was not generated can be read
NOBODY = -1  # the source of an answer that no cache gave

ROWS = "added_to is null and requests_answered = 1"
"""The requests that ask a cache. What a what-if added to one, a cascade's first try, is a step on the way to its
answer: whoever asks the cache gets the answer that the request ended with, or both calls are made. Requests that were
joined in one call share a prompt that no cache holds, and one that a cache has answered asks no other."""

LATENCY = "coalesce(latency_ms, case when service_tier = 'batch' then 90000000.0 end) as latency_ms"
"""An answer out of a batch of unknown latency is there 25 hours after it was asked for: the 24 that providers promise,
and one in which the batch was collected."""

MEASURED = {
    "latency_ms": "median(latency_ms) filter (where status = 'ok' and service_tier <> 'batch' and latency_ms > 0)"
}
"""What is used for an unknown latency of an answer: the median of the known ones."""

DECISIONS = {"request_id": "varchar", "cached_answer": "varchar", "answered_from": "varchar"}
"""`cached_answer` (same, differs, unknown) is how the answer that it gets compares with the logged one."""

ASSUMED_MS = 3000.0
"""And where none is known: 100 tokens at 30 ms each."""

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Asked:
    """The requests that reach the cache: by key, then in the order in which they were sent."""

    row: Ints  # in the table they come from
    key: Ints  # requests with the same number may share an answer
    sent: Ints  # microseconds
    ready: Ints  # microseconds, when the answer can be read; NEVER for an error

    def __len__(self) -> int:
        return len(self.row)

    def part(self, of: Ints | Bools | slice) -> "Asked":
        return Asked(self.row[of], self.key[of], self.sent[of], self.ready[of])


@dataclass(frozen=True)
class FalseHits:
    """How often a cached answer was not the one that the log holds."""

    hits: int
    compared: int  # hits whose own and whose cached answer the log both holds
    differing: int

    def __add__(self, other: "FalseHits") -> "FalseHits":
        return FalseHits(self.hits + other.hits, self.compared + other.compared, self.differing + other.differing)

    @property
    def share(self) -> float | None:
        """The differing part of those compared, 0 to 1; None where nothing could be compared."""
        return self.differing / self.compared if self.compared else None


def microseconds(ttl: str | None) -> int:
    """A life written as seconds or like 15m, 1h, 7d; none never ends. Raises UsageError for anything else."""
    if ttl is None:
        return ENDLESS
    number, unit = (ttl[:-1], ttl[-1]) if ttl[-1:] in _SECONDS else (ttl, "s")
    try:
        life = float(number) * _SECONDS[unit] * 1e6
    except ValueError:
        life = -1
    if not 0 <= life <= ENDLESS:
        raise UsageError(f"ttl={ttl} is not a length of time", hint="seconds, or like 15m, 1h, 7d; none never ends")
    return round(life)


def takes_part(requests: pa.Table) -> Bools:
    """Which rows ask a cache: single calls with a time that failed or for which something was billed."""
    billed = pc.greater(pc.add(requests["input_tokens"], requests["output_tokens"]), 0)
    reaches = pc.or_(pc.equal(requests["status"], "error"), billed)
    return mask(pc.and_(pc.and_(reaches, pc.equal(requests["calls"], 1)), requests["ts"].is_valid()))


def sent_and_ready(requests: pa.Table, row: Ints, assumed_ms: float | None) -> tuple[Ints, Ints]:
    """When the rows were sent and when their answers can be read, in microseconds; NEVER for errors.

    An answer whose latency is not logged takes `assumed_ms`, else ASSUMED_MS.
    """
    assumed_ms = ASSUMED_MS if assumed_ms is None else assumed_ms
    sent = requests["ts"].cast(pa.timestamp("us")).cast(pa.int64()).fill_null(0).to_numpy()[row]
    latency_ms = requests["latency_ms"].fill_null(float(assumed_ms)).to_numpy()[row]
    answered = mask(pc.equal(requests["status"], "ok"))[row]
    return sent, np.where(answered, sent + np.round(np.maximum(latency_ms, 0) * 1000).astype(np.int64), NEVER)


def answers(requests: pa.Table) -> pa.ChunkedArray:
    """The hashes of the logged answers; null where there is none, and for an empty one: two of these prove nothing."""
    return pc.if_else(pc.equal(requests["output_tokens"], 0), pa.scalar(None, pa.string()), requests["output_hash"])


def decisions(requests: pa.Table, hit: Ints, source: Ints) -> pa.Table:
    """The rows that were answered, whose answers they got, and how the answers of the rows in `source` compare."""
    logged = answers(requests)
    same = pc.equal(logged.take(pa.array(hit)), logged.take(pa.array(source)))
    return pa.table(
        {
            "request_id": requests["request_id"].take(pa.array(hit)),
            "cached_answer": pc.if_else(same, "same", "differs").fill_null("unknown"),
            "answered_from": requests["request_id"].take(pa.array(source)),
        }
    )


def false_hits(replayed: pa.Table) -> FalseHits:
    """What the log's own answers say of the hits that a replay decided on."""
    counts = {entry["values"]: entry["counts"] for entry in pc.value_counts(replayed["cached_answer"]).to_pylist()}
    differing = counts.get("differs", 0)
    return FalseHits(replayed.num_rows, differing + counts.get("same", 0), differing)


def asked_again(replayed: pa.Table, differing: str) -> int:
    """How many hits `differing` (served, asked, doubted) has the model asked again."""
    found = false_hits(replayed)
    doubted = found.hits - found.compared + found.differing
    return {"served": 0, "asked": found.differing, "doubted": doubted}[differing]


def mask(condition: pa.ChunkedArray) -> Bools:
    return np.asarray(condition.fill_null(False).to_numpy(zero_copy_only=False), dtype=np.bool_)
