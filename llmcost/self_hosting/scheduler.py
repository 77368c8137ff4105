"""The serving loop, as vLLM's v1 engine runs it, compiled.

Every iteration the engine hands out at most `max_batched_tokens` tokens of work:
first to the running requests in the order they were admitted (one token to each
that is generating, the next chunk to each that still reads its prompt), then,
if no request had to be preempted, to waiting requests as long as a slot and KV
blocks are free. A running request that finds no free block preempts the one
admitted last, which loses its blocks, goes to the head of the queue and is
recomputed later (with prefix caching: from the first block that was overwritten
meanwhile). With asynchronous scheduling the next iteration is planned while the
last one is still computing, so two are in flight.

    iteration seconds = fixed + max(weights read, per_token * tokens)
                        + per_kv_token * sum of the generating requests' contexts
                        + per_chunk_context * sum over chunks of (tokens * their mean context)
                        + per_sequence * requests that get a token

Between two events (an arrival, an end, blocks running out) everybody generates,
and the loop only adds up durations.

All of it is in one file: what numba keeps on disk is compiled again when the file of a function has changed, not when
that of a function which it calls has.
"""

from typing import Any

import numpy as np

from llmcost.self_hosting.compiled import compiled


@compiled
def serve(requests: Any, engines: Any, settings: Any) -> None:
    """Serves all requests (records of REQUEST, by arrival) on equal engines, writing their times into the records.

    `engines` are records of ENGINE, all zero, `settings` is a record of SETTINGS; both come from the caller, since a
    record does not keep the array alive that it is part of. Every request's prompt and output together must fit into
    the blocks. A request goes to the engine with the least load when it comes, as vLLM chooses among data-parallel
    ones: 4 for each request that waits and 1 for each that runs, the first of equals.
    """
    shape = (engines.size, settings.max_running)
    running, preempted = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    chunks = np.zeros(shape, np.int64)  # tokens of each running request in this iteration
    sampled = np.zeros((engines.size, settings.in_flight, settings.max_running), np.int64)
    sampled_count = np.zeros((engines.size, settings.in_flight), np.int64)
    ends_s = np.zeros((engines.size, settings.in_flight))
    for number in range(engines.size):
        _start(engines[number], settings)
    for number in range(requests.size + 1):
        until_s = requests[number].arrival_s if number < requests.size else np.inf
        chosen, least = 0, np.inf
        for one in range(engines.size):
            engine = engines[one]
            _run(requests, engine, settings, running[one], preempted[one], chunks[one], sampled[one],
                 sampled_count[one], ends_s[one], until_s)  # fmt: skip
            load = 4 * (engine.inbox + engine.waiting + engine.preempted) + engine.running
            if load < least:
                chosen, least = one, load
        if number < requests.size:
            requests[number].machine = chosen
            _send(requests, engines[chosen], number)


@compiled
def _start(engine: Any, settings: Any) -> None:
    engine.free_blocks = settings.blocks
    engine.inbox_first, engine.inbox_last, engine.waiting_first, engine.waiting_last = -1, -1, -1, -1


@compiled
def _send(requests: Any, engine: Any, number: int) -> None:
    """Puts a request into the engine's inbox, which it looks into between iterations."""
    engine.inbox_first = _queued(requests, number, engine.inbox, engine.inbox_first, engine.inbox_last)
    engine.inbox_last = number
    engine.inbox += 1
    if engine.unfinished == 0:
        engine.now_s = max(engine.now_s, requests[number].arrival_s)
    engine.unfinished += 1


@compiled
def _queued(requests: Any, number: int, length: int, first: int, last: int) -> int:
    """Puts a request behind the last one of a queue of that length; gives the queue's first."""
    requests[number].following = -1
    if length == 0:
        return number
    requests[last].following = number
    return first


@compiled
def _run(
    requests: Any,
    engine: Any,
    settings: Any,
    running: Any,
    preempted: Any,
    chunks: Any,
    sampled: Any,
    sampled_count: Any,
    ends_s: Any,
    until_s: float,
) -> None:
    """Runs an engine up to that time, or until it has nothing left to do. What ends then or later stays in flight."""
    while engine.unfinished > 0:
        if engine.waits:
            end_s = max(engine.now_s, ends_s[engine.oldest])
            if end_s >= until_s:
                return
            engine.now_s = end_s
            for number in range(sampled_count[engine.oldest]):
                _return_token(requests, engine, running, preempted, sampled[engine.oldest, number])
            engine.oldest = (engine.oldest + 1) % settings.in_flight
            engine.flying -= 1
            engine.waits = False
            continue
        if engine.refused:
            _coast(requests, engine, settings, running, sampled, sampled_count, ends_s, until_s)
        if engine.now_s >= until_s:
            return
        _take_in(requests, engine, settings)
        slot = (engine.oldest + engine.flying) % settings.in_flight
        _plan(requests, engine, settings, running, preempted, chunks, sampled[slot])
        if engine.tokens > 0:
            shared_s = _shared_s(settings, engine.tokens, engine.sampled)
            _charge(requests, engine, settings, running, chunks, shared_s / engine.tokens)
            _launch(engine, settings, shared_s)
            ends_s[slot] = engine.last_end_s
            sampled_count[slot] = engine.sampled
            engine.flying += 1
        engine.waits = engine.flying == settings.in_flight or (engine.tokens == 0 and engine.flying > 0)


@compiled
def _take_in(requests: Any, engine: Any, settings: Any) -> None:
    """Puts those who were sent into the queue, or turns them away when it is full."""
    while engine.inbox > 0:
        number = engine.inbox_first
        request = requests[number]
        engine.inbox_first = request.following
        engine.inbox -= 1
        length = engine.waiting + engine.preempted
        if 0 <= settings.max_waiting <= length:
            request.taken_s = np.inf
            engine.unfinished -= 1
            continue
        request.taken_s = engine.now_s
        engine.waiting_first = _queued(requests, number, engine.waiting, engine.waiting_first, engine.waiting_last)
        engine.waiting_last = number
        engine.waiting += 1
        engine.refused = engine.refused and length > 0


@compiled
def _plan(requests: Any, engine: Any, settings: Any, running: Any, preempted: Any, chunks: Any, sampled: Any) -> None:
    """Decides the next iteration's work."""
    engine.tokens = 0
    engine.kv_tokens = 0
    engine.chunk_context = 0.0
    engine.sampled = 0
    engine.preempting = False
    _continue_running(requests, engine, settings, running, preempted, chunks, sampled)
    engine.refused = False
    while not engine.preempting and engine.tokens < settings.max_batched_tokens:
        if engine.preempted > 0:
            number = preempted[engine.preempted - 1]
        elif engine.waiting > 0:
            number = engine.waiting_first
        else:
            engine.refused = True
            break
        if not _admit(requests[number], engine, settings, running, number, chunks, sampled):
            engine.refused = True
            break
        if engine.preempted > 0:
            engine.preempted -= 1
        else:
            engine.waiting_first = requests[number].following
            engine.waiting -= 1
            requests[number].scheduled_s = engine.now_s


@compiled
def _continue_running(
    requests: Any, engine: Any, settings: Any, running: Any, preempted: Any, chunks: Any, sampled: Any
) -> None:
    """Gives every running request its next token or chunk, preempting from the end where blocks run out."""
    position = 0
    while position < engine.running:
        request = requests[running[position]]
        left = settings.max_batched_tokens - engine.tokens
        if left == 0 or request.planned == request.output_tokens:
            chunks[position] = 0
            position += 1
            continue
        chunk = min(request.prompt_tokens + request.planned - request.computed, left)
        needed = _blocks(request.computed + chunk, settings.block_size) - request.blocks
        while needed > engine.free_blocks and position < engine.running:
            _preempt(requests, engine, running, preempted)
        if position < engine.running:  # else it had to preempt itself
            _schedule(request, engine, running[position], position, chunk, needed, chunks, sampled)
            position += 1


@compiled
def _admit(request: Any, engine: Any, settings: Any, running: Any, number: int, chunks: Any, sampled: Any) -> bool:
    """Gives a waiting request its first chunk, if there is a slot and room for it."""
    if engine.running == settings.max_running:
        return False
    total = request.prompt_tokens + request.planned
    found = request.cached_tokens
    if request.preemptions > 0:
        found = _surviving(request, engine, settings.block_size) if settings.prefix_caching else 0
    chunk = min(total - found, settings.max_batched_tokens - engine.tokens)
    if _blocks(total if settings.whole_prompt else found + chunk, settings.block_size) > engine.free_blocks:
        return False
    request.freed_at = -1
    request.computed = found
    request.blocks = found // settings.block_size
    engine.free_blocks -= request.blocks
    running[engine.running] = number
    engine.running += 1
    needed = _blocks(found + chunk, settings.block_size) - request.blocks
    _schedule(request, engine, number, engine.running - 1, chunk, needed, chunks, sampled)
    return True


@compiled
def _schedule(
    request: Any, engine: Any, number: int, position: int, chunk: int, needed: int, chunks: Any, sampled: Any
) -> None:
    """Books a request's share of the iteration."""
    engine.free_blocks -= needed
    engine.reused_blocks += needed
    request.blocks += needed
    if _generates(request, request.computed, chunk):
        engine.kv_tokens += request.computed + 1
    else:
        engine.chunk_context += chunk * _mean_context(request.computed, chunk)
    engine.tokens += chunk
    request.computed += chunk
    chunks[position] = chunk
    if request.computed == request.prompt_tokens + request.planned:
        request.planned += 1
        sampled[engine.sampled] = number
        engine.sampled += 1


@compiled
def _preempt(requests: Any, engine: Any, running: Any, preempted: Any) -> None:
    """Takes the blocks of the request admitted last and puts it at the head of the queue."""
    engine.running -= 1
    number = running[engine.running]
    request = requests[number]
    request.freed_at = engine.reused_blocks + engine.free_blocks
    request.preemptions += 1
    engine.free_blocks += request.blocks
    preempted[engine.preempted] = number
    engine.preempted += 1
    engine.preempting = True


@compiled
def _surviving(request: Any, engine: Any, block_size: int) -> Any:
    """Tokens of a preempted request whose blocks have not been reused meanwhile.

    Free blocks are reused in the order they were freed, a request's own last to first, so what is
    left can be counted from where they began in that order. The last token is always computed
    again, for the output that follows it.
    """
    left = request.freed_at + request.blocks - engine.reused_blocks
    full = request.computed // block_size  # only full blocks are kept
    last = (request.prompt_tokens + request.planned - 1) // block_size
    return max(0, min(left, full, last)) * block_size


@compiled
def _launch(engine: Any, settings: Any, shared_s: float) -> None:
    """Sends the planned iteration to the GPU, which begins it when the one before is done."""
    duration_s = (
        shared_s + settings.per_kv_token_s * engine.kv_tokens + settings.per_chunk_context_s * engine.chunk_context
    )
    engine.last_end_s = max(engine.now_s, engine.last_end_s) + duration_s
    engine.busy_s += duration_s
    engine.iterations += 1


@compiled
def _shared_s(settings: Any, tokens: int, sequences: int) -> Any:
    """Seconds that an iteration takes whatever its requests' contexts are."""
    experts_s = settings.weights_s * (1 - settings.dense_share) * (1 - settings.missed_experts**tokens)
    read_s = settings.weights_s * settings.dense_share + max(experts_s, settings.least_experts_s)
    return settings.fixed_s + max(read_s, settings.per_token_s * tokens) + settings.per_sequence_s * sequences


@compiled
def _charge(requests: Any, engine: Any, settings: Any, running: Any, chunks: Any, per_token_s: float) -> None:
    """Splits the iteration's seconds among those who take part: what all share by tokens, the rest by cause."""
    for position in range(engine.running):
        chunk = chunks[position]
        if chunk > 0:
            request = requests[running[position]]
            before = request.computed - chunk
            request.gpu_s += per_token_s * chunk
            if _generates(request, before, chunk):
                request.gpu_s += settings.per_kv_token_s * request.computed
            else:
                request.gpu_s += settings.per_chunk_context_s * chunk * _mean_context(before, chunk)


@compiled
def _return_token(requests: Any, engine: Any, running: Any, preempted: Any, number: int) -> None:
    """Notes that a request's next token is there; after its last one it makes room."""
    request = requests[number]
    request.returned += 1
    if request.returned == 1:
        request.first_token_s = engine.now_s
    if request.returned < request.output_tokens:
        return
    request.last_token_s = engine.now_s
    engine.unfinished -= 1
    engine.refused = False
    if request.freed_at >= 0:  # preempted while its last token was on its way
        _remove(preempted, engine.preempted, number)
        engine.preempted -= 1
    else:
        _remove(running, engine.running, number)
        engine.running -= 1
        engine.free_blocks += request.blocks


@compiled
def _coast(
    requests: Any,
    engine: Any,
    settings: Any,
    running: Any,
    sampled: Any,
    sampled_count: Any,
    ends_s: Any,
    until_s: float,
) -> None:
    """Runs the iterations up to the next event, if all that run are generating and none can be admitted."""
    count = engine.running
    if count == 0 or count > settings.max_batched_tokens:
        return
    for ahead in range(engine.flying):
        if sampled_count[(engine.oldest + ahead) % settings.in_flight] != count:
            return
    steps = np.int64(1) << 40
    kv_tokens = 0
    full_after = np.zeros(settings.block_size, np.int64)  # how many requests fill a block how many tokens from now
    for position in range(count):
        request = requests[running[position]]
        if request.returned == 0 or request.computed != request.prompt_tokens + request.planned - 1:
            return
        steps = min(steps, request.output_tokens - request.planned - 1)
        kv_tokens += request.computed + 1
        full_after[-request.computed % settings.block_size] += 1

    next_s = engine.now_s if engine.inbox > 0 else until_s
    shared_s = _shared_s(settings, count, count)
    step = 0
    engine.chunk_context = 0.0
    while step < steps and engine.now_s < next_s and full_after[step % settings.block_size] <= engine.free_blocks:
        engine.free_blocks -= full_after[step % settings.block_size]
        engine.reused_blocks += full_after[step % settings.block_size]
        engine.kv_tokens = kv_tokens + step * count
        _launch(engine, settings, shared_s)
        ends_s[(engine.oldest + engine.flying) % settings.in_flight] = engine.last_end_s
        engine.now_s = max(engine.now_s, ends_s[engine.oldest])
        engine.oldest = (engine.oldest + 1) % settings.in_flight
        step += 1

    for position in range(count):
        request = requests[running[position]]
        context = request.computed * step + step * (step + 1) // 2
        request.gpu_s += shared_s / count * step + settings.per_kv_token_s * context
        request.computed += step
        request.planned += step
        request.returned += step
        request.blocks = _blocks(request.computed, settings.block_size)
    for slot in range(settings.in_flight):
        sampled[slot, :count] = running[:count]
        sampled_count[slot] = count


@compiled
def _remove(numbers: Any, count: int, number: int) -> None:
    """Takes one number out of the first `count`, keeping the others' order."""
    position = 0
    while numbers[position] != number:
        position += 1
    for later in range(position + 1, count):
        numbers[later - 1] = numbers[later]


@compiled
def _generates(request: Any, computed: int, chunk: int) -> bool:
    """Whether the chunk is one generated token, not a piece of a prompt."""
    return chunk == 1 and computed >= request.prompt_tokens


@compiled
def _mean_context(computed: int, chunk: int) -> float:
    """How many tokens one of the chunk's tokens attends to, itself included, on average."""
    return computed + 0.5 * (chunk + 1)


@compiled
def _blocks(tokens: int, block_size: int) -> int:
    return (tokens + block_size - 1) // block_size
