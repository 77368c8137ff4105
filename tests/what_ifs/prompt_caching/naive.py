"""The plainest possible second version of prompt-caching, from the text of the rules."""

import inspect
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp

from llmcost.engine import store
from tests.what_ifs.calls import Buckets, Call, microseconds
from tests.what_ifs.prompt_caching.naive_rules import RULES, assumed, misses, rule_of
from tests.what_ifs.prompt_caching.replay import provider

MINUTE = microseconds(60)


@dataclass
class Entry:
    """A cached prefix: until when it lives, and since when what its writers wrote in that life is there."""

    until: int
    stored: list[int] = field(default_factory=list)


@dataclass
class Cache:
    """What a provider remembers."""

    entries: dict[object, Entry] = field(default_factory=dict)
    went_on: dict[object, object] = field(default_factory=dict)  # what came after an entry when it was used last
    used: dict[object, list[int]] = field(default_factory=lambda: defaultdict(list))  # when an entry was, ever
    burst: int | None = None  # requests a minute above which an entry may not be on the machine; None: it always is

    def use(self, key: object, at: int, life: int, begun: int, goes_on: object, units: bool, writes: bool) -> bool:
        """Reads the entry, or else writes it if it may; whether it was read. What ends here goes on with None."""
        entry = self.entries.get(key)
        if entry is None or at > entry.until:
            entry = self.entries[key] = Entry(at)
        used = self.used[key]
        elsewhere = self.burst is not None and len(used) >= self.burst and used[-self.burst] > at - MINUTE
        used.append(at)
        found = not elsewhere and any(since <= at for since in entry.stored)
        entry.until = at + life
        before, self.went_on[key] = self.went_on.get(key), goes_on
        if units:
            writes = writes and (goes_on is None or before not in (None, goes_on))
        if writes:
            entry.stored.append(begun)
        return found


def replayed(
    opened: store.Store,
    calls: list[Call],
    ttl: str = "5m",
    breakpoints: str = "auto",
    recorded: str = "keep",
    ttft_ms: float = 1000,
    base_share: float = 0.6,
    others_every_s: float | None = 2700,
    miss_rate: float | None = None,
    slack_s: float = 30,
    rewritten_below: float = 0.95,
    automatic: str = "replay",
    pessimistic: str = "none",
    optimistic: str = "none",
    burst: int = 15,
    way: str | None = None,
) -> dict[str, Buckets]:
    """The buckets of every call, by name: one request after another over dictionaries."""
    sizes: dict[object, int] = defaultdict(int)
    sums: dict[object, list[int]] = defaultdict(lambda: [0, 0, 0])
    for call in calls:
        sizes[conversation(call)] += 1
        for place in range(3):
            sums[conversation(call)][place] += call.buckets[place + 1]
    settled = {call.name: call.buckets for call in calls}
    open_questions = assumed(pessimistic, optimistic)
    cache = Cache()
    threads: dict[object, tuple[int, int, int]] = {}
    histories: dict[str, object] = {}  # the entry that a call without blocks left of its prompt

    def takes_part(call: Call) -> bool:
        if not (call.ok and call.calls == 1 and call.model in RULES and (call.blocks or call.session)):
            return False
        if call.tier == "batch" or (recorded == "keep" and sum(sums[conversation(call)])):
            return False
        rule = rule_of(call.model, breakpoints)
        return not ((automatic == "keep" and not rule.promised) or (rule.keys == "needed" and call.cache_key == ""))

    def scope_of(call: Call) -> object:
        rule = rule_of(call.model, breakpoints)
        by_project = open_questions.truth("isolation", rule.projects)
        group = ("key", call.cache_key) if rule.keys and call.cache_key is not None else by_project and call.project
        routes = open_questions.number("routing", rule.routes) if call.organisation is None else 1
        where = call.provider, call.model, call.organisation, spread[call.name] % routes
        return where, group, rule.tiers and call.tier

    def inherited(call: Call, thread: object) -> tuple[int, object] | None:
        """The history that a call has from another session: its tokens, and its entry once it was sent."""
        other = taking_part.get(call.continues or "")
        if other is None or other.blocks or scope_of(other) != scope_of(call):
            return None
        if thread_of(other, scope_of(other)) == thread or not (call.copied or other.name in histories):
            return None
        answers = rule_of(call.model, breakpoints).kind == "units" and "answers" not in open_questions.low
        tokens = other.total + (other.output if answers else 0)
        return None if call.total < rewritten_below * tokens else (tokens, histories.get(other.name))

    spread = hashed(opened, calls)
    taking_part = {call.name: call for call in in_order(opened, calls, ttl, way) if takes_part(call)}
    for call in taking_part.values():
        _, wrote_5m, wrote_1h = sums[conversation(call)]
        rule = rule_of(call.model, breakpoints)
        least = open_questions.number("minimum", rule.least)
        step = open_questions.number("steps", rule.step)
        units = rule.kind == "units"
        answers = units and "answers" not in open_questions.low
        only_units = units and "steps" not in open_questions.high
        cache.burst = burst if rule.overflows and "overflow" in open_questions.low else None
        life: float
        if ttl == "endless":
            life = 1e9
        elif rule.life is not None:
            in_memory = call.retention == "in_memory" and rule.in_memory is not None
            life = open_questions.number("life", rule.in_memory if in_memory and rule.in_memory else rule.life)
        elif ttl == "recorded" and (call.buckets[3] or (not call.buckets[2] and wrote_1h > wrote_5m)):
            life = 3600
        else:
            life = {"5m": 300, "1h": 3600, "recorded": 300}[ttl]
        long = rule.life is None and (ttl == "1h" or (ttl == "recorded" and life == 3600))
        if rule.routed is not None and call.organisation is None and ttl != "endless":
            life = min(life, open_questions.number("routing", rule.routed))
        upto = breakpoints
        if rule.kind in ("steps", "units") or (breakpoints == "auto" and rule.kind == "messages"):
            upto = "implicit"
        elif breakpoints == "auto":
            several = call.session is not None and sizes[conversation(call)] > 1
            upto = "explicit" if several else "system"
        assert call.at is not None
        now = microseconds(call.at)
        begun = now + microseconds(begins_after_s(call, ttft_ms / 1000))
        lasts = microseconds(life if call.blocks else life + slack_s)
        scope = scope_of(call)

        if call.blocks:
            every = len(call.blocks)
            system = every if call.system is None else min(call.system, every)
            first = 1 if system > 1 and rule.kind == "breakpoints" else 0  # no message ends at the tools
            tools = every if call.system is None else first
            cached = sum(call.buckets[1:])
            logged = sum(tokens <= cached for _, tokens in call.blocks)
            number = {"tools": tools, "system": system, "as-logged": logged}.get(upto, every)
            inside = [(name, min(tokens, call.total)) for name, tokens in call.blocks[:number]]
            reach = inside[-1][1] if inside else 0
            read = 0
            if upto in ("implicit", "as-logged"):
                ends_system = open_questions.truth("system", rule.system) and call.system is not None
                marked = {number, min(system, number)} if ends_system else {number}
            else:
                marked = {number, number - (upto == "explicit"), min(system, number), first}
            back = 21 if rule.kind == "messages" else 20
            everywhere = (
                rule.kind in ("steps", "units") or ttl == "endless" or (call.system is None and upto != "implicit")
            )
            for place, (name, tokens) in enumerate(inside, start=1):
                looked_for = everywhere or any(end - back < place <= end for end in marked)
                if reach < least or tokens < least:
                    continue
                goes_on = call.blocks[place][0] if place < every else None
                if looked_for:
                    writes_it = everywhere or place in marked
                    if cache.use((scope, name), now, lasts, begun, goes_on, only_units, writes_it):
                        read = max(read, tokens)
                if answers and place != every - 1:  # what ends with an answer: the block after an earlier prompt
                    following = min(call.blocks[min(place, every - 1)][1], call.total)
                    if cache.use((scope, name, "answer"), now, lasts, begun, None, False, place == every):
                        read = max(read, following)
        else:
            thread = thread_of(call, scope)
            first, before, epoch = threads.get(thread, (call.total, 0, 0))
            base = min(call.total, round(base_share * (first if call.history_began is None else call.history_began)))
            if call.copied:
                begun = now
            rewritten = thread in threads and call.total < rewritten_below * before
            threads[thread] = (first, call.total + (call.output if answers else 0), epoch + rewritten)
            histories[call.name] = (thread, epoch + rewritten)
            whole = upto in ("implicit", "explicit")
            reach = call.total if whole else base
            read = 0
            if reach >= least:
                elsewhere = 0.0 if others_every_s is None else 1 - exp(-life / others_every_s)
                known = cache.use((scope, "base"), now, lasts, begun, thread, only_units, not call.copied)
                common = base if known else round(base * elsewhere)
                read = common
                if whole:
                    history = (thread, epoch + rewritten)
                    tokens = min(before, call.total) if thread in threads and before else 0
                    alive = cache.use(history, now, lasts, begun, None, only_units, True)
                    tokens = tokens if alive else 0
                    if from_other := inherited(call, thread):
                        length, entry = from_other
                        if call.copied or cache.use(entry, now, lasts, begun, None, only_units, True):
                            alive, tokens = True, max(tokens, min(length, call.total))
                    if alive and tokens > (base if known else 0):
                        rate = misses(call.model, open_questions) if miss_rate is None else miss_rate
                        read = tokens - round(rate * (tokens - common))
                    elif alive and known:
                        read = max(tokens, common)
        read = 0 if min(read, reach) < least else read - read % step
        writes = max(reach - reach % step - read, 0) if rule.charged and reach >= least else 0
        settled[call.name] = (call.total - read - writes, read, 0 if long else writes, writes if long else 0)
    return settled


def thread_of(call: Call, scope: object) -> object:
    """Whose prompts go on with each other; when and in which order copied calls were sent is not known."""
    return scope, call.name if call.copied else None, call.session, call.agent


def begins_after_s(call: Call, usual_s: float) -> float:
    """Seconds to the first token: those logged, else the usual, but not after the last one."""
    if call.ttft_s is not None:
        return call.ttft_s
    return usual_s if call.took is None else min(call.took, usual_s)


def knows(calls: Sequence[Call], given: Mapping[str, object]) -> bool:
    """Whether it has the rules of these models at their own provider, and these parameters."""
    parameters = inspect.signature(replayed).parameters
    return (
        set(given) <= set(parameters)
        and given.get("ttl") != "auto"
        and given.get("breakpoints") != "best"
        and all(call.model in RULES and call.provider == provider(call.model) for call in calls)
    )


def hashed(opened: store.Store, calls: Sequence[Call]) -> dict[str, int]:
    """The hash of each call's conversation, by name: its session, else what comes after the system prompt."""
    conversations = []
    for call in calls:
        blocks = call.blocks or ()
        system = min(call.system or 0, len(blocks))
        conversations.append(call.session or (blocks[system][0] if system < len(blocks) else call.name))
    rows = opened.rows("select hash(unnest($told::varchar[])) as place", {"told": conversations})
    return {call.name: row["place"] for call, row in zip(calls, rows, strict=True)}


def in_order(opened: store.Store, calls: list[Call], ttl: str, way: str | None = None) -> list[Call]:
    """The calls by time; those of the same moment in the fixed order that the hashes of their names give.

    `way` is what the replay calls a life and a placement, where it tries several.
    """
    timed = [call for call in calls if call.at is not None]
    names = [call.name for call in timed]
    own = {model for model, rule in RULES.items() if rule.life is not None}
    lives = [way or ("provider" if call.model in own and ttl != "endless" else ttl) for call in timed]
    hashed = opened.rows(
        "select hash(unnest($names::varchar[]), unnest($lives::varchar[])) as place", {"names": names, "lives": lives}
    )
    placed = [(call.at, row["place"], call) for call, row in zip(timed, hashed, strict=True)]
    return [call for _, _, call in sorted(placed, key=lambda found: found[:2])]


def conversation(call: Call) -> object:
    """What is kept or replayed as a whole."""
    named: list[tuple[str, str | None]] = [
        ("session", call.session),
        ("prompt", call.prompt_id),
        ("feature", call.feature),
    ]
    return call.provider, call.model, next((pair for pair in named if pair[1]), None)
