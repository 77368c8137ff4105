"""prompt-caching against the plainest possible second version of it, and against cases worked out by hand."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import exp
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost.engine import registry
from llmcost.engine.compose import compose

QUERIES = Path(__file__).resolve().parents[2] / "queries"
START = datetime(2026, 11, 2)
BUCKETS = ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")

OUTPUT = 10  # tokens of every answer

Buckets = tuple[int, int, int, int]
Block = tuple[str, int]


@dataclass(frozen=True)
class Call:
    """One request of a small log; times in seconds after START."""

    name: str = ""
    at: float | None = 0
    model: str = "claude-sonnet-4-5"
    cloud: str | None = None
    blocks: tuple[Block, ...] = ()
    system: int | None = None
    session: str | None = None
    feature: str | None = None
    project: str | None = None
    agent: str | None = None
    ttft_s: float | None = 0
    ok: bool = True
    calls: int = 1
    tier: str = "standard"
    buckets: Buckets = (5000, 0, 0, 0)

    @property
    def provider(self) -> str:
        known = (provider for start, provider in PROVIDERS.items() if self.model.startswith(start))
        return self.cloud or next(known, "elsewhere")

    @property
    def total(self) -> int:
        return sum(self.buckets)


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    for file in ("schema.sql", "prices.sql", "macros.sql"):
        connection.execute((QUERIES / file).read_text(encoding="utf-8"))
    yield connection
    connection.close()


def load(engine: duckdb.DuckDBPyConnection, calls: list[Call]) -> None:
    """Fills the relation `requests`."""
    rows = [
        {
            "request_id": call.name,
            "source_format": "test",
            "ts": None if call.at is None else START + timedelta(seconds=call.at),
            "provider": call.provider,
            "model": call.model,
            "feature": call.feature,
            "session_id": call.session,
            "project": call.project,
            "thread_id": call.agent,
            "output_tokens": OUTPUT,
            "web_searches": 0,
            "calls": call.calls,
            "service_tier": call.tier,
            "status": "ok" if call.ok else "error",
            "ttft_ms": None if call.ttft_s is None else call.ttft_s * 1000,
            "output_partial": False,
            "prefix": [{"hash": name, "tokens": tokens} for name, tokens in call.blocks],
            "system_blocks": call.system,
        }
        | dict(zip(BUCKETS, call.buckets, strict=True))
        for call in calls
    ]
    engine.execute("delete from requests")
    if rows:
        schema = pa.schema(
            [
                ("thread_id", pa.string()),
                ("ts", pa.timestamp("us")),
                ("ttft_ms", pa.float64()),
                ("prefix", pa.list_(pa.struct([("hash", pa.string()), ("tokens", pa.int64())]))),
                ("system_blocks", pa.int32()),
                *((name, pa.int64()) for name in (*BUCKETS, "output_tokens", "web_searches", "calls")),
                *((n, pa.string()) for n in ("request_id", "source_format", "provider", "model", "feature")),
                *((n, pa.string()) for n in ("session_id", "project", "service_tier", "status")),
                ("output_partial", pa.bool_()),
            ]
        )
        engine.register("added", pa.Table.from_pylist(rows, schema=schema))
        engine.execute("insert into requests by name select * from added")
        engine.unregister("added")


def run(engine: duckdb.DuckDBPyConnection, **given: Any) -> dict[str, Buckets]:
    """The what-if's buckets of every request, by name."""
    query = registry.find("what_ifs", "prompt-caching")
    values = query.bind({name: "none" if value is None else str(value) for name, value in given.items()})
    body = "select request_id, " + ", ".join(BUCKETS) + " from requests"
    rows = engine.execute(compose([("requests", query.body)], body), values).fetchall()
    return {row[0]: row[1:] for row in rows}


def replayed(engine: duckdb.DuckDBPyConnection, calls: list[Call], **given: Any) -> dict[str, Buckets]:
    load(engine, calls)
    return run(engine, **given)


# --- the second version -------------------------------------------------------------------------------


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
PROVIDERS = {
    "claude": "anthropic", "gpt": "openai", "deepseek": "deepseek", "kimi": "moonshotai", "grok": "x-ai",
    "mistral": "mistral", "openai/": "groq", "qwen": "qwen", "minimax": "minimax", "GLM": "zai", "gemini": "google",
    "amazon": "aws",
}  # fmt: skip


def naive(
    engine: duckdb.DuckDBPyConnection,
    calls: list[Call],
    ttl: str = "5m",
    breakpoints: str = "auto",
    recorded: str = "keep",
    ttft_ms: float = 1000,
    base_share: float = 0.6,
    others_every_s: float | None = 2700,
    miss_rate: float = 0.005,
    slack_s: float = 30,
    rewritten_below: float = 0.95,
) -> dict[str, Buckets]:
    """The same, one request after another over dictionaries."""
    sizes: dict[object, int] = defaultdict(int)
    sums: dict[object, list[int]] = defaultdict(lambda: [0, 0, 0])
    for call in calls:
        sizes[conversation(call)] += 1
        for place in range(3):
            sums[conversation(call)][place] += call.buckets[place + 1]
    settled = {call.name: call.buckets for call in calls}
    cache = Cache()
    threads: dict[object, tuple[int, int, int]] = {}
    for call in in_order(engine, calls, ttl):
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
        begun = now + microseconds(ttft_ms / 1000 if call.ttft_s is None else call.ttft_s)
        lasts = microseconds(life if call.blocks else life + slack_s)
        scope = (call.provider, call.model, rule.projects and call.project, rule.tiers and call.tier)

        if call.blocks:
            every = len(call.blocks)
            system = every if call.system is None else min(call.system, every)
            tools = every if call.system is None else 1 if system > 1 else 0
            number = {"tools": tools, "system": system}.get(upto, every)
            inside = [(name, min(tokens, call.total)) for name, tokens in call.blocks[:number]]
            reach = inside[-1][1] if inside else 0
            read = 0
            if upto == "implicit":
                marked = {number, system} if rule.kind == "messages" and call.system is not None else {number}
            else:
                marked = {number, number - (upto == "explicit"), min(system, number), 1 if system > 1 else 0}
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
            threads[thread] = (first, call.total + (OUTPUT if units else 0), epoch + rewritten)
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
                        read = tokens - round(miss_rate * (tokens - common))
                    elif alive and known:
                        read = max(tokens, common)
        read = 0 if min(read, reach) < rule.least else read - read % rule.step
        writes = max(reach - reach % rule.step - read, 0) if rule.charged and reach >= rule.least else 0
        long = ttl == "1h" or (ttl == "recorded" and life == 3600)
        long = long and rule.life is None
        settled[call.name] = (call.total - read - writes, read, 0 if long else writes, writes if long else 0)
    return settled


def in_order(engine: duckdb.DuckDBPyConnection, calls: list[Call], ttl: str) -> list[Call]:
    """The calls by time; those of the same moment in the fixed order that the hashes of their names give."""
    timed = [call for call in calls if call.at is not None]
    names = [call.name for call in timed]
    own = {model for model, rule in RULES.items() if rule.life is not None}
    lives = ["provider" if call.model in own and ttl != "endless" else ttl for call in timed]
    rows = engine.execute("select hash(unnest($1::varchar[]), unnest($2::varchar[]))", [names, lives]).fetchall()
    return [
        call
        for _, _, call in sorted(
            ((c.at, row[0], c) for c, row in zip(timed, rows, strict=True)), key=lambda found: found[:2]
        )
    ]


def microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)


def conversation(call: Call) -> object:
    """What is kept or replayed as a whole."""
    key = ("session", call.session) if call.session else ("feature", call.feature) if call.feature else None
    return call.provider, call.model, key


# --- properties ---------------------------------------------------------------------------------------

SIZES = {"a": 1100, "b": 3000, "c": 130, "d": 600}


def prompt(letters: str) -> tuple[Block, ...]:
    """A prompt of blocks: every prefix has its own hash, and its tokens are counted up."""
    return tuple(
        (letters[: end + 1], sum(SIZES[letter] for letter in letters[: end + 1])) for end in range(len(letters))
    )


def often(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """Mostly the usual value, so that requests have something in common."""
    return st.sampled_from([*[usual] * 3 * len(others), *others])


@st.composite
def logs(draw: st.DrawFn) -> list[Call]:
    """A short log of few prompts, sent in bursts, within a life of each other, and just beyond it."""
    models = draw(st.lists(st.sampled_from([*RULES]), min_size=1, max_size=2)) + draw(often([], ["some-model"]))
    texts = draw(st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=3))
    turns = draw(often("", "c" * 16))  # so that what was written last stands about 20 blocks before the end
    unseen = draw(st.booleans())
    now = 0.0
    calls = []
    for number in range(draw(st.integers(0, 25))):
        now += draw(often(0, 0.5, 1, 2, 30, 299, 300, 301, 450, 451, 600, 1800, 3600, 3601, 10801))
        text = (
            draw(st.sampled_from(texts)) + turns[: draw(st.sampled_from([0, 16]))] + draw(st.text("abcd", max_size=4))
        )
        calls.append(
            Call(
                name=str(number),
                at=draw(often(now, None)),
                model=draw(st.sampled_from(models)),
                blocks=() if unseen and number % 5 else prompt(text),
                system=draw(often(2, None, 0, 1, 3)),
                session=draw(often("s", None, "t")),
                feature=draw(often("f", None)),
                project=draw(often(None, "p")),
                agent=draw(often(None, "x")),
                tier=draw(often("standard", "flex")),
                ttft_s=draw(st.sampled_from([0, 0.5, 1, 2, None, 400])),
                ok=draw(often(True, False)),
                calls=draw(often(1, 4)),
                buckets=(
                    draw(often(20000, 0, 900, 4000, 4100, 6000, 6010, 9000)),
                    *draw(often((0, 0, 0), (5000, 0, 0), (0, 500, 0), (0, 0, 3000))),
                ),
            )
        )
    return calls


parameters = st.fixed_dictionaries(
    {"recorded": often("replay", "keep")},
    optional={
        "ttl": st.sampled_from(["5m", "1h", "recorded", "endless"]),
        "breakpoints": often("explicit", "auto", "tools", "system", "implicit"),
        "ttft_ms": st.sampled_from([0, 1000]),
        "slack_s": st.sampled_from([0, 150.5]),
        "base_share": st.sampled_from([0, 0.6, 1]),
        "others_every_s": st.sampled_from([None, 300, 2700]),
        "miss_rate": st.sampled_from([0, 0.25, 1]),
        "rewritten_below": st.sampled_from([0, 0.95, 1]),
    },
)


def named(calls: list[Call], names: Any) -> list[Call]:
    """The calls with names in another order than their own, which decides ties."""
    order = list(range(len(calls)))
    names.shuffle(order)
    return [replace(call, name=f"r{number:02}") for call, number in zip(calls, order, strict=True)]


@settings(max_examples=50)
@given(calls=logs(), names=st.randoms(use_true_random=False), given_values=parameters)
def test_it_agrees_with_the_naive_replay(
    engine: duckdb.DuckDBPyConnection, calls: list[Call], names: Any, given_values: dict[str, Any]
) -> None:
    calls = named(calls, names)
    assert replayed(engine, calls, **given_values) == naive(engine, calls, **given_values)


@settings(max_examples=15)
@given(calls=logs(), names=st.randoms(use_true_random=False), given_values=parameters)
def test_a_prompt_keeps_its_length(
    engine: duckdb.DuckDBPyConnection, calls: list[Call], names: Any, given_values: dict[str, Any]
) -> None:
    calls = named(calls, names)
    after = replayed(engine, calls, **given_values)
    assert {name: sum(buckets) for name, buckets in after.items()} == {call.name: call.total for call in calls}
    assert all(min(buckets) >= 0 for buckets in after.values())


# --- cases worked out by hand -------------------------------------------------------------------------

SYSTEM = ("sys", 2000)


def turn(at: float, *blocks: Block, **fields: Any) -> Call:
    """A call whose prompt is the given blocks, tokens counted up; named by its time."""
    end = blocks[-1][1] if blocks else 5000
    usual: dict[str, Any] = {
        "name": f"{at:06}",
        "at": at,
        "blocks": blocks,
        "buckets": (end, 0, 0, 0),
        "system": 1,
    }
    return Call(**usual | fields)


def reads(engine: duckdb.DuckDBPyConnection, calls: list[Call], **given: Any) -> list[int]:
    """The tokens read by each call, in order of their names."""
    after = replayed(engine, calls, **given)
    return [after[name][1] for name in sorted(after)]


def test_an_entry_lives_to_the_end_of_its_life_and_no_longer(engine: duckdb.DuckDBPyConnection) -> None:
    assert reads(engine, [turn(0, SYSTEM), turn(300, SYSTEM)]) == [0, 2000]
    assert reads(engine, [turn(0, SYSTEM), turn(300.001, SYSTEM)]) == [0, 0]
    assert reads(engine, [turn(0, SYSTEM), turn(3600, SYSTEM)], ttl="1h") == [0, 2000]
    assert reads(engine, [turn(0, SYSTEM), turn(9e8, SYSTEM)], ttl="endless") == [0, 2000]


def test_a_read_extends_the_life(engine: duckdb.DuckDBPyConnection) -> None:
    assert reads(engine, [turn(at, SYSTEM) for at in (0, 290, 580, 870)]) == [0, 2000, 2000, 2000]


def test_what_is_written_costs_the_writes_of_its_life(engine: duckdb.DuckDBPyConnection) -> None:
    call = turn(0, SYSTEM, ("sys user", 2500))
    assert replayed(engine, [call]) == {call.name: (500, 0, 2000, 0)}
    assert replayed(engine, [call], ttl="1h") == {call.name: (500, 0, 0, 2000)}
    assert replayed(engine, [call], breakpoints="explicit") == {call.name: (0, 0, 2500, 0)}
    assert replayed(engine, [call], breakpoints="tools") == {call.name: (2500, 0, 0, 0)}


def test_a_parallel_fan_out_all_misses(engine: duckdb.DuckDBPyConnection) -> None:
    fan = [turn(0, SYSTEM, name=name, ttft_s=2) for name in "abc"]
    later = [turn(1.9, SYSTEM, name="d", ttft_s=2), turn(2, SYSTEM, name="e", ttft_s=2)]
    assert reads(engine, fan + later) == [0, 0, 0, 0, 2000]
    unknown = [turn(0, SYSTEM, name=name, ttft_s=None) for name in "abc"]
    assert reads(engine, unknown) == [0, 0, 0]
    assert sorted(reads(engine, unknown, ttft_ms=0)) == [0, 2000, 2000], "one after the other"


def test_requests_that_overlap_on_an_entry_already_there_all_read_it(engine: duckdb.DuckDBPyConnection) -> None:
    fan = [turn(100, SYSTEM, name=name, ttft_s=60) for name in "bcd"]
    assert reads(engine, [turn(0, SYSTEM, name="a"), *fan]) == [0, 2000, 2000, 2000]


MINIMUM = {
    "claude-opus-5": 512,
    "claude-opus-5-5": 512,
    "claude-sonnet-5-5": 512,
    "claude-fable-5": 512,
    "claude-sonnet-5": 1024,
    "claude-sonnet-4-5-20250929": 1024,
    "claude-opus-4-1": 1024,
    "claude-opus-4-8": 1024,
    "claude-haiku-4-5": 4096,
    "claude-opus-4.5": 4096,
    "claude-opus-4-6": 4096,
    "gpt-4o": 1024,
}


def test_nothing_is_cached_below_the_minimum(engine: duckdb.DuckDBPyConnection) -> None:
    calls = [
        turn(at, (f"{tokens} tokens", tokens), model=model, name=f"{model} {tokens} {at}")
        for model, least in MINIMUM.items()
        for tokens in (least - 1, least)
        for at in (0, 10)
    ]
    after = replayed(engine, calls)
    for model, least in MINIMUM.items():
        assert after[f"{model} {least - 1} 0"] == after[f"{model} {least - 1} 10"] == (least - 1, 0, 0, 0)
        assert after[f"{model} {least} 0"][2] == (least if model.startswith("claude") else 0)
        assert after[f"{model} {least} 10"] == (0, least, 0, 0)


def test_openai_reads_whole_steps_and_charges_writes_from_gpt_5_6_on(engine: duckdb.DuckDBPyConnection) -> None:
    prompt = ("p", 2000)
    free = replayed(engine, [turn(at, prompt, model="gpt-4o") for at in (0, 10)])
    assert [free[name] for name in sorted(free)] == [(2000, 0, 0, 0), (80, 1920, 0, 0)]
    charged = replayed(engine, [turn(at, prompt, model="gpt-5.6") for at in (0, 10)])
    assert [charged[name] for name in sorted(charged)] == [(0, 0, 2000, 0), (0, 2000, 0, 0)]
    assert reads(engine, [turn(at, prompt, model="gpt-5.6") for at in (0, 1800)]) == [0, 2000]
    assert reads(engine, [turn(at, prompt, model="gpt-5.6") for at in (0, 1801)]) == [0, 0]
    assert reads(engine, [turn(at, prompt, model="gpt-4o") for at in (0, 1800)]) == [0, 0]


def test_deepseek_hits_whole_units(engine: duckdb.DuckDBPyConnection) -> None:
    common = ("A", 640)
    calls = [turn(at, common, (f"A{at}", 1280), model="deepseek-chat") for at in (0, 10, 20)]
    assert reads(engine, calls) == [0, 0, 640], "of A+B, A+C, A+D the third is the first that hits A"
    again = [calls[0], replace(calls[0], name="000001", at=1), calls[1], replace(calls[0], name="000099", at=99)]
    assert reads(engine, again) == [0, 1280, 0, 1280], "A is a unit once two prompts went on differently after it"
    deeper = [turn(at, common, ("AB", 1280), (f"AB{at}", 1920), model="deepseek-chat") for at in (0, 10)]
    assert reads(engine, [*deeper, calls[2]]) == [0, 0, 0], "ABx and ABy make AB a unit, not A"
    follow_up = turn(30, common, ("A0", 1280), ("A0 more", 1920), model="deepseek-chat")
    assert reads(engine, [calls[0], follow_up]) == [0, 1280], "an earlier prompt as a whole is a unit"
    answered = turn(40, common, ("A0", 1280), ("A0 answer", 1408), ("A0 answer more", 1920), model="deepseek-chat")
    assert reads(engine, [calls[0], answered]) == [0, 1408], "an earlier prompt with its answer is one, too"
    assert reads(engine, [calls[0], answered], pessimistic="answers") == [0, 1280]


def test_entries_are_shared_within_a_project_and_a_model_only(engine: duckdb.DuckDBPyConnection) -> None:
    first = turn(0, SYSTEM, project="p")
    assert reads(engine, [first, turn(1, SYSTEM, project="p", feature="f")]) == [0, 2000]
    assert reads(engine, [first, turn(1, SYSTEM, project="q")]) == [0, 0]
    assert reads(engine, [replace(first, cloud="aws"), turn(1, SYSTEM, project="q", cloud="aws")]) == [0, 2000]
    assert reads(engine, [first, turn(1, SYSTEM, project="p", model="claude-sonnet-4-0")]) == [0, 0]


def test_errors_untimed_requests_and_aggregates_are_left_alone(engine: duckdb.DuckDBPyConnection) -> None:
    calls = [turn(0, SYSTEM, ok=False), turn(1, SYSTEM, calls=3), replace(turn(2, SYSTEM), at=None), turn(3, SYSTEM)]
    after = replayed(engine, calls)
    assert [after[call.name] for call in calls] == [(2000, 0, 0, 0)] * 3 + [(0, 0, 2000, 0)]


@pytest.mark.parametrize("model", ["claude-2", "gpt-4-turbo", "some-model"])
def test_models_that_cannot_cache_are_left_alone(engine: duckdb.DuckDBPyConnection, model: str) -> None:
    assert reads(engine, [turn(at, ("p", 9000), model=model) for at in (0, 10)]) == [0, 0]


def test_a_model_whose_reads_cost_as_much_as_input_is_left_alone(engine: duckdb.DuckDBPyConnection) -> None:
    calls = [turn(at, SYSTEM) for at in (0, 10)]
    try:
        for read, found in ((3, 0), (0.3, 2000)):
            engine.execute("delete from prices")
            engine.execute(
                "insert into prices by name select 'anthropic' as provider, 'claude-sonnet-4-5' as model, 'standard' as"
                " service_tier, '' as region, date '2025-01-01' as valid_from, 1 as weekday_from,"
                " 8 as weekday_to, 0 as minute_from, 1440 as minute_to,"
                f" 0 as prompt_min, 3 as input_usd_mtok, {read} as cache_read_usd_mtok, 'test' as source"
            )
            assert reads(engine, calls) == [0, found]
    finally:
        engine.execute("delete from prices")


def test_a_session_without_prompts_reads_what_it_sent_before(engine: duckdb.DuckDBPyConnection) -> None:
    sizes = {0: 5000, 10: 6000, 20: 8000}
    calls = [turn(at, session="s", buckets=(size, 0, 0, 0)) for at, size in sizes.items()]
    given = {"others_every_s": None, "miss_rate": 0}
    after = replayed(engine, calls, **given)
    assert list(after.values()) == [(0, 0, 5000, 0), (0, 5000, 1000, 0), (0, 6000, 2000, 0)]
    rewritten = turn(30, session="s", buckets=(4000, 0, 0, 0))
    assert replayed(engine, [*calls, rewritten], **given)[rewritten.name] == (0, 3000, 1000, 0), "0.6 of the first"
    other = turn(40, session="t", buckets=(10000, 0, 0, 0))
    more = turn(50, session="t", buckets=(10500, 0, 0, 0))
    assert replayed(engine, [*calls, other, more], **given)[other.name] == (0, 6000, 4000, 0)


def test_recorded_cache_use_is_kept_unless_asked_otherwise(engine: duckdb.DuckDBPyConnection) -> None:
    truth = turn(0, session="s", buckets=(10, 4000, 90, 0))
    rest = turn(1, session="s", buckets=(5000, 0, 0, 0))
    assert replayed(engine, [truth, rest]) == {truth.name: truth.buckets, rest.name: rest.buckets}
    assert replayed(engine, [truth, rest], recorded="replay")[truth.name] != truth.buckets


def test_auto_takes_the_cheapest_life_of_each_prompt(engine: duckdb.DuckDBPyConnection) -> None:
    def every(seconds: float, feature: str) -> list[Call]:
        return [turn(n * seconds, (feature, 3000), name=f"{feature}{n}", feature=feature) for n in range(12)]

    calls = every(60, "often") + every(1200, "now and then") + every(90000, "daily")
    after = replayed(engine, calls, ttl="auto")
    assert after["often0"] == (0, 0, 3000, 0)
    assert after["often1"] == (0, 3000, 0, 0)
    assert after["now and then0"] == (0, 0, 0, 3000)
    assert after["now and then11"] == (0, 3000, 0, 0)
    assert all(after[f"daily{n}"] == (3000, 0, 0, 0) for n in range(12)), "no cache is the cheapest"


def test_auto_reads_nothing_that_nobody_wrote(engine: duckdb.DuckDBPyConnection) -> None:
    # at 5m the first prompt pays a write that only the second reads: apart, each would choose as if the other paid
    writer = turn(0, ("shared", 3000), name="a", feature="a")
    reader = turn(10, ("shared", 3000), name="b", feature="b")
    after = replayed(engine, [writer, reader], ttl="auto")
    assert after == {"a": (0, 0, 3000, 0), "b": (0, 3000, 0, 0)}


def test_auto_does_not_know_which_text_comes_again(engine: duckdb.DuckDBPyConnection) -> None:
    asked = [*range(20), *range(7)]  # seven reads, each saving 0.9, are worth twenty writes, each adding 0.25
    calls = [turn(at, (f"text {n}", 3000), name=f"{at:02}", feature="f") for at, n in enumerate(asked)]
    after = replayed(engine, calls, ttl="auto")
    assert [after[call.name] for call in calls] == [(0, 0, 3000, 0)] * 20 + [(0, 3000, 0, 0)] * 7
    fewer = replayed(engine, calls[:25], ttl="auto")
    assert [*fewer.values()] == [(3000, 0, 0, 0)] * 25, "five are not"


def test_caches_that_promise_nothing_can_be_left_out(engine: duckdb.DuckDBPyConnection) -> None:
    calls = [
        turn(at, SYSTEM, name=f"{model} {at}", model=model) for model in ("gpt-4o", "claude-opus-5") for at in (0, 9)
    ]
    assert reads(engine, calls, automatic="keep") == [0, 2000, 0, 0]
    assert reads(engine, [turn(at, SYSTEM, model="gpt-4o") for at in (0, 301)], pessimistic="life") == [0, 0]


def test_disputed_minimum_lengths(engine: duckdb.DuckDBPyConnection) -> None:
    for model, most, taken, least in (("claude-opus-4-7", 4096, 2048, 2048), ("claude-sonnet-4-6", 2048, 2048, 1024)):
        for length in (most, most - 1, taken, taken - 1, least):
            calls = [turn(at, ("p", length), model=model) for at in (0, 9)]
            assert reads(engine, calls) == [0, length if length >= taken else 0]
            assert reads(engine, calls, optimistic="minimum,life") == [0, length if length >= least else 0]
            assert reads(engine, calls, optimistic="all", pessimistic="minimum") == [0, length if length >= most else 0]


@pytest.mark.parametrize("calls", [[], [turn(0, SYSTEM)], [turn(0, model="some-model", blocks=(), session=None)]])
def test_logs_without_anything_to_cache(engine: duckdb.DuckDBPyConnection, calls: list[Call]) -> None:
    assert reads(engine, calls) == [0] * len(calls)


# --- a production trace -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mooncake(shared_data: Path) -> list[Call]:
    """A chat service's hour: every prompt a list of blocks, counted here as 512 tokens each."""
    lines = (shared_data / "mooncake_conversation_trace.jsonl").read_text(encoding="utf-8").splitlines()
    calls = []
    for number, line in enumerate(lines):
        row = json.loads(line)
        blocks = tuple((str(name), 512 * (end + 1)) for end, name in enumerate(row["hash_ids"]))
        calls.append(
            turn(row["timestamp"] / 1000, *blocks, name=f"{number:05}", model="claude-opus-5", ttft_s=0, system=None)
        )
    return calls


def test_blocks_are_found_at_breakpoints_and_up_to_20_before_one(engine: duckdb.DuckDBPyConnection) -> None:
    def grown(blocks: int, **fields: Any) -> Call:
        return turn(blocks, SYSTEM, *((f"turn {n}", 2000 + 100 * n) for n in range(1, blocks)), session="s", **fields)

    assert reads(engine, [grown(5), grown(25)]) == [0, 2400], "the last of 20 positions before the last turn"
    assert reads(engine, [grown(5), grown(26)]) == [0, 2000], "one too far: only the system prompt is found"
    assert reads(engine, [grown(5), grown(25), grown(26)]) == [0, 2400, 4400]
    assert reads(engine, [grown(5), grown(26)], ttl="endless") == [0, 2400], "the upper bound"
    assert reads(engine, [grown(5, system=None), grown(26, system=None)]) == [0, 2400], "a log of a cache's own blocks"
    assert reads(engine, [grown(5), grown(26)], breakpoints="system") == [0, 2000]


def test_the_breakpoints_of_tools_and_system_prompt_are_looked_before_too(engine: duckdb.DuckDBPyConnection) -> None:
    def told(at: float, name: str, parts: int) -> Call:
        """Tools and a system prompt of which every part but the first is its own."""
        own = (("tools", 1500), ("sys", 1600), *((f"{name} {n}", 1600 + 10 * n) for n in range(3, parts + 1)))
        return turn(at, *own[:parts], (f"asked {at}", 3000), system=parts, session="s")

    assert reads(engine, [told(0, "a", 2), told(10, "b", 21)]) == [0, 1600], "the last of 20 positions"
    assert reads(engine, [told(0, "a", 2), told(10, "b", 22)]) == [0, 1500], "one too far: only the tools are found"


def test_what_two_prompts_share_beyond_the_breakpoints_is_not_read(engine: duckdb.DuckDBPyConnection) -> None:
    document = ("sys document", 9000)
    asked = {at: (SYSTEM, document, (f"file {at}", 9100), (f"question {at}", 9200)) for at in (0, 10, 20)}
    calls = [turn(at, *blocks, session="s") for at, blocks in asked.items()]
    assert reads(engine, calls) == [0, 2000, 2000]
    follow_up = turn(30, *asked[0][:3], ("answer", 9300), ("file and question", 9400), session="s")
    assert reads(engine, [*calls, follow_up]) == [0, 2000, 2000, 9100], "the last turn's own block is not found again"
    short = [turn(at, *blocks[:2], blocks[3], session="s") for at, blocks in asked.items()]
    assert reads(engine, short) == [0, 9000, 9000], "a breakpoint stands before the last turn"
    automatic = [replace(call, model="gpt-4o") for call in calls]
    assert reads(engine, automatic) == [0, 8960, 8960], "a cache that the provider runs keeps every step"


def test_a_use_that_may_not_write_does_not_make_an_entry(engine: duckdb.DuckDBPyConnection) -> None:
    def call(at: float, *more: Block, **fields: Any) -> Call:
        return turn(at, SYSTEM, ("a", 3000), *more, session="s", **fields)

    early, again, late = (call(at, (f"b{at}", 3100), (f"c{at}", 3200)) for at in (0, 20, 305))
    assert reads(engine, [early, again]) == [0, 2000]
    assert reads(engine, [early, call(10, ttft_s=400), again]) == [0, 2000, 2000], "it has not begun to answer"
    assert reads(engine, [early, call(10), again, late]) == [0, 2000, 3000, 3000]


def test_an_endless_cache_on_a_production_trace(engine: duckdb.DuckDBPyConnection, mooncake: list[Call]) -> None:
    read = sum(reads(engine, mooncake, ttl="endless", breakpoints="explicit")) // 512
    blocks = sum(len(call.blocks) for call in mooncake)
    assert (read, blocks) == (105710, 288500), "36.64 % of the blocks were seen before"


@pytest.mark.parametrize("ttl", ["5m", "1h"])
def test_lives_on_a_production_trace(engine: duckdb.DuckDBPyConnection, mooncake: list[Call], ttl: str) -> None:
    slow = [replace(call, ttft_s=(number % 7) * 0.8) for number, call in enumerate(mooncake)]
    assert replayed(engine, slow, ttl=ttl, breakpoints="explicit") == naive(
        engine, slow, ttl=ttl, breakpoints="explicit"
    )
