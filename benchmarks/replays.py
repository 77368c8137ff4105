"""A replay or a stack of them, or what they are measured against, in a process of its own.

`python -m benchmarks.replays STORE WHAT_IF…`, or `python -m benchmarks.replays STORE sort-requests` and `sort-blocks`:
DuckDB sorting the rows that a replay works on by (key, time) into a table, whole; or `embed-prompts`: the vector of
every prompt whose text is kept.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.generate import GENERATION, once
from llmcost.engine import access, migrations
from llmcost.prices import book
from llmcost.what_ifs.engine.step import parse, run

SORTS = {
    "sort-requests": "select * from requests order by prompt_hash, ts",
    "sort-blocks": "select * from (select * exclude (prefix), unnest(prefix) as block from requests)"
    " order by block.hash, ts",
}
EMBEDDING = "embed-prompts"
STACK = ("response-caching", "routing", "request-batching", "prompt-caching", "batch-api")
SORTED_AS = {  # every what-if without embeddings that makes no machine of its own, and the rows that it works on
    **dict.fromkeys(STACK, "sort-requests"),
    "prompt-caching": "sort-blocks",
    "response-caching:capacity=100000": "sort-requests",
    "prompt-caching:ttl=auto": "sort-blocks",
    "token-caps": "sort-requests",
    "token-caps:percentile=0.95": "sort-requests",
    "model-swap": "sort-requests",
}
MODELS = ("claude-haiku-4-5", "claude-sonnet-4-6", "claude-opus-5", "gpt-4o", "gpt-5.6")
TASK_TYPES = ("classification", "extraction", "summarization", "code_generation", "generation")

_REQUESTS = """
with drawn as (
    select
        range as number, hash(range, 1) as one, hash(range, 2) as two, hash(range, 3) as three,
        (hash(range, 6) % 1001) / 1000.0 as complexity,
        -- of every ten requests three ask one of many prompts again, the popular ones more often
        case when hash(range, 4) % 10 < 3
            then 'q' || floor(power($requests / 20.0, (hash(range, 5) % 1000000) / 1e6))::bigint
            else 'p' || range
        end as prompt
    from range($requests)
)
select
    'req_' || number as request_id, 'llmcost' as source_format,
    timestamp '2026-08-01' + to_microseconds((number * (60 * 86400 * 1e6 / $requests))::bigint) as ts,
    case when model like 'gpt%' then 'openai' else 'anthropic' end as provider, model, model as model_logged,
    'feature-' || one % 20 as feature, task_type, 'prompt-' || one % 100 as prompt_id,
    'user-' || two % 50000 as user_id, 'session-' || two % greatest($requests // 12, 1) as session_id,
    'shop' as project, map(['env', 'release'], ['production', '2026.' || three % 9]) as tags,
    4000 + two % 3000 as input_tokens, 0 as cache_read_tokens, 0 as cache_write_5m_tokens,
    0 as cache_write_1h_tokens, 20 + three % 500 as output_tokens, 0 as web_searches, 1 as calls,
    4096 as max_output_tokens, 'end_turn' as stop_reason, 'standard' as service_tier,
    case when three % 200 = 0 then 'error' else 'ok' end as status, 300.0 + three % 9000 as latency_ms,
    200.0 + three % 800 as ttft_ms, false as output_partial, prompt as prompt_hash,
    md5(prompt || three % 4) as output_hash,
    [
        {'hash': 't' || one % 20, 'tokens': 1500}, {'hash': 's' || one % 100, 'tokens': 3900},
        {'hash': prompt, 'tokens': 4000 + (two % 3000)::bigint}
    ] as prefix,
    2 as system_blocks, complexity
from (
    select
        *, $models[1 + (one % len($models))::bigint] as model,
        $task_types[1 + (one // 20 % len($task_types))::bigint] as task_type
    from drawn
)
"""


def generated(data: Path, requests: int) -> Path:
    """A folder with a store of generated requests, `replays.duckdb`, filled without a log: that would take longer."""
    return once(data / f"replays_{requests}_v{GENERATION}_{migrations.newest()}", lambda out: _fill(out, requests))


def prompted(data: Path, prompts: int) -> Path:
    """The same with as many requests, each of another prompt, whose texts are kept."""
    return once(data / f"prompts_{prompts}_v{GENERATION}_{migrations.newest()}", lambda out: _ask(out, prompts))


def _fill(out: Path, requests: int) -> None:
    drawn = {"requests": requests, "models": list(MODELS), "task_types": list(TASK_TYPES)}
    with access.writing(out / "replays.duckdb") as opened:
        book.learn(opened, [(None, model) for model in MODELS])
        opened.execute(f"insert into requests by name {_REQUESTS}", drawn)


def _ask(out: Path, prompts: int) -> None:
    """All of one model, feature and system prompt, so that every prompt may be compared with every other."""
    import pyarrow as pa

    from benchmarks.semantic_caching import many

    _fill(out, prompts)
    asked = pa.table({"request_id": [f"req_{n}" for n in range(prompts)], "prompt": [a.prompt for a in many(prompts)]})
    with access.writing(out / "replays.duckdb") as opened, opened.relation("asked", asked):
        opened.execute("insert into texts by name from asked")
        opened.execute(
            "update requests set prompt_hash = request_id, provider = 'anthropic', model = $model, feature = 'chat',"
            " prefix = [{'hash': 'system', 'tokens': 3900}, {'hash': request_id, 'tokens': 3900 + input_tokens}],"
            " system_blocks = 1, ts = timestamp '2026-08-01' + to_seconds(substr(request_id, 5)::bigint)",
            {"model": MODELS[0]},
        )


def _main(path: str, *works: str) -> None:
    with access.reading(Path(path)) as opened:
        if works[0] in SORTS:
            opened.execute(f"create temp table sorted as {SORTS[works[0]]}")
        elif works[0] == EMBEDDING:
            from llmcost.embeddings.encoders.wordllama import vectors
            from llmcost.embeddings.traits import traits

            texts = opened.arrow("select prompt from texts")["prompt"].to_pylist()
            vectors(texts)
            for text in texts:
                traits(text)
        else:
            before = "requests"
            for number, work in enumerate(works, start=1):
                run(opened, parse(work), before, after := f"stage_{number}")
                before = after


if __name__ == "__main__":
    _main(*sys.argv[1:])
