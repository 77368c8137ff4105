"""response-caching: which requests an exact response cache in front of the provider would have answered.

The cache is the one that Redis `SETEX` makes: an answer is stored once it has been
generated, lives for a fixed time from then on, and a later answer to the same prompt
takes its place. Redis: https://redis.io/docs/latest/commands/setex/ and
https://redis.io/docs/latest/develop/reference/eviction/ (allkeys-lru).

A prompt's history alternates between bursts of misses, while no answer is there yet,
and runs of hits, until the last answer has expired. Where a burst that began with
some request would end, and where the next would begin, is the same question for every
request, so columns answer it for all at once; only following those pointers is a loop.
"""

import heapq
import json
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from llmcost.errors import UsageError

COLUMNS = (
    "prompt_hash", "user_id", "latency_ms", "status", "calls", "input_tokens", "output_tokens", "output_hash",
)  # fmt: skip
PARTITION = ("prompt_hash",)

ENDLESS = 10**17  # a life longer than any log, in microseconds: three thousand years
NEVER = 2 * ENDLESS  # when an answer that was not generated can be read
NOBODY = -1  # the source of an answer that no cache gave
_BLOCK = 1 << 20

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

    @property
    def share(self) -> float | None:
        """The differing part of those compared, 0 to 1; None where nothing could be compared."""
        return self.differing / self.compared if self.compared else None


def replay(
    requests: pa.Table,
    *,
    ttl: str | None,
    refresh: bool,
    scope: str,
    capacity: int | None,
    latency_ms: float = 0,
    differing: str = "served",
) -> pa.Table:
    """The requests that the cache answers, and whether its answer is the logged one.

    `requests` is sorted by prompt_hash, ts and request_id. Returns `request_id` and
    `cached_answer` (same, differs, unknown); the table's metadata holds a `summary`, as JSON.
    Raises UsageError for a bad parameter.
    """
    life = microseconds(ttl)
    if capacity is not None and capacity < 0:
        raise UsageError(f"capacity={capacity} is less than no entry at all", hint="give a number of answers")
    asked = _asked(requests, scope, latency_ms)
    source = np.full(len(asked), NOBODY, np.int64)
    if life > 0 and capacity != 0 and len(asked):
        # What outlives the log lives for ever: a shorter number says the same.
        log_ends = max(asked.sent.max(), asked.ready[asked.ready != NEVER].max(initial=0))
        source = _sources(requests, asked, min(life, int(log_ends - asked.sent.min()) + 1), refresh, capacity)
    hit = source != NOBODY
    return _summed(decisions(requests, asked.row[hit], asked.row[source[hit]]), len(asked))


def apart(given: Mapping[str, Any]) -> bool:
    """Whether prompts do not depend on one another, so that `replay` may get some of them at a time."""
    return given["capacity"] is None


def together(parts: Sequence[pa.Table]) -> pa.Table:
    """The results of several replays, each of other prompts, as one."""
    said = [json.loads(part.schema.metadata[b"summary"]) for part in parts]
    return _summed(
        pa.concat_tables([part.replace_schema_metadata(None) for part in parts]),
        sum(one["requests_that_could_repeat"] for one in said),
    )


def _summed(decided: pa.Table, could_repeat: int) -> pa.Table:
    found = false_hits(decided)
    return described(
        decided,
        {
            "requests_that_could_repeat": could_repeat,
            "hits": found.hits,
            "hits_with_both_answers_in_the_log": found.compared,
            "share_of_those_whose_cached_answer_differs": found.share,
            "notes": _notes(found),
        },
    )


def described(decided: pa.Table, summary: dict[str, Any]) -> pa.Table:
    """The decisions with a summary of the replay in their metadata."""
    return decided.replace_schema_metadata({"summary": json.dumps(summary)})


def _notes(found: FalseHits) -> list[str]:
    if not found.hits:
        return []
    if not found.compared:
        return [
            "response-caching: the log holds no answers to compare, so how often a cached one would have been another"
            " than the model's own is unknown"
        ]
    share = f"{found.differing / found.compared:.1%} of the {found.compared:,} cached answers that can be compared"
    means = ": these savings change what users get" if found.differing else ""
    return [f"response-caching: {share} differ from what the model said then{means}"]


def false_hits(replayed: pa.Table) -> FalseHits:
    """What the log's own answers say of the hits that a replay decided on."""
    counts = {entry["values"]: entry["counts"] for entry in pc.value_counts(replayed["cached_answer"]).to_pylist()}
    differing = counts.get("differs", 0)
    return FalseHits(replayed.num_rows, differing + counts.get("same", 0), differing)


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
        raise UsageError(f"ttl={ttl} is no length of time", hint="seconds, or like 15m, 1h, 7d; none never ends")
    return round(life)


def decisions(requests: pa.Table, hit: Ints, source: Ints) -> pa.Table:
    """The kernel's result: the rows that were answered, and how the answers of the rows in `source` compare."""
    answers = requests["output_hash"]
    same = pc.equal(answers.take(pa.array(hit)), answers.take(pa.array(source)))
    return pa.table(
        {
            "request_id": requests["request_id"].take(pa.array(hit)),
            "cached_answer": pc.if_else(same, "same", "differs").fill_null("unknown"),
        }
    )


def takes_part(requests: pa.Table) -> Bools:
    """Which rows ask a cache: single calls with a time, but not those that another cache answered before."""
    billed = pc.greater(pc.add(requests["input_tokens"], requests["output_tokens"]), 0)
    reaches = pc.or_(pc.equal(requests["status"], "error"), billed)
    return mask(pc.and_(pc.and_(reaches, pc.equal(requests["calls"], 1)), requests["ts"].is_valid()))


def sent_and_ready(requests: pa.Table, row: Ints, assumed_ms: float) -> tuple[Ints, Ints]:
    """When the rows were sent and when their answers can be read, in microseconds; NEVER for errors.

    An answer whose latency the log does not hold takes `assumed_ms`.
    """
    sent = requests["ts"].cast(pa.timestamp("us")).cast(pa.int64()).fill_null(0).to_numpy()[row]
    latency_ms = requests["latency_ms"].fill_null(float(assumed_ms)).to_numpy()[row]
    answered = mask(pc.equal(requests["status"], "ok"))[row]
    return sent, np.where(answered, sent + np.round(np.maximum(latency_ms, 0) * 1000).astype(np.int64), NEVER)


def mask(condition: pa.ChunkedArray) -> Bools:
    return np.asarray(condition.fill_null(False).to_numpy(zero_copy_only=False), dtype=np.bool_)


def _asked(requests: pa.Table, scope: str, latency_ms: float) -> Asked:
    asks = takes_part(requests) & mask(requests["prompt_hash"].is_valid())
    key = _groups(requests["prompt_hash"])
    if scope == "user":
        asks &= mask(requests["user_id"].is_valid())
        users = requests["user_id"].combine_chunks().dictionary_encode()
        user = users.indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        key = key * (len(users.dictionary) + 1) + user
    row = np.flatnonzero(asks)
    if scope == "user":
        row = row[np.argsort(key[row], kind="stable")]
    return Asked(row, key[row], *sent_and_ready(requests, row, latency_ms))


def _groups(column: pa.ChunkedArray) -> Ints:
    """A number for each run of equal values."""
    values = column.combine_chunks()
    if len(values) == 0:
        return np.empty(0, np.int64)
    changes = pc.not_equal(values[1:], values[:-1]).fill_null(True).to_numpy(zero_copy_only=False)
    return np.concatenate(([0], np.cumsum(changes, dtype=np.int64)))


def _sources(requests: pa.Table, asked: Asked, life: int, refresh: bool, capacity: int | None) -> Ints:
    """For each request the place in `asked` of the one whose answer it gets, or NOBODY."""
    source = np.full(len(asked), NOBODY, np.int64)
    if capacity is not None and capacity < len(np.unique(asked.key)):
        rest = np.arange(len(asked))
    else:
        again = _asked_again(asked.key)
        # An answer still on its way when an earlier one expires makes a gap that pointers cannot tell.
        late = _late(asked.part(again), life)
        for block in _blocks(asked.part(again[~late]), life):
            places = again[~late][block]
            found = quickly(asked.part(places), life, refresh)
            source[places] = np.where(found == NOBODY, NOBODY, places[found])
        rest = again[late]
    if len(rest):
        rest = _in_time(requests, asked, rest)
        found = one_by_one(asked, rest, life, refresh, capacity)
        source[rest] = np.where(found == NOBODY, NOBODY, rest[found])
    return source


def _asked_again(key: Ints) -> Ints:
    """The places of the requests whose key occurs more than once."""
    same = np.concatenate(([False], key[1:] == key[:-1], [False]))
    return np.flatnonzero(same[1:] | same[:-1])


def _in_time(requests: pa.Table, asked: Asked, places: Ints) -> Ints:
    """The places in order of time, those of one moment by request_id: names are compared only where they decide."""
    places = places[np.argsort(asked.sent[places], kind="stable")]
    sent = asked.sent[places]
    tied = _asked_again(sent)
    names = requests["request_id"].take(pa.array(asked.row[places[tied]]))
    by_name = pa.table({"sent": sent[tied], "name": names})
    places[tied] = places[tied][pc.sort_indices(by_name, [("sent", "ascending"), ("name", "ascending")]).to_numpy()]
    return places


def _late(asked: Asked, life: int) -> Bools:
    """Which requests have a key of which some answer takes longer than an answer lives."""
    late = (asked.ready != NEVER) & (asked.ready - asked.sent > life)
    return np.isin(asked.key, asked.key[late]) if late.any() else late


def _blocks(asked: Asked, life: int) -> Iterator[slice]:
    """The requests cut between keys, so that the times of a block laid end to end stay below 2^62 microseconds."""
    if not len(asked):
        return
    longest = int(min(asked.sent.max() - asked.sent.min(), 2 * life)) + 2
    size = max(1, min(_BLOCK, 2**62 // longest))
    ends = np.append(np.flatnonzero(asked.key[1:] != asked.key[:-1]) + 1, len(asked))
    start = 0
    while start < len(asked):
        end = int(ends[np.searchsorted(ends, min(start + size, len(asked)))])
        yield slice(start, end)
        start = end


def quickly(asked: Asked, life: int, refresh: bool) -> Ints:
    """For each request the place of the one whose answer it gets, or NOBODY.

    Sorted by key and time; no answer takes longer than `life`, and nothing is evicted.
    """
    count = len(asked)
    place = np.arange(count)
    first = np.append(True, asked.key[1:] != asked.key[:-1])
    apart = np.diff(asked.sent, prepend=asked.sent[:1])
    # Every key's times laid end to end. A pause longer than any look ahead is cut to that length.
    line = np.cumsum(np.where(first, 1, np.minimum(apart, 2 * life + 1)))
    after_key = np.append(np.flatnonzero(first), count)[np.cumsum(first)]
    answered = asked.ready != NEVER
    written = line + np.where(answered, asked.ready - asked.sent, 0)

    def first_from(time: Ints) -> Ints:
        """The first later request of the same key that was sent at that time or after it, else the key's end."""
        return np.clip(np.searchsorted(line, time), place + 1, after_key)

    readable = np.where(answered, first_from(written), after_key)
    burst_ends = np.minimum.accumulate(readable[::-1])[::-1]
    last_write = highest(np.where(answered, written, 0), burst_ends)
    starts_again = np.maximum(first_from(last_write + life), burst_ends)
    if refresh:
        idle = np.append(np.flatnonzero(first | (apart >= life)), count)
        starts_again = idle[np.searchsorted(idle, starts_again)]

    bursts = _follow(starts_again)
    depth = np.zeros(count + 1, np.int8)
    depth[bursts] += 1
    depth[burst_ends[bursts]] -= 1
    missed = np.cumsum(depth[:-1], dtype=np.int8) > 0

    source = np.full(count, NOBODY, np.int64)
    hits = np.flatnonzero(~missed)
    writers = np.flatnonzero(missed & answered)
    writers = writers[np.lexsort((written[writers], readable[writers]))]
    source[hits] = writers[np.searchsorted(readable[writers], hits, side="right") - 1]
    return source


def highest(values: Ints, ends: Ints) -> Ints:
    """For each place i the highest of values[i : ends[i]], by windows of doubling width."""
    result = values.copy()
    window, width = values, 1
    open_ = np.flatnonzero(ends - np.arange(len(values)) > 1)
    while open_.size:
        length = ends[open_] - open_
        now = open_[length <= 2 * width]
        result[now] = np.maximum(window[now], window[ends[now] - width])
        open_ = open_[length > 2 * width]
        window = np.maximum(window[:-width], window[width:])
        width *= 2
    return result


def one_by_one(asked: Asked, places: Ints, life: int, refresh: bool, capacity: int | None) -> Ints:
    """The same as `quickly`, for the places of requests in order of time, of which its result holds numbers.

    Any latency is allowed for, and the least recently used answer gives way.
    """
    source = np.full(len(places), NOBODY, np.int64)
    answers: OrderedDict[int, tuple[int, int]] = OrderedDict()  # key -> source, end of life; last used last
    ends: deque[tuple[int, int]] = deque()  # end of life, key; every one that was ever set, in order
    pending: list[tuple[int, int, int]] = []  # when written, source, key

    def keep(key: int, writer: int, end: int) -> None:
        answers[key] = (writer, end)
        answers.move_to_end(key)
        ends.append((end, key))

    def expire(now: int) -> None:
        while ends and ends[0][0] <= now:
            end, key = ends.popleft()
            if key in answers and answers[key][1] == end:
                del answers[key]

    for place, (key, sent, ready) in enumerate(_numbers(asked, places)):
        while pending and pending[0][0] <= sent:
            written, writer, written_key = heapq.heappop(pending)
            expire(written)
            if capacity is not None and written_key not in answers and len(answers) >= capacity:
                answers.popitem(last=False)
            keep(written_key, writer, written + life)
        expire(sent)
        if key in answers:
            writer = answers[key][0]
            source[place] = writer
            if refresh:
                keep(key, writer, sent + life)
            else:
                answers.move_to_end(key)
        elif ready != NEVER:
            heapq.heappush(pending, (ready, place, key))
    return source


def _numbers(asked: Asked, places: Ints) -> Iterator[tuple[int, int, int]]:
    """Key, sent and ready of one request after another: Python's numbers of a large log do not fit into memory."""
    for start in range(0, len(places), _BLOCK):
        block = asked.part(places[start : start + _BLOCK])
        yield from zip(block.key.tolist(), block.sent.tolist(), block.ready.tolist(), strict=True)


def _follow(pointer: Ints) -> Ints:
    """The places reached from the first one, to the end."""
    following = pointer.data
    end = len(pointer)
    reached = []
    place = 0
    while place < end:
        reached.append(place)
        place = following[place]
    return np.array(reached, np.int64)
