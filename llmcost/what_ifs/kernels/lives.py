"""Which request's answer each one finds in an exact cache that any number of requests share.

A prompt's history alternates between bursts of misses, while no answer is there yet,
and runs of hits, until the last answer has expired. Where a burst that began with
some request would end, and where the next would begin, is the same question for every
request, so columns answer it for all at once; only following those pointers is a loop.
Where an answer comes later than an earlier one expires, or entries give way to others,
one request after another is looked at.
"""

import heapq
from collections import OrderedDict, deque
from collections.abc import Iterator

import numpy as np

from llmcost.what_ifs.kernels.cached_answers import NEVER, NOBODY, Asked, Bools, Ints

_BLOCK = 1 << 20


def late(asked: Asked, life: int) -> Bools:
    """Which requests have a key with an answer that takes longer than an answer lives."""
    is_late = (asked.ready != NEVER) & (asked.ready - asked.sent > life)
    return np.isin(asked.key, asked.key[is_late]) if is_late.any() else is_late


def blocks(asked: Asked, life: int) -> Iterator[slice]:
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


def one_by_one(asked: Asked, places: Ints, life: int, refresh: bool, capacity: int | None) -> Ints:
    """The same as `quickly`, for the places of requests in order of time; its result holds these numbers.

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
