"""vLLM's scheduling written down token by token, with every block named: what the fast replay must equal.

Slow on purpose, and sharing nothing with it: blocks are a queue of numbers, each remembering whose tokens it
holds; a prefix survives if its blocks are still there to be found.
"""

from collections import deque
from dataclasses import dataclass, field

from llmcost.self_hosting.replay import Engine
from llmcost.self_hosting.timing import IterationTime


@dataclass(eq=False)
class Request:
    """One request and how far it is."""

    number: int
    arrival_s: float
    prompt: int
    output: int
    cached: int
    computed: int = 0
    planned: int = 0
    returned: int = 0
    blocks: list[int] = field(default_factory=list)
    preemptions: int = 0
    gone: bool = False
    turned_away: bool = False
    taken_s: float = float("inf")
    scheduled_s: float = float("inf")
    first_token_s: float = float("inf")
    last_token_s: float = float("inf")


class Server:
    """One engine."""

    def __init__(self, requests: list[Request], engine: Engine, time: IterationTime) -> None:
        self.engine, self.time = engine, time
        self.inbox = deque(requests)
        self.waiting: deque[Request] = deque()
        self.running: list[Request] = []
        self.free = deque(range(engine.kv_blocks))
        self.holds: dict[int, tuple[int, int]] = {}  # block -> whose tokens, which of its blocks
        self.now, self.last_end, self.busy_s, self.iterations = requests[0].arrival_s, 0.0, 0.0, 0

    def serve(self) -> None:
        """Until everybody is done."""
        flights: deque[tuple[float, list[Request]]] = deque()
        while self.inbox or self.waiting or self.running or flights:
            while self.inbox and self.inbox[0].arrival_s <= self.now:
                self._take_in(self.inbox.popleft())
            work = self._plan()
            if work:
                flights.append((self._duration(work), self._book(work)))
                if len(flights) < (2 if self.engine.asynchronous else 1):
                    continue
            if flights:
                end, sampled = flights.popleft()
                self.now = max(self.now, end)
                for request in sampled:
                    self._return_token(request)
            elif self.inbox:
                self.now = max(self.now, self.inbox[0].arrival_s)

    def _take_in(self, request: Request) -> None:
        if self.engine.max_waiting is not None and len(self.waiting) >= self.engine.max_waiting:
            request.turned_away = True
        else:
            request.taken_s = self.now
            self.waiting.append(request)

    def _plan(self) -> list[tuple[Request, int]]:
        work: list[tuple[Request, int]] = []
        budget = self.engine.max_batched_tokens
        preempted = False
        for request in list(self.running):
            if budget == 0 or request not in self.running or request.planned == request.output:
                continue
            chunk = min(request.prompt + request.planned - request.computed, budget)
            while request in self.running and not self._allocate(request, request.computed + chunk):
                self._preempt()
                preempted = True
            if request in self.running:
                work.append((request, chunk))
                budget -= chunk
        while not preempted and self.waiting and budget > 0 and len(self.running) < self.engine.max_running:
            request = self.waiting[0]
            total = request.prompt + request.planned
            found = self._found(request)
            start = request.cached if not request.preemptions else len(found) * self.engine.block_size
            chunk = min(total - start, budget)
            if self._count(total if self.engine.whole_prompt else start + chunk) > len(self.free):
                break
            self.waiting.popleft()
            for block in found:
                self.free.remove(block)
            request.blocks = found
            if not request.preemptions:  # a prefix that somebody else computed: its blocks are not named here
                request.blocks = [self._fresh() for _ in range(start // self.engine.block_size)]
                self.reserved_for_prefix(request)
                request.scheduled_s = self.now
            assert self._allocate(request, start + chunk)
            request.computed = start
            self.running.append(request)
            work.append((request, chunk))
            budget -= chunk
        return work

    def reserved_for_prefix(self, request: Request) -> None:
        """The blocks of a shared prefix hold its tokens from the start."""
        for index, block in enumerate(request.blocks):
            self.holds[block] = (request.number, index)

    def _found(self, request: Request) -> list[int]:
        """The blocks of a preempted request that still hold its tokens, from the first on."""
        found: list[int] = []
        if not request.preemptions or not self.engine.prefix_caching:
            return found
        by_content = {self.holds[block]: block for block in self.free if block in self.holds}
        most = (request.prompt + request.planned - 1) // self.engine.block_size
        while len(found) < most and (request.number, len(found)) in by_content:
            found.append(by_content[request.number, len(found)])
        return found

    def _count(self, tokens: int) -> int:
        return -(-tokens // self.engine.block_size)

    def _fresh(self) -> int:
        block = self.free.popleft()
        self.holds.pop(block, None)
        return block

    def _allocate(self, request: Request, tokens: int) -> bool:
        if self._count(tokens) - len(request.blocks) > len(self.free):
            return False
        while len(request.blocks) < self._count(tokens):
            request.blocks.append(self._fresh())
        return True

    def _preempt(self) -> None:
        request = self.running.pop()
        self._release(request)
        request.preemptions += 1
        request.computed = 0
        self.waiting.appendleft(request)

    def _release(self, request: Request) -> None:
        for block in reversed(request.blocks):
            self.free.append(block)
        request.blocks = []

    def _duration(self, work: list[tuple[Request, int]]) -> float:
        """Sends the iteration off; gives its end."""
        tokens = sum(chunk for _, chunk in work)
        contexts, chunk_context = 0, 0.0
        for request, chunk in work:
            if chunk == 1 and request.computed >= request.prompt:
                contexts += request.computed + 1
            else:
                attended = [request.computed + nth for nth in range(1, chunk + 1)]
                chunk_context += sum(attended)
        time = self.time
        sampled = sum(request.computed + chunk == request.prompt + request.planned for request, chunk in work)
        experts_s = max(
            time.weights_s * (1 - time.dense_share) * (1 - time.missed_experts**tokens), time.least_experts_s
        )
        read_s = time.weights_s * time.dense_share + experts_s
        shared = time.fixed_s + max(read_s, time.per_token_s * tokens) + time.per_sequence_s * sampled
        duration = shared + time.per_kv_token_s * contexts + time.per_chunk_context_s * chunk_context
        self.last_end = max(self.now, self.last_end) + duration
        self.busy_s += duration
        self.iterations += 1
        return self.last_end

    def _book(self, work: list[tuple[Request, int]]) -> list[Request]:
        """Moves everybody forward; gives those who get a token."""
        sampled = []
        for request, chunk in work:
            request.computed += chunk
            for index in range(request.computed // self.engine.block_size):
                self.holds[request.blocks[index]] = (request.number, index)
            if request.computed == request.prompt + request.planned:
                request.planned += 1
                sampled.append(request)
        return sampled

    def _return_token(self, request: Request) -> None:
        request.returned += 1
        if request.returned == 1:
            request.first_token_s = self.now
        if request.returned < request.output:
            return
        request.last_token_s = self.now
        if request in self.waiting:  # preempted while its last token was on its way
            self.waiting.remove(request)
        else:
            self.running.remove(request)
            self._release(request)
