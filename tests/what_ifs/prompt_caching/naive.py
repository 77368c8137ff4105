"""The plainest possible second version of prompt-caching, from the text of the rules."""

import inspect
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp

from llmcost.engine import store
from tests.what_ifs.calls import Buckets, Call, microseconds
from tests.what_ifs.prompt_caching.replay import provider


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

    def use(self, key: object, at: int, life: int, begun: int, goes_on: object, units: bool, writes: bool) -> bool:
        """Reads the entry, or else writes it if it may; whether it was read. What ends here goes on with None."""
        entry = self.entries.get(key)
        if entry is None or at > entry.until:
            entry = self.entries[key] = Entry(at)
        found = any(since <= at for since in entry.stored)
        entry.until = at + life
        before, self.went_on[key] = self.went_on.get(key), goes_on
        if units:
            writes = goes_on is None or before not in (None, goes_on)
        if writes:
            entry.stored.append(begun)
        return found


@dataclass(frozen=True)
class Rule:
    """A vendor's cache, from the text of its documentation; see queries/facts/prompt_caches.toml for the sources."""

    least: int  # tokens of the shortest entry
    step: int  # entries end on whole steps of it
    life: float | None  # seconds; None: the client chooses
    charged: bool  # whether writes are
    kind: str  # where entries end: breakpoints, steps, messages (the prompt's end and the system prompt's), units
    tiers: bool = False  # whether each service tier has a cache of its own
    projects: bool = False  # whether each project has


RULES = {
    "claude-sonnet-4-5": Rule(1024, 1, None, True, "breakpoints", tiers=True, projects=True),
    "claude-opus-4-6": Rule(4096, 1, None, True, "breakpoints", tiers=True, projects=True),
    "claude-opus-5": Rule(512, 1, None, True, "breakpoints", tiers=True, projects=True),
    "gpt-4o": Rule(1024, 128, 600, False, "steps", tiers=True),
    "gpt-5.5": Rule(2048, 512, 1800, False, "steps", tiers=True),
    "gpt-5.6": Rule(1024, 1, 1800, True, "messages", tiers=True),
    "deepseek-chat": Rule(64, 64, 10800, False, "units"),
    "kimi-k3": Rule(256, 256, None, True, "steps"),
    "grok-4.6": Rule(128, 128, 600, False, "steps"),
    "mistral-large-4": Rule(64, 64, 600, False, "steps"),
    "openai/gpt-oss-120b": Rule(128, 128, 7200, False, "steps"),
    "qwen3-max": Rule(1024, 1, 300, False, "steps"),
    "minimax-m3": Rule(512, 1, 300, False, "steps"),
    "GLM-5.3": Rule(1024, 128, 300, False, "steps"),
    "gemini-2.5-pro": Rule(2048, 1, 300, False, "steps"),
    "amazon.nova-pro-v1:0": Rule(1024, 1, 300, True, "breakpoints"),
}


def misses(model: str) -> float:
    """The share of histories that is not found, as measured for the model's vendor."""
    return next((rate for name, rate in (("claude", 0.007), ("gpt", 0.025)) if model.startswith(name)), 0.014)


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
    cache = Cache()
    threads: dict[object, tuple[int, int, int]] = {}
    for call in in_order(opened, calls, ttl, way):
        read_already, wrote_5m, wrote_1h = sums[conversation(call)]
        if not (call.ok and call.calls == 1 and call.model in RULES and (call.blocks or call.session)):
            continue
        if recorded == "keep" and read_already + wrote_5m + wrote_1h:
            continue
        rule = RULES[call.model]
        units = rule.kind == "units"
        if ttl == "endless":
            life = 1e9
        elif rule.life is not None:
            life = rule.life
        elif ttl == "recorded" and (call.buckets[3] or (not call.buckets[2] and wrote_1h > wrote_5m)):
            life = 3600
        else:
            life = {"5m": 300, "1h": 3600, "recorded": 300}[ttl]
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
        scope = (call.provider, call.model, rule.projects and call.project, rule.tiers and call.tier)

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
                ends_system = rule.kind == "messages" and call.system is not None
                marked = {number, min(system, number)} if ends_system else {number}
            else:
                marked = {number, number - (upto == "explicit"), min(system, number), first}
            back = 21 if rule.kind == "messages" else 20
            everywhere = (
                rule.kind in ("steps", "units") or ttl == "endless" or (call.system is None and upto != "implicit")
            )
            for place, (name, tokens) in enumerate(inside, start=1):
                looked_for = everywhere or any(end - back < place <= end for end in marked)
                if reach < rule.least or tokens < rule.least:
                    continue
                goes_on = call.blocks[place][0] if place < every else None
                if looked_for:
                    writes_it = everywhere or place in marked
                    if cache.use((scope, name), now, lasts, begun, goes_on, units, writes_it):
                        read = max(read, tokens)
                if units and place != every - 1:  # what ends with an answer: the block after an earlier prompt
                    following = min(call.blocks[min(place, every - 1)][1], call.total)
                    if cache.use((scope, name, "answer"), now, lasts, begun, None, False, place == every):
                        read = max(read, following)
        else:
            thread = (scope, call.session, call.agent)
            first, before, epoch = threads.get(thread, (call.total, 0, 0))
            base = min(call.total, round(base_share * first))
            rewritten = thread in threads and call.total < rewritten_below * before
            threads[thread] = (first, call.total + (call.output if units else 0), epoch + rewritten)
            whole = upto in ("implicit", "explicit")
            reach = call.total if whole else base
            read = 0
            if reach >= rule.least:
                elsewhere = 0.0 if others_every_s is None else 1 - exp(-life / others_every_s)
                known = cache.use((scope, "base"), now, lasts, begun, thread, units, True)
                common = base if known else round(base * elsewhere)
                read = common
                if whole:
                    history = (thread, epoch + rewritten)
                    tokens = min(before, call.total) if thread in threads and before else 0
                    alive = cache.use(history, now, lasts, begun, None, units, True)
                    if alive and tokens > (base if known else 0):
                        rate = misses(call.model) if miss_rate is None else miss_rate
                        read = tokens - round(rate * (tokens - common))
                    elif alive and known:
                        read = max(tokens, common)
        read = 0 if min(read, reach) < rule.least else read - read % rule.step
        writes = max(reach - reach % rule.step - read, 0) if rule.charged and reach >= rule.least else 0
        long = ttl == "1h" or (ttl == "recorded" and life == 3600)
        long = long and rule.life is None
        settled[call.name] = (call.total - read - writes, read, 0 if long else writes, writes if long else 0)
    return settled


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
    key = ("session", call.session) if call.session else ("feature", call.feature) if call.feature else None
    return call.provider, call.model, key
